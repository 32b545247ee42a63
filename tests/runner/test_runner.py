"""The runner against a fake executor: every way in which a worker can end."""

import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from studio.domain.checkpoint_files import newest_step, write_manifest
from studio.domain.job import Job, JobFolder, JobKind, Outcome
from studio.domain.recipe import Recipe
from studio.errors import StudioError
from studio.runner.local import LocalExecutor
from studio.runner.runner import FIRM_AFTER_SECONDS, GENTLE_AFTER_SECONDS, MOST_VAIN_STARTS, Runner
from studio.services.processes import Handle, boot_id, identify
from studio.services.runs import resume_refusal
from studio.services.workspace import Workspace


@dataclass
class FakeExecutor:
    """Workers that do what the test says."""

    alive: set[int] = field(default_factory=set)
    started: list[Path] = field(default_factory=list)
    stopped: list[bool] = field(default_factory=list)
    code: int | None = None
    pid: int = 5_000_000
    asked: int = 0

    def ready(self, kind: JobKind) -> Handle:
        self.asked += 1
        return Handle(self.pid, 1.0)

    def start(self, handle: Handle, folder: Path) -> None:
        self.alive.add(handle.pid)
        self.started.append(folder)
        self.pid += 1

    def is_alive(self, handle: Handle) -> bool:
        return handle.pid in self.alive

    def exit_code(self, handle: Handle) -> int | None:
        return self.code

    def stop(self, handle: Handle, *, firmly: bool) -> None:
        self.stopped.append(firmly)

    def close(self) -> None:
        return


@pytest.fixture
def executor() -> FakeExecutor:
    return FakeExecutor()


@pytest.fixture
def runner(workspace: Workspace, executor: FakeExecutor) -> Runner:
    return Runner(workspace.settings.home, executor, keeps_standby=False)


@pytest.fixture
def job(runner: Runner) -> Job:
    job = runner.jobs.submit("train", "a", {}, key="k")
    runner.tick()
    return runner.jobs.get(job.id)


def test_a_waiting_job_is_handed_to_a_worker(
    runner: Runner, executor: FakeExecutor, job: Job
) -> None:
    assert job.state == "running"
    assert executor.started == [job.folder.path]


def test_a_worker_is_kept_ready_only_while_nothing_runs(
    workspace: Workspace, executor: FakeExecutor
) -> None:
    runner = Runner(workspace.settings.home, executor, keeps_standby=True)
    runner.tick()
    assert executor.asked == 1
    job = runner.jobs.submit("train", "a", {}, key="k")
    runner.tick()
    runner.tick()
    assert executor.asked == 2
    Outcome("done", None, {}).write(job.folder)
    runner.tick()
    runner.tick()
    assert executor.asked == 3


def test_an_outcome_ends_the_job(runner: Runner, executor: FakeExecutor, job: Job) -> None:
    Outcome("done", None, {}).write(job.folder)
    executor.alive.clear()
    runner.tick()
    assert runner.jobs.get(job.id).state == "done"


def test_a_search_whose_worker_dies_goes_on_with_another_one_until_that_is_in_vain(
    runner: Runner, executor: FakeExecutor
) -> None:
    job = runner.jobs.submit("search", "a", {}, key="k")
    runner.tick()
    events = job.folder.events
    for number in range(MOST_VAIN_STARTS):
        assert runner.jobs.get(job.id).state == "running"
        with events.open("a") as file:
            file.write(f'{{"seq": {number}, "time": 1, "kind": "stage", "stage": "starting"}}\n')
        executor.alive.clear()
        runner.tick()
    assert runner.jobs.get(job.id).state == "failed"
    assert len(executor.started) == MOST_VAIN_STARTS


def test_a_search_and_a_training_take_turns(runner: Runner, executor: FakeExecutor) -> None:
    first, second = (
        runner.jobs.submit("search", "a", {}, key="s"),
        runner.jobs.submit("train", "a", {}, key="t"),
    )
    runner.tick()
    assert runner.jobs.get(second.id).state == "queued"
    Outcome("done", None, {}).write(first.folder)
    executor.alive.clear()
    runner.tick()
    assert runner.jobs.get(second.id).state == "running"


