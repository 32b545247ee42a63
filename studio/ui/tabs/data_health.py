"""Data, inner tab Health: what was found, a way to mend it, the steps so far, and names that wait for words."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Step
from studio.errors import StudioError
from studio.services.datasets import Dataset
from studio.ui.header_view import card_title
from studio.ui.health_view import (
    blanks_form,
    blanks_value,
    health_cards,
    health_value,
    history_value,
    steps_list,
)
from studio.ui.page import QUIET, Page
from studio.ui.tabs.data_board import Board, change, filtered, opened_at
from studio.ui.tabs.data_limits import Kept, Limits, Stored


@dataclass(frozen=True)
class HealthParts:
    """The components of the inner tab."""

    blanks: gr.HTML
    cards: gr.HTML
    steps: gr.HTML

    @property
    def shown(self) -> list[Any]:
        """Give what `show_health` fills."""
        return [self.blanks, self.cards, self.steps]


def build_health(page: Page) -> HealthParts:
    """Lay the inner tab out."""
    t = page.t
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320, elem_classes=["card"]):
            card_title(t("check.title"), t("check.lead"))
            blanks = blanks_form("blanks")
            cards = health_cards("health")
        with gr.Column(scale=4, min_width=300, elem_classes=["card"]):
            card_title(t("check.steps"), t("check.steps_lead"))
            steps = steps_list(t, "steps")
    return HealthParts(blanks, cards, steps)


def wire_health(board: Board, parts: HealthParts, redraw_examples: Any) -> None:
    """Connect the inner tab; `redraw_examples(event)` shows the table after `event` has changed the view."""
    page = board.page
    own: list[Any] = [page.dataset, board.asked]
    board.redraw_after(parts.cards.fix(page.handler(fix), own, board.asked, **QUIET))
    board.redraw_after(parts.steps.undo(page.handler(undo), own, board.asked, **QUIET))
    board.redraw_after(parts.blanks.fill(page.handler(fill), own, board.asked, **QUIET))
    outputs = [board.view, board.inner]
    redraw_examples(parts.cards.show(page.handler(show_finding), board.view, outputs, **QUIET))
    place = [page.dataset, board.view, board.limits]
    redraw_examples(parts.cards.open(page.handler(open_example), place, outputs, **QUIET))


def show_health(page: Page, dataset: Dataset, *, is_checking: bool) -> tuple[Any, ...]:
    """Give the names that wait for words, the findings with their examples, and the steps so far."""
    library = page.workspace.datasets
    health = library.health(dataset.id)
    places = sorted({p for one in (health.findings if health else ()) for p in one.places})
    rows = dict(zip(places, library.rows(dataset.id, places), strict=True))
    facts = [version.facts() for version in library.folder(dataset.id).versions()]
    return (
        blanks_value(page.t, dataset.placeholders),
        health_value(page.t, health, rows, is_checking=is_checking),
        history_value(page.t, facts),
    )


def fix(page: Page, dataset_id: str, asked: list[int], event: gr.EventData) -> list[int]:
    """Mend a finding by the step that it offers.

    Raises:
        StudioError: `data.changed_meanwhile` where the finding is gone.
    """
    health = page.workspace.datasets.health(dataset_id)
    steps = (one.fix for one in (health.findings if health else ()) if one.code == str(event.code))
    step = next(steps, None)
    if step is None:
        raise StudioError("data.changed_meanwhile")
    return change(page, dataset_id, step, asked)


def undo(page: Page, dataset_id: str, asked: list[int]) -> list[int]:
    """Take the last step back."""
    page.workspace.datasets.undo(dataset_id)
    return asked or []


def fill(page: Page, dataset_id: str, asked: list[int], event: gr.EventData) -> list[int]:
    """Put words in the place of names."""
    given = {str(k): str(v) for k, v in dict(event.values).items() if str(v).strip()}
    return change(page, dataset_id, Step("fill_placeholders", {"values": given}), asked)


def show_finding(_page: Page, view: Kept, event: gr.EventData) -> tuple[Stored, Any]:
    """Show all examples with a finding."""
    return filtered(view, f"finding:{event.code}"), gr.Tabs(selected="examples")


def open_example(
    page: Page, dataset_id: str, view: Kept, limits: Kept, event: gr.EventData
) -> tuple[Stored, Any]:
    """Show one example of a finding."""
    shown = opened_at(page, dataset_id, view, int(event.place), Limits.from_json(limits))
    return shown, gr.Tabs(selected="examples")
