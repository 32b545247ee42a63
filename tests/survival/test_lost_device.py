"""A training on two devices, real processes from the runner on: one of them is killed without warning."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from studio.domain.job import Job
from studio.runner.local import LocalExecutor
from studio.runner.runner import Runner
from studio.services.processes import Handle, find_process, identify
from studio.services.runs import resume_refusal
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Settings
from tests.survival.test_survival import LONG_TRAINING, start_training, steps

pytestmark = pytest.mark.train


@pytest.fixture
def workspace(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("STUDIO_MODELS", str(tiny_model.parent))
    monkeypatch.setitem(LONG_TRAINING, "eval_every_steps", 2)
    opened = open_workspace(Settings.from_env())
    yield opened
    opened.close()


@pytest.fixture
def runner(workspace: Workspace, tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(workspace.settings.home, LocalExecutor(tmp_path / "log"), keeps_standby=False)
    yield runner
    for _, handle in runner.jobs.running():
        runner.executor.stop(handle, firmly=True)
    runner.executor.close()


def wait_for_steps(runner: Runner, job: Job, count: int) -> Handle:
    """Let a training go on until it has done so many steps; gives its worker."""
    end = time.monotonic() + 180
    while len(steps(job)) < count:
        assert time.monotonic() < end, job.folder.log.read_text()
        runner.tick()
        assert not runner.jobs.get(job.id).is_final, job.folder.log.read_text()
        time.sleep(0.05)
    return next(handle for running, handle in runner.jobs.running() if running.id == job.id)


def test_a_device_that_is_killed_ends_the_training_within_ten_seconds_and_it_can_go_on(
    workspace: Workspace, runner: Runner, tmp_path: Path
) -> None:
    job = start_training(workspace, tmp_path)
    spec = yaml.safe_load(job.folder.spec.read_text())
    job.folder.spec.write_text(yaml.safe_dump({**spec, "devices": ["cpu", "cpu"]}))
    worker = wait_for_steps(runner, job, 5)
    (child,) = psutil.Process(worker.pid).children()
    partner = identify(child.pid)
    killed = time.monotonic()
    os.kill(partner.pid, signal.SIGKILL)
    while not runner.jobs.get(job.id).is_final or find_process(worker) or find_process(partner):
        assert time.monotonic() - killed < 10
        runner.tick()
        time.sleep(0.05)
    ended = runner.jobs.get(job.id)
    assert ended.error is not None
    assert (ended.state, ended.error.code) == ("failed", "train.device_killed")
    assert resume_refusal(ended) is None
