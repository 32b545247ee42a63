"""Data, inner tab Examples: the table, the chosen example as a conversation, and the tokens of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Step
from studio.domain.records import row_to_json
from studio.domain.shapes import KIND_BY_SHAPE
from studio.errors import StudioError
from studio.services.datasets import Dataset
from studio.ui.conversation_view import conversation, conversation_value
from studio.ui.corrections import corrected, written
from studio.ui.examples_view import (
    PAGE_ROWS,
    View,
    examples_table,
    table_tools,
    table_value,
    with_tokens,
)
from studio.ui.forms import chooser
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page, changed
from studio.ui.picker_view import error_value
from studio.ui.tabs.data_board import Board, change
from studio.ui.tabs.data_limits import (
    LARGEST_LIMIT,
    SMALLEST_LIMIT,
    Kept,
    Limits,
    Stored,
    choose_lengths,
    choose_model,
    tokens_within,
)
from studio.ui.template_view import template_value, template_view

# What a helper process is in when it can answer at once (`WorkerPipe.phase`).
READY = "ready"


@dataclass(frozen=True)
class Examples:
    """The components of the inner tab."""

    table: gr.HTML
    talk: gr.HTML
    tokens: gr.HTML
    model: gr.Dropdown
    length: gr.Number

    @property
    def shown(self) -> list[Any]:
        """Give what `show_examples` fills."""
        return [self.table, self.talk]


def build_examples(page: Page) -> Examples:
    """Lay the inner tab out."""
    t = page.t
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320, elem_classes=["card"]):
            table = examples_table("rows")
        with gr.Column(scale=5, min_width=320, elem_classes=["stack"]):
            with gr.Column(elem_classes=["card"]):
                card_title(t("data.conversation"))
                talk = conversation(t, "example")
            with gr.Column(elem_classes=["card"]):
                card_title(t("data.tokens"), t("data.tokens_lead"))
                with gr.Row(elem_classes=["model-row"]):
                    model = chooser(t("fields.model.id"), "data-model", min_width=170, scale=3)
                    length = gr.Number(
                        label=t("lengths.limit"),
                        precision=0,
                        elem_id="data-length",
                        min_width=110,
                        scale=2,
                    )
                tokens = template_view(t, "tokens")
    return Examples(table, talk, tokens, model, length)


def wire_examples(board: Board, parts: Examples) -> None:
    """Connect the inner tab."""
    page = board.page
    place: list[Any] = [page.dataset, board.view, board.limits]
    shown = [board.view, *parts.shown]
    table, talk = parts.table, parts.talk
    # The table itself sends one after the other.
    looked_at: list[Any] = [page.dataset, board.limits]
    table.look(page.handler(look), looked_at, shown, trigger_mode="multiple", **QUIET)
    for event in (talk.shown, changed(board.limits)):
        draw_tokens(board, parts, event)
    for event, handler in ((talk.edit, correct), (talk.act, act), (talk.write, write)):
        step = event(page.handler(handler), [*place, board.asked], [board.asked, talk], **QUIET)
        board.redraw_after(step)
    limited: list[Any] = [board.limits, page.draft]
    parts.model.input(
        page.handler(choose_model), [*limited, parts.model], [board.limits, page.wanted], **QUIET
    )
    # What is being typed is no length yet.
    entered: list[Any] = [parts.length.submit, parts.length.blur]
    gr.on(
        entered,
        page.handler(choose_length),
        [page.dataset, *limited, parts.length],
        [board.limits, page.wanted],
        **QUIET,
    )


def draw_tokens(board: Board, parts: Examples, when: Callable[..., Any]) -> None:
    """Show the tokens of the chosen example `when` something happens, and until they are there that they are coming."""
    page, place = board.page, [board.page.dataset, board.view, board.limits]
    often: dict[str, Any] = {"trigger_mode": "always_last", **QUIET}
    told = when(page.handler(tell_waiting), board.view, parts.tokens, **often)
    told.then(page.handler(show_tokens), place, parts.tokens, **often)


def show_examples(
    page: Page, dataset: Dataset, view: View, limits: Limits, turn: int = 0
) -> tuple[Any, ...]:
    """Give the view with its chosen row, the table's page, and the row as a conversation."""
    t, library = page.t, page.workspace.datasets
    asked = view.row_view(limits.model_here(page), limits.tokens)
    places = library.select(dataset.id, asked)
    if view.offset >= len(places):
        view = replace(view, offset=0)
    listed = [int(place) for place in places[view.offset : view.offset + PAGE_ROWS]]
    rows = dict(zip(listed, library.rows(dataset.id, listed), strict=True))
    chosen = view.chosen if view.chosen is not None and view.chosen < dataset.used else None
    view = replace(view, chosen=chosen if chosen is not None else next(iter(listed), None))
    row = rows.get(view.chosen) if view.chosen is not None else None
    if row is None and view.chosen is not None:
        row = library.rows(dataset.id, [view.chosen])[0]
    tools = table_tools(t, dataset, library.health(dataset.id), library.topics(dataset.id))
    kind = KIND_BY_SHAPE.get(dataset.shape, "chat")
    mark = f"{dataset.id}/{dataset.version}/{view.chosen}"
    table = table_value(t, rows, len(places), view, tools, turn)
    return (
        view.to_json(),
        with_tokens(t, table, library.tokens(dataset.id, asked.model_id, listed)),
        conversation_value(t, row, view.chosen, kind=kind, mark=mark),
    )


