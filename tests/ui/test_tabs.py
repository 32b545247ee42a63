"""Train, called as plain functions."""

import time
from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.drafts import new_draft
from studio.ui.page import Page
from studio.ui.tabs import train

NASTY = "<img src=x onerror=alert(1)>"
CSV = "question,answer\nWhen do you open?,At nine.\nDo you ship?,\nWhere are you?,At the harbour.\n"


def upload(folder: Path, name: str, content: str) -> str:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return str(file)


def test_a_double_press_starts_one_training(page: Page) -> None:
    values = new_draft(page)["values"]
    first, pressed = train.start_training(page, values, None)
    second, _ = train.start_training(page, values, pressed)
    assert first.id == second.id


def test_a_press_long_after_the_first_starts_another(page: Page) -> None:
    values = new_draft(page)["values"]
    first, pressed = train.start_training(page, values, None)
    pressed["time"] = time.time() - 60
    second, _ = train.start_training(page, values, pressed)
    assert first.id != second.id


def test_a_running_training_is_shown_with_its_whole_curve(page: Page, work: Any) -> None:
    job = work.start(step=20)
    run_id, _, status, chart, acts, _ = train.redraw(page, None, None)
    assert run_id == job.id
    assert status["state"] == "running"
    assert [step for step, _ in chart["train"]] == list(range(1, 21))
    assert [act["id"] for act in acts["acts"]] == ["keep", "discard"]


def test_nothing_is_sent_while_nothing_changes(page: Page, work: Any) -> None:
    work.start(step=5)
    run_id, seen, *_ = train.redraw(page, None, None)
    assert train.redraw(page, run_id, seen) == (gr.skip(),) * 6


def test_another_page_finds_the_training_that_runs(page: Page, work: Any) -> None:
    old = work.start(step=3)
    work.end(old)
    new = work.start(step=1)
    assert train.redraw(page, old.id, None)[0] == new.id


def test_a_finished_training_offers_the_next_step(page: Page, work: Any) -> None:
    job = work.start(step=60)
    work.end(job)
    _, _, status, _, acts, _ = train.redraw(page, job.id, None)
    assert status["share"] == 1.0
    assert [act["id"] for act in acts["acts"]] == ["compare", "take", "further", "again"]
    assert acts["acts"][0]["kind"] == "primary"


def test_a_failed_training_says_why_and_what_to_do(page: Page, work: Any) -> None:
    job = work.start(step=2)
    work.end(job, "failed", StudioError("train.diverged", step=2))
    _, _, status, _, acts, _ = train.redraw(page, job.id, None)
    assert status["stage"] == ""
    assert "At step 2" in status["problem"]["text"]
    assert "lower learning rate" in status["problem"]["fix"]
    assert [act["id"] for act in acts["acts"]] == ["again"]


def test_a_waiting_training_says_its_place(page: Page, work: Any) -> None:
    work.start(step=1)
    values = new_draft(page)["values"]
    waiting, _ = train.start_training(page, values, None)
    status = train.redraw(page, waiting.id, None)[2]
    assert status["state"] == "queued"
    assert status["stage"].startswith("First in the queue")
