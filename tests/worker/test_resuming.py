"""A training that was stopped or has failed goes on as if nothing had happened."""

from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio.domain.job import Job, JobFolder, Outcome, read_events
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace
from studio.worker import reporting
from studio.worker.run import perform
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
# Two rounds of six steps, so that going on happens in the middle of one; dropout needs the random numbers of the step.
LONG: dict[str, Any] = {"max_steps": 12, "eval_every_steps": 3}
METHOD = {"type": "lora", "dropout": 0.2}


def told(folder: JobFolder, kind: str, value: str) -> list[tuple[int, float]]:
    events, _ = read_events(folder.events, 0)
    return [(e.values["step"], e.values[value]) for e in events if e.kind == kind]


def notes(folder: JobFolder) -> dict[str, Any]:
    events, _ = read_events(folder.events, 0)
    return {e.values["code"]: e.values["values"] for e in events if e.kind == "note"}


def finish(workspace: Workspace, job: Job, outcome: Outcome) -> None:
    assert workspace.jobs.claim(Handle(4_000_000, 1.0)) is not None
    assert workspace.jobs.finish(job.id, outcome)


def go_on(workspace: Workspace, job: Job) -> tuple[Job, Outcome]:
    again = workspace.submit_resume(job.id, key=f"resume-{job.id}")
    outcome = perform(again.folder)
    outcome.write(again.folder)
    finish(workspace, again, outcome)
    return again, outcome


def break_at(monkeypatch: pytest.MonkeyPatch, step: int, act: Any) -> None:
    """Have something happen at the beginning of a step, once."""
    original = reporting.Reporter.on_step_begin
    done: list[int] = []

    def broken(self: reporting.Reporter, args: Any, state: Any, control: Any, **rest: Any) -> None:
        original(self, args, state, control, **rest)
        if state.global_step == step and not done:
            done.append(step)
            act(self, **rest)

    monkeypatch.setattr(reporting.Reporter, "on_step_begin", broken)


def crash(*_: Any, **__: Any) -> None:
    raise KeyError("the power went")


def stop(reporter: reporting.Reporter, **_: Any) -> None:
    reporter.task.folder.cancel.touch()


def discard(reporter: reporting.Reporter, **_: Any) -> None:
    reporter.task.folder.discard.touch()
    reporter.task.folder.cancel.touch()


def test_a_crash_costs_nothing_but_the_steps_since_the_last_checkpoint(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = train(training=LONG, method=METHOD)
    tiny_workspace.jobs.request_cancel(whole.id)
    break_at(monkeypatch, 8, crash)
    broken, outcome = train(training=LONG, method=METHOD)
    assert outcome.state == "failed"
    finish(tiny_workspace, broken, outcome)

    again, outcome = go_on(tiny_workspace, broken)
    assert outcome.state == "done"
    assert notes(again.folder)["resumed"] == {"run": broken.id, "step": 6}
    # The whole curve is there, and it is the one of the training that nothing happened to.
    assert told(again.folder, "log", "loss") == told(whole.folder, "log", "loss")
    assert told(again.folder, "eval", "held_out_loss") == told(
        whole.folder, "eval", "held_out_loss"
    )
    ours, theirs = (
        load_file(j.folder.adapter / "adapter_model.safetensors") for j in (again, whole)
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    snapshot = tiny_workspace.runs.snapshot(again.id)
    assert len(snapshot.train_points) == 12


def test_a_stopped_training_goes_on_from_the_very_step(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 7, stop)
    stopped, outcome = train(training=LONG)
    assert (outcome.state, outcome.values["steps"]) == ("cancelled", 8)
    # No check was made at the stop, so the best of those before is what is kept.
    assert outcome.values["kept"] == "best"
    assert stopped.folder.adapter.is_dir()
    finish(tiny_workspace, stopped, outcome)
    again, outcome = go_on(tiny_workspace, stopped)
    assert outcome.values["steps"] == 12
    assert [step for step, _ in told(again.folder, "log", "loss")] == list(range(1, 13))
    assert notes(again.folder)["resumed"]["step"] == 8


def test_what_is_discarded_leaves_nothing_and_cannot_go_on(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 7, discard)
    job, outcome = train(training=LONG)
    assert (outcome.state, outcome.values["kept"]) == ("cancelled", None)
    assert not job.folder.adapter.exists()
    assert not job.folder.checkpoints.exists()
    finish(tiny_workspace, job, outcome)
    with pytest.raises(StudioError, match=r"job\.cannot_resume"):
        tiny_workspace.submit_resume(job.id, key="again")


def test_where_all_checkpoints_are_damaged_it_starts_afresh_and_says_so(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 8, crash)
    broken, outcome = train(training=LONG)
    finish(tiny_workspace, broken, outcome)
    again = tiny_workspace.submit_resume(broken.id, key="again")
    for path in again.folder.checkpoints.rglob("*.safetensors"):
        path.unlink()
        path.write_bytes(b"nothing")
    outcome = perform(again.folder)
    assert (outcome.state, outcome.values["steps"]) == ("done", 12)
    assert {"checkpoint_changed", "resumed_afresh"} <= notes(again.folder).keys()


def test_going_on_does_not_change_the_training_before(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, 8, crash)
    broken, outcome = train(training=LONG)
    finish(tiny_workspace, broken, outcome)
    before = {p: p.read_bytes() for p in broken.folder.path.rglob("*") if p.is_file()}
    go_on(tiny_workspace, broken)
    assert {p: p.read_bytes() for p in broken.folder.path.rglob("*") if p.is_file()} == before


def test_a_finished_training_does_not_go_on(train: Train, tiny_workspace: Workspace) -> None:
    job, outcome = train()
    finish(tiny_workspace, job, outcome)
    with pytest.raises(StudioError, match=r"job\.cannot_resume"):
        tiny_workspace.submit_resume(job.id, key="again")
