"""Data: where examples come from, what was understood of them, and what a model would learn."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.services.datasets import Dataset
from studio.ui.examples_view import View
from studio.ui.header_view import lead
from studio.ui.page import QUIET, Live, Page, changed, only_new, shared_value
from studio.ui.picker_view import notice, picker_value, summary_value
from studio.ui.tabs.data_board import Board
from studio.ui.tabs.data_bring import build_bring, wire_bring
from studio.ui.tabs.data_columns import build_columns, wire_columns
from studio.ui.tabs.data_examples import build_examples, show_examples, wire_examples
from studio.ui.tabs.data_health import build_health, show_health, wire_health
from studio.ui.tabs.data_held_out import build_held_out, show_held_out, wire_held_out
from studio.ui.tabs.data_lengths import build_lengths, wire_lengths
from studio.ui.tabs.data_limits import Kept, Limits, follow_draft, wanted
from studio.ui.tabs.data_mix import build_mix, show_mix, wire_mix
from studio.ui.tabs.data_topics import build_topics, show_topics, wire_topics
from studio.ui.work_view import work_value

# A change is there in a second or two; what takes longer is shown by the page's pulse.
FOLLOW_SECONDS = 20.0
LOOK_SECONDS = 0.15
# What an import or a change does when the data set is there already.
CHECKS = frozenset({"checking", "topics"})
# Components that show the data set: the view, the cards, the summary, and those of the inner tabs.
SHOWN = 12


def build(page: Page, _tab: gr.Tab) -> Live:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "data")
    view, asked, pending, mix = (gr.State(None) for _ in range(4))
    seen, limits = shared_value(), shared_value()
    bring = build_bring(page)
    with gr.Column(elem_classes=["card"]):
        with gr.Row(equal_height=False, elem_classes=["summary-row"]):
            with gr.Column(scale=8, min_width=300):
                summary = notice("dataset-summary")
            use = gr.Button(
                t("data.use"),
                variant="primary",
                elem_id="use-data",
                size="lg",
                scale=3,
                min_width=240,
            )
    with gr.Tabs(
        selected="examples",
        elem_id="data-inner",
        elem_classes=["inner-tabs"],
        overflow_behavior="wrap",
    ) as inner:
        with gr.Tab(t("inner.examples"), id="examples"):
            examples = build_examples(page)
        with gr.Tab(t("inner.columns"), id="columns") as columns_tab:
            columns = build_columns(page)
        with gr.Tab(t("inner.lengths"), id="lengths") as lengths_tab:
            lengths = build_lengths(page)
        with gr.Tab(t("inner.health"), id="health"):
            health = build_health(page)
        with gr.Tab(t("inner.topics"), id="topics"):
            topics = build_topics(page)
        with gr.Tab(t("inner.held_out"), id="held-out"):
            held_out = build_held_out(page)
        with gr.Tab(t("inner.mix"), id="mix"):
            mixed = build_mix(page)

    shown: list[Any] = [view, bring.cards, summary, *examples.shown, *health.shown, topics]
    shown += [*held_out.shown, mixed]
    live = Live(
        redraw,
        [page.dataset, view, limits, mix, asked, bring.work, seen],
        [page.dataset, asked, bring.work, seen, *shown],
    )
    board = Board(
        page, view, limits, asked, pending, mix, inner, live.inputs, live.outputs, redraw, follow
    )

    def redraw_examples(event: Any) -> None:
        place: list[Any] = [page.dataset, view, limits]
        outputs: list[Any] = [view, *examples.shown]
        event.then(page.handler(draw_examples), place, outputs, **QUIET)

    brought = wire_bring(board, bring)
    wire_examples(board, examples)
    wire_columns(board, columns, columns_tab, brought)
    wire_lengths(board, lengths, lengths_tab)
    wire_health(board, health, redraw_examples)
    wire_topics(board, topics, redraw_examples)
    wire_held_out(board, held_out)
    wire_mix(board, mixed)
    changed(page.dataset)(
        page.handler(open_dataset), [page.dataset, limits, mix, asked], live.outputs, **QUIET
    )
    controls: list[Any] = [examples.model, examples.length, lengths.model]
    controls += [lengths.too_long, lengths.overlap]
    moved: list[Any] = [changed(page.dataset), changed(page.draft)]
    gr.on(
        moved,
        page.handler(show_limits),
        [page.dataset, limits, page.draft],
        [limits, *controls],
        trigger_mode="always_last",
        **QUIET,
    )
    use.click(
        page.handler(use_dataset), [page.dataset, limits, mix], [page.wanted, page.tabs], **QUIET
    )
    return live


def first_dataset(page: Page) -> str:
    """Give the data set that a new visitor sees first."""
    return page.workspace.datasets.list()[0].id


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visitor looks at, as the states of the page hold it."""

    dataset_id: str
    view: Kept
    limits: Kept
    mix: dict[str, float]
    asked: list[int]
    work: Any
    seen: Any


def open_dataset(
    page: Page, dataset_id: str, limits: Kept, mix: dict[str, float], asked: list[int]
) -> tuple[Any, ...]:
    """Show a data set from its first row on; one that was never checked is checked now."""
    if page.workspace.submit_check(dataset_id) is not None:
        page.workspace.ensure_runner()
    return redraw(page, dataset_id, View().to_json(), limits, mix, asked, None, None)


