"""Data, inner tab Lengths: how long the examples are for the chosen model, and what a limit would cut."""

from dataclasses import dataclass, replace
from typing import Any, get_args

import gradio as gr

from studio.errors import StudioError
from studio.ui.drafts import with_limits
from studio.ui.forms import chooser
from studio.ui.header_view import card_title
from studio.ui.lengths_view import SMALLEST_LIMIT, lengths_told, lengths_value, lengths_view
from studio.ui.page import QUIET, Page, say
from studio.ui.tabs.data_board import Board, Kept, Limits, Stored, TooLong

TOO_LONG: tuple[TooLong, ...] = get_args(TooLong)


@dataclass(frozen=True)
class Lengths:
    """The components of the inner tab."""

    model: gr.Dropdown
    picture: gr.HTML
    too_long: gr.Radio
    overlap: gr.Number
    use: gr.Button


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
            use = gr.Button(t("lengths.use"), variant="primary", size="sm", elem_id="lengths-use")
    return Lengths(model, picture, too_long, overlap, use)


def wire_lengths(board: Board, parts: Lengths, tab: gr.Tab, draw_tokens: Any) -> None:
    """Connect the inner tab; `draw_tokens(event)` shows the tokens of the chosen example anew."""
    page = board.page
    measured = [page.dataset, board.limits]

    def picture_after(event: Any) -> None:
        event.then(page.handler(measure), measured, parts.picture, **QUIET)

    picture_after(tab.select(page.handler(tell_counting), None, parts.picture, **QUIET))
    chosen = parts.model.input(
        page.handler(choose_model), [board.limits, parts.model], board.limits, **QUIET
    )
    picture_after(chosen.then(page.handler(tell_counting), None, parts.picture, **QUIET))
    moved = parts.picture.limit(page.handler(choose_length), board.limits, board.limits, **QUIET)
    ways: list[Any] = [parts.too_long.input, parts.overlap.input]
    way = gr.on(
        ways,
        page.handler(choose_way),
        [board.limits, parts.too_long, parts.overlap],
        [board.limits, parts.overlap],
        **QUIET,
    )
    for event in (chosen, moved, way):
        draw_tokens(event)
    parts.use.click(
        page.handler(use_length),
        [board.limits, page.draft],
        [board.limits, page.draft, page.said],
        **QUIET,
    )


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


def choose_model(page: Page, stored: Kept, model: str) -> Stored:
    """Count with another model."""
    return replace(Limits.from_json(stored), model=page.workspace.models.get(model).id).to_json()


def choose_length(_page: Page, stored: Kept, event: gr.EventData) -> Stored:
    """Take the length at which the slider stands."""
    return replace(
        Limits.from_json(stored), tokens=max(SMALLEST_LIMIT, int(event.tokens))
    ).to_json()


def choose_way(
    _page: Page, stored: Kept, too_long: str, overlap: float | None
) -> tuple[Stored, Any]:
    """Choose what becomes of examples that are too long."""
    limits = Limits.from_json(stored)
    wanted = int(overlap) if overlap is not None and overlap >= 0 else limits.overlap
    way = next((known for known in TOO_LONG if known == too_long), limits.too_long)
    return replace(limits, too_long=way, overlap=wanted).to_json(), gr.Number(
        visible=way == "split"
    )


def use_length(page: Page, stored: Kept, draft: dict[str, Any]) -> tuple[Stored, ...]:
    """Put length and way into the settings of the training."""
    limits = replace(Limits.from_json(stored), is_chosen=True)
    told = page.t(
        "lengths.used",
        tokens=limits.tokens,
        way=page.t(f"choices.training.too_long.{limits.too_long}"),
    )
    return limits.to_json(), with_limits(draft, limits.to_json()), say(told)
