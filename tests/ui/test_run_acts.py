"""What can be done with a training: stop it one way or the other, resume it, and why it cannot be resumed."""

from collections.abc import Callable
from typing import Any

import pytest

from studio.domain.checkpoint_files import write_manifest
from studio.domain.job import Job
from studio.errors import StudioError
from studio.ui.acts_view import acts_value
from studio.ui.page import Page
from studio.ui.tabs import run_acts, train
from tests.ui.conftest import emit, make_page

Pick = Callable[..., Any]


def checkpoint(job: Job, step: int) -> None:
    """Leave a checkpoint; only a worker would look into its files."""
    folder = job.folder.checkpoints / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "trainer_state.json").write_text(f'{{"global_step": {step}}}', encoding="utf-8")
    write_manifest(folder, step)


def shown(page: Page, job: Job) -> tuple[list[str], str]:
    """Give the codes of the buttons, and the sentence below them."""
    value = acts_value(page.t, page.workspace.runs.snapshot(job.id))
    return [act["id"] for act in value["acts"]], value["hint"]


def stop(page: Page, job: Job, *, discard: bool = False) -> dict[str, Any]:
    """Ask a training to stop and give what the status says."""
    page.workspace.jobs.request_cancel(job.id, discard=discard)
    return train.redraw(page, job.id, None)[2]


@pytest.mark.parametrize(("discard", "stage"), [(False, "stopping"), (True, "discarding")])
def test_a_stop_says_what_it_keeps_and_offers_nothing_more(
    page: Page, work: Any, discard: bool, stage: str
) -> None:
    job = work.start(step=2)
    assert shown(page, job)[0] == ["keep", "discard"]
    assert stop(page, job, discard=discard)["stage"] == page.t(f"stages.{stage}")
    assert shown(page, job) == ([], "")


def test_only_what_cannot_be_taken_back_asks_first(page: Page, work: Any) -> None:
    job = work.start(step=2)
    acts = acts_value(page.t, page.workspace.runs.snapshot(job.id))["acts"]
    assert [act["id"] for act in acts if act["ask"]] == ["discard"]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_stopped_training_says_from_which_step_it_would_go_on(
    page: Page, work: Any, lang: str
) -> None:
    job = work.start(step=12)
    checkpoint(job, 10)
    work.end(job, "cancelled")
    codes, hint = shown(make_page(page.workspace, lang), job)
    assert codes == ["resume", "compare", "take", "further", "again"]
    assert "10" in hint
    assert "60" in hint


@pytest.mark.parametrize(
    ("error", "has_checkpoint", "refusal"),
    [
        ("worker.killed", True, None),
        ("worker.disk_full", True, None),
        ("train.out_of_memory", True, None),
        ("train.out_of_memory", False, "no_checkpoint"),
        ("train.diverged", True, "diverged"),
    ],
)
def test_a_failed_training_is_resumed_or_says_why_not(
    page: Page, work: Any, error: str, has_checkpoint: bool, refusal: str | None
) -> None:
    job = work.start(step=12)
    if has_checkpoint:
        checkpoint(job, 10)
    work.end(job, "failed", StudioError(error, step=12))
    codes, hint = shown(page, job)
    assert codes == (["resume", "again"] if refusal is None else ["again"])
    expected = page.t("acts.hint.resume", step=10, total="60")
    assert hint == (page.t(f"acts.hint.{refusal}") if refusal else expected)


def test_a_discarded_training_has_nothing_to_go_on_with(page: Page, work: Any) -> None:
    job = work.start(step=12)
    checkpoint(job, 10)
    stop(page, job, discard=True)
    work.end(job, "cancelled", StudioError("never.shown"))
    assert shown(page, job) == (["again"], page.t("acts.hint.discarded"))


def test_two_presses_resume_once_and_the_page_follows(page: Page, work: Any, picked: Pick) -> None:
    job = work.start(step=12)
    checkpoint(job, 10)
    work.end(job, "failed", StudioError("worker.killed", signal=9))
    first, tabs = run_acts.resume(page, picked(id=job.id))
    assert run_acts.resume(page, picked(id=job.id))[0] == first
    assert train.redraw(page, first, None)[2]["name"].startswith(f"#{first}")
    assert tabs.selected == "train"
    page.workspace.jobs.request_cancel(first)
    assert run_acts.resume(page, picked(id=job.id))[0] != first


def test_a_resumed_training_says_so_and_shows_the_whole_curve(page: Page, work: Any) -> None:
    job = work.start()
    for at in (1, 2, 3):
        emit(job, at, "log", step=at, loss=4.0 - at, token_accuracy=0.1)
    emit(job, 4, "note", code="resumed", values={"run": 7, "step": 3})
    emit(job, 5, "stage", stage="training", total_steps=60, from_step=3)
    work.step(job, 4)
    _, _, status, chart, *_ = train.redraw(page, job.id, None)
    assert [step for step, _ in chart["train"]] == [1, 2, 3, 4]
    told = [note["text"] for note in status["notes"]]
    assert page.t("notes.resumed", run=7, step=3) in told


def test_what_did_not_go_as_planned_stands_out(page: Page, work: Any) -> None:
    job = work.start(step=2)
    emit(job, 9, "note", code="memory_halved", values={"step": 3, "rows": 1, "batches": 8})
    notes = train.redraw(page, job.id, None)[2]["notes"]
    assert [note["kind"] for note in notes] == ["", "warn"]
    assert "1 example is taken at a time and 8 batches" in notes[1]["text"]


@pytest.mark.parametrize(("which", "step"), [("best", 12), ("last", 20)])
def test_the_end_says_which_state_is_kept(page: Page, work: Any, which: str, step: int) -> None:
    job = work.start(step=20)
    emit(job, 99, "kept", step=step, which=which)
    work.end(job)
    stage = train.redraw(page, job.id, None)[2]["stage"]
    assert page.t(f"stages.kept_{which}", step=step) in stage
