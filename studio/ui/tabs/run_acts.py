"""What the buttons of a training do, wherever it is shown: stop it, resume it, lead on from it."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.ui.drafts import new_draft
from studio.ui.page import QUIET, Page, say

Redraw = Callable[[Page, int], Sequence[Any]]


def wire_acts(page: Page, acts: gr.HTML, shown: list[Any], redraw: Redraw) -> None:
    """Connect the buttons; `redraw` gives the values of `shown` for a training that was asked to stop."""

    def stopping(*, discard: bool) -> Callable[..., Any]:
        def stop(page: Page, event: gr.EventData) -> Sequence[Any]:
            run_id = int(event.id)
            page.workspace.jobs.request_cancel(run_id, discard=discard)
            return redraw(page, run_id)

        return page.handler(stop)

    acts.keep(stopping(discard=False), None, shown, **QUIET)
    acts.discard(stopping(discard=True), None, shown, **QUIET)
    acts.resume(page.handler(resume), None, [page.run, page.tabs], **QUIET)
    onward: list[Any] = [page.tuned, page.tabs]
    acts.compare(page.handler(go_to("playground")), None, onward, **QUIET)
    acts.take(page.handler(go_to("export")), None, onward, **QUIET)
    filled: list[Any] = [page.draft, page.said, page.tabs]
    acts.further(page.handler(go_on), None, filled, **QUIET)
    acts.again(page.handler(try_again), None, filled, **QUIET)


def resume(page: Page, event: gr.EventData) -> tuple[int, Any]:
    """Go on with a training from its newest checkpoint, and follow it on the Train tab."""
    job = resume_training(page, int(event.id))
    return job.id, gr.Tabs(selected="train")


def resume_training(page: Page, run_id: int) -> Job:
    """Queue the rest of a training under a key that only ended tries change, so that two presses give one."""
    ended = sum(job.is_final for job in resumptions(page, run_id))
    job = page.workspace.submit_resume(run_id, f"resume-of-{run_id}-{ended}")
    page.workspace.ensure_runner()
    return job


def resumptions(page: Page, run_id: int) -> list[Job]:
    """Give the trainings that went on from a training's checkpoint, newest first."""
    runs = page.workspace.runs
    newer = [job for job in page.workspace.jobs.list("train") if job.id > run_id]
    return [job for job in newer if runs.resumed_run(job.id) == run_id]


def try_again(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Take the settings of a training to the Train tab, ready for a change."""
    draft = new_draft(page, like=int(event.id))
    return draft, say(page.t("train.again_ready")), gr.Tabs(selected="train")


def go_on(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Take a training to the Train tab, ready to train what it learned further."""
    draft = new_draft(page, like=int(event.id), further=True)
    return draft, say(page.t("train.further_ready")), gr.Tabs(selected="train")


def go_to(tab: str) -> Callable[..., Any]:
    """Give a handler that takes a training to another tab."""

    def go(page: Page, event: gr.EventData) -> tuple[int, Any]:
        return int(event.id), gr.Tabs(selected=tab)

    return go
