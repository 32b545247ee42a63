"""Real processes: the standby gets the job, and no foreign process is ever touched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from studio.runner import local
from studio.runner.local import LocalExecutor
from studio.services.processes import Handle, find_process, identify

# A worker of five lines: reads the folder, waits for the file `end`, writes 100 lines before that.
TOY = """
import pathlib, sys, time
folder = pathlib.Path(sys.stdin.readline().strip() or sys.exit(0))
(folder / "seen").write_text("x")
while not (folder / "end").exists(): time.sleep(0.01)
"""


@pytest.fixture
def executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExecutor]:
    monkeypatch.setattr(local, "WORKER", (sys.executable, "-c", TOY))
    executor = LocalExecutor(tmp_path / "runner.log")
    yield executor
    executor.close()


def wait(claim: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_the_waiting_process_does_the_job_and_ends(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = executor.ready("train")
    assert executor.ready("train") == handle
    executor.start(handle, tmp_path)
    wait((tmp_path / "seen").exists)
    assert executor.is_alive(handle)
    (tmp_path / "end").touch()
    wait(lambda: not executor.is_alive(handle))
    assert executor.exit_code(handle) == 0
    assert executor.ready("train").pid != handle.pid


def test_a_killed_worker_is_noticed_with_its_signal(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    handle = executor.ready("train")
    executor.start(handle, tmp_path)
    executor.stop(handle, firmly=True)
    wait(lambda: not executor.is_alive(handle))
    assert executor.exit_code(handle) == -signal.SIGKILL


def test_a_worker_is_in_a_session_of_its_own(executor: LocalExecutor) -> None:
    assert os.getsid(executor.ready("train").pid) != os.getsid(0)


def test_the_waiting_process_goes_when_its_runner_goes(executor: LocalExecutor) -> None:
    handle = executor.ready("train")
    executor.close()
    assert find_process(handle) is None


def test_a_number_that_was_used_again_is_not_our_worker(executor: LocalExecutor) -> None:
    with subprocess.Popen(["sleep", "30"]) as foreign:
        handle = identify(foreign.pid)
        for stale in (replace(handle, born=handle.born - 100), replace(handle, boot="another")):
            assert not executor.is_alive(stale)
            executor.stop(stale, firmly=True)
        assert foreign.poll() is None
        assert executor.is_alive(handle)
        foreign.kill()


def test_a_clock_that_is_set_makes_no_worker_a_stranger(
    executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(["sleep", "30"]) as adopted:
        handle = identify(adopted.pid)
        # What the kernel says of the start of the machine moves with the clock.
        monkeypatch.setattr(psutil, "boot_time", lambda: 1.0)
        monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: 1.0)
        assert executor.is_alive(handle)
        executor.stop(handle, firmly=True)
        assert adopted.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("pid", [-1, 0, 1])
def test_no_signal_goes_to_everybody(
    executor: LocalExecutor, pid: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda *arguments: sent.append(arguments[0]))
    executor.stop(Handle(pid, 0.0), firmly=True)
    assert sent == []


def test_a_light_job_gets_a_process_of_its_own_kind(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "LIGHT_WORKER", (sys.executable, "-c", TOY))
    heavy, light = executor.ready("train"), executor.ready("import")
    assert heavy != light
    assert executor.ready("change") == light
    executor.start(light, tmp_path)
    (tmp_path / "end").touch()
    wait(lambda: not executor.is_alive(light))
    assert executor.ready("train") == heavy


def test_a_training_never_sees_the_token_of_an_account(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    for kind, seen in (("train", None), ("import", "hf_canary")):
        process = psutil.Process(executor.ready("import" if kind == "import" else "train").pid)
        # For a moment after its start a process shows no environment at all.
        wait(lambda process=process: bool(process.environ()))
        assert process.environ().get("HF_TOKEN") == seen
