"""Runs: every training with its state; open one to see its curve, its settings and its data."""

from contextlib import suppress
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.acts_view import act_row, acts_value
from studio.ui.charts import curve_value, loss_chart
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, Live, Page, only_new, shared_value
from studio.ui.picker_view import dataset_title
from studio.ui.runs_view import facts, run_list, runs_value, settings_value
from studio.ui.status_view import run_status, status_value
from studio.ui.tabs.run_acts import wire_acts

MOST_RUNS = 50


def build(page: Page, _tab: gr.Tab) -> Live:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "runs")
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300, elem_classes=["card"]):
            card_title(t("runs.list"))
            runs = run_list(t, "run-list")
        with gr.Column(scale=8, min_width=320, elem_classes=["stack"]):
            with gr.Column(elem_classes=["card"]):
                status = run_status(t, "runs.open_empty", "run-status")
                acts = act_row("run-acts")
            with gr.Column(elem_classes=["card"], visible=False) as curve_card:
                card_title(t("train.chart"))
                chart = loss_chart(t, "run-chart")
            with gr.Column(elem_classes=["card"], visible=False) as settings_card:
                card_title(t("runs.settings"))
                settings = facts("run-settings")

    chosen, seen_list, seen_run = gr.State(None), shared_value(), shared_value()
    detail: list[Any] = [status, chart, settings, acts, curve_card, settings_card]
    live = Live(redraw, [chosen, seen_list, seen_run, acts], [seen_list, runs, seen_run, *detail])
    runs.pick(page.handler(open_run), None, [chosen, *live.outputs], **QUIET)

    def shown_anew(page: Page, run_id: int) -> tuple[Any, ...]:
        return redraw(page, run_id, None, None)

    wire_acts(page, acts, live.outputs, shown_anew)
    return live


def open_run(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Open a training."""
    chosen = page.workspace.jobs.get(int(event.id)).id
    return chosen, *redraw(page, chosen, None, None)


def redraw(
    page: Page, chosen: int | None, seen_list: Any, seen_run: Any, shown_acts: Any = None
) -> tuple[Any, ...]:
    """Show the list and the open training."""
    listed = redraw_list(page, chosen, seen_list)
    return *listed, *redraw_run(page, chosen, seen_run, shown_acts)


def redraw_list(page: Page, chosen: int | None, seen: Any) -> tuple[Any, Any]:
    """Show all trainings."""
    jobs = page.workspace.jobs.list("train", MOST_RUNS)
    now = [chosen, [[job.id, job.state] for job in jobs]]
    if now == seen:
        return gr.skip(), gr.skip()
    return now, runs_value(page.t, page.workspace.runs, jobs, chosen)


def redraw_run(page: Page, chosen: int | None, seen: Any, shown_acts: Any) -> tuple[Any, ...]:
    """Show the open training."""
    if chosen is None:
        return (gr.skip(),) * 7
    t, snapshot = page.t, page.workspace.runs.snapshot(chosen)
    job = snapshot.job
    now = [chosen, job.state, snapshot.events, job.queue_place, job.folder.cancel.exists()]
    if now == seen:
        return (gr.skip(),) * 7
    return (
        now,
        status_value(t, snapshot),
        curve_value(t, snapshot),
        describe(page, chosen),
        only_new(shown_acts, acts_value(t, snapshot)),
        gr.Column(visible=True),
        gr.Column(visible=True),
    )


def describe(page: Page, run_id: int) -> dict[str, Any]:
    """Give the settings of a training, its data by the name that people know."""
    spec = page.workspace.runs.spec(run_id)
    names = {"data.id": str(spec["data"]["name"])}
    # A data set may be gone since; its name in the job is what is left then.
    with suppress(StudioError):
        names["data.id"] = dataset_title(page.t, page.workspace.datasets.get(spec["data"]["id"]))
    return settings_value(page.t, page.workspace.runs.recipe(run_id), names)
