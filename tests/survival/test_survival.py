"""Real processes are killed without warning: what must go on goes on, what ended is told."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.domain.job import Job, read_events
from studio.domain.recipe import parse_recipe
from studio.services.jobs import Handle
from studio.services.locks import is_held
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Settings

pytestmark = pytest.mark.train
LONG_TRAINING = {
    "max_steps": 5_000,
    "batch_rows": 2,
    "max_length_tokens": 128,
    "eval_every_steps": 5_000,
}


@pytest.fixture
def workspace(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("STUDIO_MODELS", str(tiny_model.parent))
    opened = open_workspace(Settings.from_env())
    yield opened
    for job, handle in opened.jobs.running():
        os.kill(handle.pid, signal.SIGKILL)
        wait(lambda job=job: opened.jobs.get(job.id).is_final, 30)
    opened.close()


@contextmanager
def server(workspace: Workspace) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    """Run `studio serve` and give it with its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = workspace.settings.home.root
    command = [
        sys.executable,
        "-m",
        "studio",
        "serve",
        "--port",
        str(port),
        "--no-browser",
        "--home",
        str(home),
    ]
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return urllib.request.urlopen(f"{address}/health", timeout=5).status == 200  # noqa: S310  our own server
        except OSError:
            return False

    log = home / f"serve-{port}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
    ):
        try:
            wait(answers, 90)
            yield process, address
        finally:
            process.terminate()


def wait(claim: Callable[[], bool], seconds: float) -> float:
    started = time.monotonic()
    while not claim():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - started


def start_training(workspace: Workspace, tmp_path: Path) -> Job:
    path = tmp_path / "rows.jsonl"
    rows = [{"prompt": f"What is {i}?", "completion": f"It is {i}."} for i in range(20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset = workspace.datasets.add_file(path, path.name)
    recipe = parse_recipe(
        {"model": {"id": "tiny"}, "data": {"id": dataset.id}, "training": LONG_TRAINING}
    )
    return workspace.submit_training(recipe, key="survivor")


def steps(job: Job) -> list[int]:
    return [
        event.values["step"]
        for event in read_events(job.folder.events, 0)[0]
        if event.kind == "log"
    ]


def worker_of(workspace: Workspace, job: Job) -> Handle:
    return next(handle for running, handle in workspace.jobs.running() if running.id == job.id)


def test_a_killed_server_loses_nothing_and_a_killed_worker_is_told(
    workspace: Workspace, tmp_path: Path
) -> None:
    with server(workspace) as (first, _):
        job = start_training(workspace, tmp_path)
        wait(lambda: len(steps(job)) >= 5, 120)
        worker = worker_of(workspace, job)
        first.kill()
        first.wait()
    seen = len(steps(job))
    wait(lambda: len(steps(job)) > seen + 5, 60)

    with server(workspace) as (_, address):
        assert worker_of(workspace, job) == worker
        seen = len(steps(job))
        wait(lambda: len(steps(job)) > seen + 5, 60)
        assert workspace.runs.snapshot(job.id).step > seen
        assert urllib.request.urlopen(f"{address}/en/", timeout=30).status == 200  # noqa: S310  our own server
        events, _ = read_events(job.folder.events, 0)
        assert [event.seq for event in events] == list(range(len(events)))
        # Read once: the training goes on meanwhile.
        done = steps(job)
        assert done == list(range(1, len(done) + 1))

        os.kill(worker.pid, signal.SIGKILL)
        assert wait(lambda: workspace.jobs.get(job.id).is_final, 10) < 10
    ended = workspace.jobs.get(job.id)
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error.code == "worker.killed"


def test_a_killed_runner_is_replaced_and_its_worker_adopted(
    workspace: Workspace, tmp_path: Path
) -> None:
    with server(workspace):
        job = start_training(workspace, tmp_path)
        wait(lambda: len(steps(job)) >= 3, 120)
        worker = worker_of(workspace, job)
        os.kill(runner_pid(workspace), signal.SIGKILL)
        wait(lambda: not is_held(workspace.settings.home.runner_lock), 10)
        workspace.ensure_runner()
        wait(lambda: is_held(workspace.settings.home.runner_lock), 30)
        seen = len(steps(job))
        wait(lambda: len(steps(job)) > seen + 3, 60)
        assert worker_of(workspace, job) == worker
        workspace.jobs.request_cancel(job.id)
        wait(lambda: workspace.jobs.get(job.id).is_final, 30)
        assert workspace.jobs.get(job.id).state == "cancelled"
        assert (job.folder.adapter / "adapter_model.safetensors").exists()


def runner_pid(workspace: Workspace) -> int:
    """Give the process that holds the runner's lock; it writes its number there."""
    return int(workspace.settings.home.runner_lock.read_text())
