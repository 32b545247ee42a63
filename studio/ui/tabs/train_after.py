"""Train, what follows a start: which training is shown, how it stands, its curve, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.ui.acts_view import act_row, acts_value
from studio.ui.answers_view import answers_mark, answers_strip, answers_value, no_answers
from studio.ui.charts import curve_value, loss_chart
from studio.ui.header_view import card_title
from studio.ui.page import Page, only_new, shared_value
from studio.ui.status_view import run_status, status_value
from studio.ui.tabs.run_acts import wire_acts


@dataclass(frozen=True)
class After:
    """The components; `seen` holds what they were drawn from, that of the answers first."""

    seen: gr.HTML
    status: gr.HTML
    chart: gr.HTML
    acts: gr.HTML
    answers: gr.HTML

    def inputs(self, page: Page) -> list[Any]:
        """Give what `redraw` asks for."""
        return [page.run, self.seen, self.acts]

    def outputs(self, page: Page) -> list[Any]:
        """Give what `redraw` draws."""
        return [page.run, self.seen, self.status, self.chart, self.acts, self.answers]


def build_after(page: Page) -> After:
    """Lay out the progress and the curve."""
    t = page.t
    with gr.Column(elem_classes=["card"]):
        status, acts = run_status(t, "train.empty", "status"), act_row("acts")
    with gr.Column(elem_classes=["card"]):
        card_title(t("train.chart"), t("train.chart_info"))
        chart = loss_chart(t, "chart")
    with gr.Column(elem_classes=["card"]):
        card_title(t("watch.title"), t("watch.info"))
        answers = answers_strip(t, "answers")
    return After(shared_value(), status, chart, acts, answers)


def wire_after(page: Page, parts: After) -> None:
    """Let the buttons act on the training that is shown."""

    def shown_anew(page: Page, run_id: int) -> tuple[Any, ...]:
        return redraw(page, run_id, None)

    wire_acts(page, parts.acts, parts.outputs(page), shown_anew)


def redraw(page: Page, run_id: int | None, seen: Any, shown_acts: Any = None) -> tuple[Any, ...]:
    """Show how the followed training stands."""
    known, run_id = run_id, follow(page.workspace.jobs.list("train", 50), run_id)
    if run_id is None:
        # Either there was never one, or the last one was deleted.
        return (None, None, *nothing(page)) if seen else (gr.skip(),) * 6
    snapshot = page.workspace.runs.snapshot(run_id)
    job = snapshot.job
    drawn = answers_mark(snapshot)
    now = [drawn, job.state, job.queue_place, snapshot.events, job.folder.cancel.exists()]
    if now == seen:
        return only_new(known, run_id), *[gr.skip()] * 5
    return (
        only_new(known, run_id),
        now,
        {**status_value(page.t, snapshot), **waiting_text(page, job)},
        curve_value(page.t, snapshot),
        only_new(shown_acts, acts_value(page.t, snapshot)),
        gr.skip() if seen and seen[0] == drawn else answers_value(page.t, snapshot),
    )


def nothing(page: Page) -> tuple[Any, ...]:
    """Give what is shown without any training."""
    empty = {"empty": page.t("train.empty")}
    return empty, curve_value(page.t, None), {}, no_answers(page.t)


def waiting_text(page: Page, job: Job) -> dict[str, str]:
    """Give that a training waits for its model to be downloaded; nothing where it does not."""
    if job.state != "queued" or job.parent is None or page.workspace.jobs.get(job.parent).is_final:
        return {}
    return {"stage": page.t("stages.model")}


def follow(jobs: Sequence[Job], run_id: int | None) -> int | None:
    """Give the training to show: the followed one while it goes on, else the one that runs, else the newest."""
    followed = next((job for job in jobs if job.id == run_id), None)
    if followed is not None and not followed.is_final:
        return followed.id
    active = sorted(
        (job for job in jobs if not job.is_final), key=lambda job: (job.state != "running", job.id)
    )
    if active:
        return active[0].id
    return followed.id if followed else (jobs[0].id if jobs else None)
