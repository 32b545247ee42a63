"""Runs: every training with its state; open one to see how it went, to act on it, and to lay another one beside it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.errors import StudioError
from studio.services.runs import RunSnapshot
from studio.ui.acts_view import act_row, acts_value
from studio.ui.answers_view import answers_mark, answers_strip, answers_value, no_answers
from studio.ui.charts import curve_value, loss_chart, with_other
from studio.ui.compare_view import comparison, comparison_value
from studio.ui.forms import chooser
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, Live, Page, only_new, say, shared_value
from studio.ui.picker_view import dataset_title
from studio.ui.runs_view import facts, run_list, runs_value, settings_rows, settings_value
from studio.ui.status_view import run_name, run_status, status_value
from studio.ui.tabs.run_acts import wire_acts

MOST_RUNS = 100
# What can be done with an ended training here and not on the Train tab.
FURTHER_ACTS = ("recipe", "remove")
# What the choice to compare with nothing holds; a dropdown cannot hold nothing.
NOBODY = ""
# So many values show a training: which one is open, and what `redraw` draws.
SHOWN = 13


@dataclass(frozen=True)
class Parts:
    """The components; `chosen` holds the open training, `other` the one beside it."""

    runs: gr.HTML
    status: gr.HTML
    acts: gr.HTML
    chart: gr.HTML
    answers: gr.HTML
    curve_card: gr.Column
    settings_card: gr.Column
    other: gr.Dropdown
    settings: gr.HTML
    compared: gr.HTML
    chosen: gr.State
    seen_list: gr.HTML
    seen_run: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        """Give what `redraw` draws."""
        detail = [self.seen_run, self.status, self.chart, self.settings, self.compared]
        cards = [self.acts, self.curve_card, self.settings_card, self.answers]
        return [self.seen_list, self.runs, self.other, *detail, *cards]

    @property
    def inputs(self) -> list[Any]:
        """Give what `redraw` asks for."""
        return [self.chosen, self.other, self.seen_list, self.seen_run, self.acts]


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
                card_title(t("watch.title"), t("watch.info"))
                answers = answers_strip(t, "run-answers")
            with gr.Column(elem_classes=["card"], visible=False) as settings_card:
                card_title(t("runs.settings"))
                other = chooser(t("runs.beside"), "run-other", info=t("runs.beside_info"))
                compared = comparison("run-compared")
                settings = facts("run-settings")
    parts = Parts(
        runs, status, acts, chart, answers, curve_card, settings_card, other, settings, compared,
        gr.State(None), shared_value(), shared_value(),
    )  # fmt: skip
    wire(page, parts)
    return Live(redraw, parts.inputs, parts.outputs)


def wire(page: Page, parts: Parts) -> None:
    """Open trainings, and act on the open one."""

    def shown_anew(page: Page, run_id: int) -> tuple[Any, ...]:
        return redraw(page, run_id, NOBODY, None, None)

    opened: list[Any] = [parts.chosen, *parts.outputs]
    led: list[Any] = [page.search, page.tabs, *opened]
    parts.runs.pick(page.handler(open_run), None, led, **QUIET)
    parts.other.input(page.handler(lay_beside), [parts.chosen, parts.other], parts.outputs, **QUIET)
    wire_acts(page, parts.acts, parts.outputs, shown_anew)
    parts.acts.remove(page.handler(remove), None, [page.said, *opened], **QUIET)


def open_run(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Open a training here, or a search on its own tab."""
    job = page.workspace.jobs.get(int(event.id))
    if job.kind == "search":
        return job.id, gr.Tabs(selected="search"), *[gr.skip()] * SHOWN
    return gr.skip(), gr.skip(), job.id, *redraw(page, job.id, NOBODY, None, None)


def lay_beside(page: Page, chosen: int | None, other: Any) -> tuple[Any, ...]:
    """Show another training beside the open one."""
    return redraw(page, chosen, other, None, None)


