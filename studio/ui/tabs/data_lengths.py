"""Data, inner tab Lengths: how long the examples are for the chosen model, and what a limit would cut."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui.forms import chooser
from studio.ui.header_view import card_title
from studio.ui.lengths_view import lengths_told, lengths_value, lengths_view
from studio.ui.page import QUIET, Page, changed
from studio.ui.picker_view import notice
from studio.ui.tabs.data_board import Board, is_open_script
from studio.ui.tabs.data_limits import (
    LARGEST_LIMIT,
    LARGEST_OVERLAP,
    SMALLEST_LIMIT,
    TOO_LONG,
    Kept,
    Limits,
    Stored,
    choose_lengths,
    choose_model,
    tokens_within,
)


@dataclass(frozen=True)
class Lengths:
    """The components of the inner tab."""

    model: gr.Dropdown
    picture: gr.HTML
    too_long: gr.Radio
    overlap: gr.Number
    told: gr.HTML


def build_lengths(page: Page) -> Lengths:
    """Lay the inner tab out."""
    t = page.t
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320, elem_classes=["card"]):
            card_title(t("lengths.title"), t("lengths.lead"))
            model = chooser(t("fields.model.id"), "lengths-model")
            picture = lengths_view(t, "lengths")
        with gr.Column(scale=4, min_width=300, elem_classes=["card"]):
            card_title(t("lengths.too_long"), t("lengths.too_long_lead"))
            too_long = gr.Radio(
                [(t(f"choices.training.too_long.{choice}"), choice) for choice in TOO_LONG],
                value=TOO_LONG[0],
                show_label=False,
                label=t("lengths.too_long"),
                elem_id="too-long",
                elem_classes=["stacked"],
            )
            overlap = gr.Number(
                Limits().overlap,
                label=t("fields.training.overlap_tokens"),
                info=t.help("training.overlap_tokens"),
                precision=0,
                visible=False,
                elem_id="overlap",
            )
            told = notice("lengths-told")
    return Lengths(model, picture, too_long, overlap, told)


def wire_lengths(board: Board, parts: Lengths, tab: gr.Tab) -> None:
    """Connect the inner tab."""
    page = board.page
    limited: list[Any] = [board.limits, page.draft]
    chosen: list[Any] = [board.limits, page.wanted]
    counted = tab.select(page.handler(tell_counting), None, parts.picture, **QUIET)
    counted.then(page.handler(measure), [page.dataset, board.limits], parts.picture, **QUIET)
    changed(board.limits)(
        page.handler(measure_again),
        [gr.Checkbox(value=False, visible=False), page.dataset, board.limits],
        [parts.picture, parts.told],
        trigger_mode="always_last",
        js=is_open_script("lengths"),
        **QUIET,
    )
    parts.model.input(page.handler(choose_model), [*limited, parts.model], chosen, **QUIET)
    moved: list[Any] = [page.dataset, *limited]
    parts.picture.limit(page.handler(move_limit), moved, chosen, **QUIET)
    ways: list[Any] = [parts.too_long.input, parts.overlap.submit, parts.overlap.blur]
    gr.on(ways, page.handler(choose_way), [*moved, parts.too_long, parts.overlap], chosen, **QUIET)


def tell_counting(page: Page) -> Stored:
    """Tell that the lengths are being counted."""
    return lengths_told(page.t, page.t("lengths.counting"))


def measure(page: Page, dataset_id: str, stored: Kept) -> Stored:
    """Show the lengths."""
    limits, t = Limits.from_json(stored), page.t
    model_id = limits.model_id(page)
    try:
        facts = page.workspace.lengths.measure(dataset_id, model_id)
    except StudioError as error:
        return lengths_told(t, error=t.error(error))
    version = page.workspace.datasets.get(dataset_id).version
    return lengths_value(t, facts, limits.tokens, f"{dataset_id}/{version}/{model_id}")


def measure_again(page: Page, is_open: bool, dataset_id: str, stored: Kept) -> tuple[Any, Stored]:
    """Show the lengths anew where they are being looked at, and say what the training will do about them."""
    t, limits = page.t, Limits.from_json(stored)
    text = t(f"lengths.used_{limits.too_long}", tokens=limits.tokens)
    told = {"kind": "info", "text": text}
    return measure(page, dataset_id, stored) if is_open else gr.skip(), told


def move_limit(
    page: Page, dataset_id: str, stored: Kept, draft: Kept, event: gr.EventData
) -> tuple[Any, Any]:
    """Take the length at which the slider stands."""
    before = Limits.from_json(stored).tokens
    tokens = tokens_within(int(event.tokens), SMALLEST_LIMIT, LARGEST_LIMIT, before)
    return choose_lengths(page, dataset_id, stored, draft, tokens=tokens)


def choose_way(
    page: Page, dataset_id: str, stored: Kept, draft: Kept, too_long: str, overlap: float | None
) -> tuple[Any, Any]:
    """Choose what becomes of examples that are too long."""
    limits = Limits.from_json(stored)
    way = next((known for known in TOO_LONG if known == too_long), limits.too_long)
    wanted = tokens_within(overlap, 0, LARGEST_OVERLAP, limits.overlap)
    return choose_lengths(page, dataset_id, stored, draft, too_long=way, overlap=wanted)