def show_limits(
    page: Page, dataset_id: str | None, stored: Kept, draft: dict[str, Any] | None
) -> tuple[Any, ...]:
    """Show the model and the lengths that a training with this data would have now, wherever they can be chosen."""
    if dataset_id is None:
        return (gr.skip(),) * 6
    limits = follow_draft(page, dataset_id, stored, draft)
    model = limits.model_id(page)
    here = [(one.name, one.id) for one in page.workspace.models.list()]
    choices = here if model in dict(here).values() else [*here, (model, model)]
    return (
        only_new(stored, limits.to_json()),
        gr.Dropdown(choices=choices, value=model),
        limits.tokens,
        gr.Dropdown(choices=choices, value=model),
        limits.too_long,
        gr.Number(limits.overlap, visible=limits.too_long == "split"),
    )


def show(
    page: Page, dataset: Dataset, view: Kept, limits: Kept, mix: dict[str, float]
) -> tuple[Any, ...]:
    """Give everything that is told of a data set."""
    library = page.workspace.datasets
    is_checking = page.workspace.jobs.has_work_on(dataset.id)
    looked_at = View.from_json(view)
    view, table, talk = show_examples(page, dataset, looked_at, Limits.from_json(limits))
    return (
        view,
        picker_value(page.t, library.list(), dataset.id),
        summary_value(page.t, dataset, library.source_names(dataset.id)),
        table,
        talk,
        *show_health(page, dataset, is_checking=is_checking),
        show_topics(page, dataset, view, is_checking=is_checking),
        *show_held_out(page, dataset),
        show_mix(page, dataset, mix),
    )


def draw_examples(page: Page, dataset_id: str, view: Kept, limits: Kept) -> tuple[Any, ...]:
    """Show the table and the chosen example of a view."""
    dataset = page.workspace.datasets.get(dataset_id)
    return show_examples(page, dataset, View.from_json(view), Limits.from_json(limits))


def redraw(page: Page, *values: Any) -> tuple[Any, ...]:
    """Show how imports and changes go, and the data set where something about it has changed.

    `values` are those of a `Visit`. A data set that an import has just made is opened, once.
    """
    visit = Visit(*values)
    if visit.dataset_id is None:
        return (gr.skip(),) * (SHOWN + 4)
    own = [page.workspace.jobs.get(number) for number in visit.asked or []]
    dataset_id, view = still_there(page, visit.dataset_id), visit.view
    brought = brought_datasets(page, own)
    if brought:
        dataset_id, view = brought[max(brought)], View().to_json()
    waiting = [job for job in own if not job.is_final or job.state == "failed"]
    told = [job for job in waiting if job.id not in brought]
    dataset = page.workspace.datasets.get(dataset_id)
    now = stamp(page, dataset)
    shown: Sequence[Any] = [gr.skip()] * (SHOWN + 1)
    if now != visit.seen:
        shown = now, *show(page, dataset, view, visit.limits, visit.mix)
    return (
        only_new(visit.dataset_id, dataset.id),
        only_new(visit.asked or [], [job.id for job in told]),
        only_new(visit.work, describe_work(page, own)),
        *shown,
    )


def follow(page: Page, *values: Any) -> tuple[Any, ...]:
    """Wait a moment for what was asked for, then show it."""
    visit, until = Visit(*values), time.monotonic() + FOLLOW_SECONDS
    before = stamps(page, visit.dataset_id)
    while time.monotonic() < until and stamps(page, visit.dataset_id) == before:
        jobs = [page.workspace.jobs.get(number) for number in visit.asked or []]
        if all(job.is_final for job in jobs):
            break
        time.sleep(LOOK_SECONDS)
    return redraw(page, *values)


def stamps(page: Page, dataset_id: str) -> tuple[int, int]:
    """Give what changes as soon as a change or an import holds."""
    library = page.workspace.datasets
    return library.get(still_there(page, dataset_id)).version, len(library.list())


def still_there(page: Page, dataset_id: str) -> str:
    """Give the data set's id, or the first one's where it was deleted meanwhile."""
    ids = [dataset.id for dataset in page.workspace.datasets.list()]
    return dataset_id if dataset_id in ids else ids[0]


def brought_datasets(page: Page, own: list[Job]) -> dict[int, str]:
    """Give the data sets that this visitor's imports have made, by job; they are there before their check is done."""
    ids = {dataset.id for dataset in page.workspace.datasets.list()}
    imports = [job for job in own if job.kind == "import"]
    made = {job.id: str(page.workspace.runs.spec(job.id)["dataset"]) for job in imports}
    return {number: dataset_id for number, dataset_id in made.items() if dataset_id in ids}


def describe_work(page: Page, own: list[Job]) -> dict[str, Any]:
    """Give the imports that go on, whoever asked for them, and this visitor's changes and failures.

    The health check that follows them is told of on its own inner tab.
    """
    mine = {job.id for job in own}
    jobs = [job for job in page.workspace.jobs.list() if job.kind == "import" or job.id in mine]
    active = [(job, page.workspace.progress(job)) for job in jobs if not job.is_final]
    shown = [(job, told) for job, told in active if told is None or told.stage not in CHECKS]
    return work_value(page.t, shown, [job for job in own if job.state == "failed"])


def stamp(page: Page, dataset: Dataset) -> list[Any]:
    """Give what changes when something is to be drawn anew."""
    library = page.workspace.datasets
    listed = [[one.id, one.version] for one in library.list()]
    head = library.folder(dataset.id).head()
    found = [head.health.exists(), head.topics.exists()]
    return [
        dataset.id,
        dataset.version,
        *found,
        page.workspace.jobs.has_work_on(dataset.id),
        listed,
    ]


def use_dataset(
    _page: Page, dataset_id: str, limits: Kept, mix: dict[str, float] | None
) -> tuple[dict[str, Any], Any]:
    """Take a data set to the Train tab, with what was chosen here."""
    return wanted(dataset_id, Limits.from_json(limits), mix), gr.Tabs(selected="train")