def test_a_living_worker_is_left_alone(runner: Runner, executor: FakeExecutor, job: Job) -> None:
    runner.tick()
    assert runner.jobs.get(job.id).state == "running"
    assert executor.stopped == []


@pytest.mark.parametrize(
    ("code", "said"),
    [(-9, "worker.killed"), (1, "worker.died"), (0, "worker.died"), (None, "worker.died")],
)
def test_a_worker_without_outcome_has_failed(
    runner: Runner, executor: FakeExecutor, job: Job, code: int | None, said: str
) -> None:
    executor.alive.clear()
    executor.code = code
    runner.tick()
    ended = runner.jobs.get(job.id)
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error.code == said


def test_a_training_whose_folder_was_removed_has_failed(
    runner: Runner, executor: FakeExecutor, job: Job
) -> None:
    shutil.rmtree(job.folder.path)
    runner.tick()
    assert runner.jobs.get(job.id).state == "running"
    executor.alive.clear()
    runner.tick()
    assert runner.jobs.get(job.id).state == "failed"


def leave_checkpoint(folder: JobFolder, step: int) -> None:
    """Leave what a worker has left that is gone; nobody here looks into the files."""
    checkpoint = folder.checkpoints / f"checkpoint-{step}"
    checkpoint.mkdir(parents=True)
    (checkpoint / "trainer_state.json").write_text(f'{{"global_step": {step}}}')
    write_manifest(checkpoint, step)
    folder.events.write_text("")


# The number is used again, by this very process; or nobody has it, and the container is younger than it.
@pytest.mark.parametrize("handle", [replace(identify(os.getpid()), boot="another"), Handle(2**22, -1.0, boot_id())])  # fmt: skip
def test_a_worker_that_went_with_the_machine_is_told_as_such_and_can_go_on(
    workspace: Workspace, handle: Handle, tmp_path: Path
) -> None:
    executor = LocalExecutor(tmp_path / "runner.log")
    runner = Runner(workspace.settings.home, executor, keeps_standby=False)
    job = workspace.submit_training(Recipe(), key="before the restart")
    leave_checkpoint(job.folder, 20)
    assert runner.jobs.claim(handle) is not None
    runner.tick()
    ended = runner.jobs.get(job.id)
    assert (ended.state, ended.error.code if ended.error else None) == (
        "failed",
        "worker.restarted",
    )
    assert resume_refusal(ended) is None
    again = workspace.submit_resume(job.id, key="after it")
    assert newest_step(again.folder) == 20


def test_a_dead_worker_that_was_asked_to_stop_is_cancelled(
    runner: Runner, executor: FakeExecutor, job: Job
) -> None:
    runner.jobs.request_cancel(job.id)
    executor.alive.clear()
    runner.tick()
    assert runner.jobs.get(job.id).state == "cancelled"


def test_a_deaf_worker_is_stopped_gently_then_firmly(
    runner: Runner, executor: FakeExecutor, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.jobs.request_cancel(job.id)
    asked = job.folder.cancel.stat().st_mtime
    for waited, stopped in (
        (1.0, []),
        (GENTLE_AFTER_SECONDS + 1, [False]),
        (FIRM_AFTER_SECONDS + 1, [False, True]),
    ):
        monkeypatch.setattr("studio.runner.runner.time.time", lambda waited=waited: asked + waited)
        runner.tick()
        assert executor.stopped == stopped


def test_an_outcome_after_the_end_changes_nothing(
    runner: Runner, executor: FakeExecutor, job: Job
) -> None:
    executor.alive.clear()
    runner.tick()
    Outcome("done", None, {}).write(job.folder)
    runner.tick()
    assert runner.jobs.get(job.id).state == "failed"


def test_a_new_runner_adopts_what_runs(
    workspace: Workspace, executor: FakeExecutor, job: Job
) -> None:
    follower = Runner(workspace.settings.home, executor, keeps_standby=False)
    follower.tick()
    assert follower.jobs.get(job.id).state == "running"
    Outcome("failed", StudioError("train.diverged", step=1), {}).write(JobFolder(job.folder.path))
    executor.alive.clear()
    follower.tick()
    assert follower.jobs.get(job.id).state == "failed"