def look(page: Page, dataset_id: str, stored: Kept, event: gr.EventData) -> tuple[Any, ...]:
    """Search, order, filter, turn the page, or show a row as a conversation."""
    view, limits = View.from_page(event.view), Limits.from_json(stored)
    if view.needs_lengths:
        page.workspace.lengths.measure(dataset_id, limits.model_id(page))
    return show_examples(
        page, page.workspace.datasets.get(dataset_id), view, limits, int(event.turn)
    )


def choose_length(
    page: Page, dataset_id: str, stored: Kept, draft: Kept, tokens: float | None
) -> tuple[Any, Any]:
    """Look at another longest length, and train with it."""
    before = Limits.from_json(stored).tokens
    wanted = tokens_within(tokens, SMALLEST_LIMIT, LARGEST_LIMIT, before)
    return choose_lengths(page, dataset_id, stored, draft, tokens=wanted)


def tell_waiting(page: Page, stored: Kept) -> Any:
    """Tell that tokens come as soon as their process is there, for the tokens of another example must not stand there."""
    if View.from_json(stored).chosen is None or page.workspace.previews.pipe.phase == READY:
        return gr.skip()
    return {**template_value(page.t, None), "empty": page.t("template.waiting")}


def show_tokens(page: Page, dataset_id: str, stored: Kept, limits_stored: Kept) -> Stored:
    """Show which words of the chosen row are learned, by the chosen model's own template."""
    t, view, limits = page.t, View.from_json(stored), Limits.from_json(limits_stored)
    if view.chosen is None:
        return template_value(t, None)
    try:
        row = page.workspace.datasets.rows(dataset_id, [view.chosen])[0]
        preview = page.workspace.previews.preview(
            limits.model_id(page), row, limits.tokens, limits.too_long, limits.overlap
        )
    except StudioError as error:
        return template_value(t, None, t.error(error))
    return template_value(t, preview)


def correct(
    page: Page,
    dataset_id: str,
    stored: Kept,
    limits: Kept,
    asked: list[int],
    event: gr.EventData,
) -> tuple[list[int], Any]:
    """Replace one text of the chosen example; where nothing could be learned from it, say so in its place."""
    try:
        place = chosen(stored)
        row = page.workspace.datasets.rows(dataset_id, [place])[0]
        spot = {name: getattr(event, name) for name in ("side", "turn", "call", "text")}
        values = {"place": place, "row": row_to_json(corrected(row, spot))}
        return change(page, dataset_id, Step("edit_row", values), asked), gr.skip()
    except StudioError as error:
        return asked, with_problem(page, dataset_id, stored, limits, error, event)


def act(
    page: Page,
    dataset_id: str,
    stored: Kept,
    _limits: Kept,
    asked: list[int],
    event: gr.EventData,
) -> tuple[list[int], Any]:
    """Delete or duplicate the chosen example."""
    code = "copy_row" if str(event.name) == "copy" else "drop_row"
    return change(page, dataset_id, Step(code, {"place": chosen(stored)}), asked), gr.skip()


def write(
    page: Page,
    dataset_id: str,
    stored: Kept,
    limits: Kept,
    asked: list[int],
    event: gr.EventData,
) -> tuple[list[int], Any]:
    """Add an example that somebody has written."""
    shape = page.workspace.datasets.get(dataset_id).shape
    try:
        row = written(dict(event.fields), KIND_BY_SHAPE.get(shape, "chat"))
        return change(
            page, dataset_id, Step("add_row", {"row": row_to_json(row)}), asked
        ), gr.skip()
    except StudioError as error:
        return asked, with_problem(page, dataset_id, stored, limits, error, event)


def with_problem(
    page: Page,
    dataset_id: str,
    stored: Kept,
    limits: Kept,
    error: StudioError,
    event: gr.EventData,
) -> Stored:
    """Give the conversation as it is, with why it was not changed."""
    told = error_value(page.t, error)
    dataset = page.workspace.datasets.get(dataset_id)
    talk = show_examples(page, dataset, View.from_json(stored), Limits.from_json(limits))[2]
    # A value that equals the one before would not be drawn again.
    return {**talk, "problem": f"{told['title']}. {told['text']}", "attempt": int(event.attempt)}


def chosen(stored: Kept) -> int:
    """Give the chosen row's place.

    Raises:
        StudioError: `data.no_such_place` where none is chosen.
    """
    place = View.from_json(stored).chosen
    if place is None:
        raise StudioError("data.no_such_place")
    return place
