"""Runs: every training with its state; open one to see its curve, its settings and its data."""

from contextlib import suppress
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.charts import curve_value, loss_chart
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, Live, Page, shared_value
from studio.ui.picker_view import dataset_title
from studio.ui.runs_view import facts, run_list, runs_value, settings_value, usable
from studio.ui.status_view import run_status, status_value
from studio.ui.tabs.train_onward import go_on, go_to, try_again

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
                with gr.Row(visible=False, elem_classes=["next-row"]) as next_row:
                    compare = gr.Button(
                        t("runs.compare"), variant="primary", size="sm", elem_id="run-compare"
                    )
                    download = gr.Button(t("runs.download"), size="sm", elem_id="run-download")
                    further = gr.Button(t("runs.further"), size="sm", elem_id="run-further")
                    again = gr.Button(t("runs.again"), size="sm", elem_id="run-again")
            with gr.Column(elem_classes=["card"], visible=False) as curve_card:
                card_title(t("train.chart"))
                chart = loss_chart(t, "run-chart")
            with gr.Column(elem_classes=["card"], visible=False) as settings_card:
                card_title(t("runs.settings"))
                settings = facts("run-settings")

    chosen, seen_list, seen_run = gr.State(None), shared_value(), shared_value()
    detail: list[Any] = [status, chart, settings, next_row, curve_card, settings_card]
    live = Live(redraw, [chosen, seen_list, seen_run], [seen_list, runs, seen_run, *detail])
    runs.pick(page.handler(open_run), None, [chosen, *live.outputs], **QUIET)
    compare.click(page.handler(go_to("playground")), chosen, [page.tuned, page.tabs], **QUIET)
    download.click(page.handler(go_to("export")), chosen, [page.tuned, page.tabs], **QUIET)
    filled: list[Any] = [page.draft, page.said, page.tabs]
    again.click(page.handler(train_like), chosen, filled, **QUIET)
    further.click(page.handler(train_further), chosen, filled, **QUIET)
    return live


def open_run(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Open a training."""
    chosen = page.workspace.jobs.get(int(event.id)).id
    return chosen, *redraw(page, chosen, None, None)


def redraw(page: Page, chosen: int | None, seen_list: Any, seen_run: Any) -> tuple[Any, ...]:
    """Show the list and the open training."""
    return *redraw_list(page, chosen, seen_list), *redraw_run(page, chosen, seen_run)


def redraw_list(page: Page, chosen: int | None, seen: Any) -> tuple[Any, Any]:
    """Show all trainings."""
    jobs = page.workspace.jobs.list("train", MOST_RUNS)
    now = [chosen, [[job.id, job.state] for job in jobs]]
    if now == seen:
        return gr.skip(), gr.skip()
    return now, runs_value(page.t, page.workspace.runs, jobs, chosen)


def redraw_run(page: Page, chosen: int | None, seen: Any) -> tuple[Any, ...]:
    """Show the open training."""
    if chosen is None:
        return (gr.skip(),) * 7
    t, snapshot = page.t, page.workspace.runs.snapshot(chosen)
    now = [chosen, snapshot.job.state, snapshot.events, snapshot.job.queue_place]
    if now == seen:
        return (gr.skip(),) * 7
    return (
        now,
        status_value(t, snapshot),
        curve_value(t, snapshot),
        describe(page, chosen),
        gr.Row(visible=bool(usable([snapshot.job]))),
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


def train_like(page: Page, run_id: int) -> tuple[Any, ...]:
    """Take the settings of a training to the Train tab."""
    return *try_again(page, run_id), gr.Tabs(selected="train")


def train_further(page: Page, run_id: int) -> tuple[Any, ...]:
    """Take a training to the Train tab, to go on from what it learned."""
    return *go_on(page, run_id), gr.Tabs(selected="train")