def remove(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Delete a training for good."""
    run = page.workspace.jobs.get(int(event.id))
    page.workspace.delete_run(run.id)
    said = say(page.t("runs.removed", name=run_name(page.t, run.id, run.name)))
    return said, None, *redraw(page, None, NOBODY, None, [run.id])


def redraw(
    page: Page,
    chosen: int | None,
    other: Any,
    seen_list: Any,
    seen_run: Any,
    shown_acts: Any = None,
) -> tuple[Any, ...]:
    """Show the list and the open training."""
    listed = redraw_list(page, chosen, other, seen_list)
    return *listed, *redraw_run(page, chosen, other, seen_run, shown_acts)


def redraw_list(page: Page, chosen: int | None, other: Any, seen: Any) -> tuple[Any, ...]:
    """Show all trainings, also as choices to lay beside the open one."""
    jobs = list_runs(page)
    now = [chosen, [[job.id, job.state] for job in jobs]]
    if now == seen:
        return (gr.skip(),) * 3
    t = page.t
    named = [
        (run_name(t, job.id, job.name), job.id)
        for job in jobs
        if job.id != chosen and job.kind == "train"
    ]
    choices = [(t("runs.nobody"), NOBODY), *named]
    kept = other if other in [run_id for _, run_id in named] else NOBODY
    return (
        now,
        runs_value(t, page.workspace, jobs, chosen),
        gr.Dropdown(choices=choices, value=kept),
    )


def list_runs(page: Page) -> list[Job]:
    """Give trainings and searches, the newest first."""
    jobs = page.workspace.jobs
    both = [*jobs.list("train", MOST_RUNS), *jobs.list("search", MOST_RUNS)]
    return sorted(both, key=lambda job: -job.id)[:MOST_RUNS]


def find(page: Page, run_id: Any) -> RunSnapshot | None:
    """Give a training; None where there is none, or no more."""
    if run_id in (None, NOBODY):
        return None
    with suppress(StudioError):
        return page.workspace.runs.snapshot(int(run_id))
    return None


def redraw_run(
    page: Page, chosen: int | None, other: Any, seen: Any, shown_acts: Any
) -> tuple[Any, ...]:
    """Show the open training; where it was deleted, that none is open."""
    snapshot, beside = find(page, chosen), find(page, other)
    if snapshot is None:
        return close_run(page) if seen else (gr.skip(),) * 9
    t, job = page.t, snapshot.job
    drawn = answers_mark(snapshot)
    now = [drawn, job.state, snapshot.events, job.queue_place, job.folder.cancel.exists()]
    now += [beside.job.id, beside.job.state, beside.events] if beside else []
    if now == seen:
        return (gr.skip(),) * 9
    curve = curve_value(t, snapshot)
    if beside is not None:
        curve = with_other(curve, beside, run_name(t, beside.job.id, beside.job.name))
    return (
        now,
        status_value(t, snapshot),
        curve,
        {} if beside else describe(page, job.id),
        compare(page, snapshot, beside) if beside else {},
        only_new(shown_acts, acts_value(t, snapshot, FURTHER_ACTS)),
        gr.Column(visible=True),
        gr.Column(visible=True),
        gr.skip() if seen and seen[0] == drawn else answers_value(t, snapshot),
    )


def close_run(page: Page) -> tuple[Any, ...]:
    """Show that no training is open."""
    hidden = gr.Column(visible=False)
    empty = {"empty": page.t("runs.open_empty")}
    curve, answers = curve_value(page.t, None), no_answers(page.t)
    return [], empty, curve, {}, {}, {}, hidden, hidden, answers


def describe(page: Page, run_id: int) -> dict[str, Any]:
    """Give the settings of a training."""
    return settings_value(page.t, page.workspace.runs.recipe(run_id), names_of(page, run_id))


def names_of(page: Page, run_id: int) -> dict[str, str]:
    """Give the data of a training by the name that people know."""
    data = page.workspace.runs.spec(run_id)["data"]
    # A data set may be gone since; its name in the job is what is left then.
    with suppress(StudioError):
        return {"data.id": dataset_title(page.t, page.workspace.datasets.get(data["id"]))}
    return {"data.id": str(data["name"])}


def compare(page: Page, *snapshots: RunSnapshot) -> dict[str, Any]:
    """Give what differs between two trainings."""
    t, recipe = page.t, page.workspace.runs.recipe
    settings = [
        settings_rows(t, recipe(one.job.id), names_of(page, one.job.id)) for one in snapshots
    ]
    return comparison_value(t, snapshots, settings)
