"""Data, inner tab Topics: what the data is about, as a list and as a map."""

from typing import Any

import gradio as gr

from studio.services.datasets import Dataset
from studio.ui.examples_view import View
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page
from studio.ui.tabs.data_board import Board, filtered
from studio.ui.tabs.data_limits import Kept, Stored
from studio.ui.topics_view import topics_value, topics_view


def build_topics(page: Page) -> gr.HTML:
    """Lay the inner tab out."""
    with gr.Column(elem_classes=["card"]):
        card_title(page.t("topics.title"), page.t("topics.lead"))
        return topics_view(page.t, "topics")


def wire_topics(board: Board, topics: gr.HTML, redraw_examples: Any) -> None:
    """Connect the inner tab."""
    picked = topics.pick(
        board.page.handler(pick_topic), board.view, [board.view, board.inner], **QUIET
    )
    redraw_examples(picked)


def show_topics(page: Page, dataset: Dataset, view: Kept, *, is_checking: bool) -> Stored:
    """Give the topics of a data set, the one that filters the table marked."""
    kind, _, number = View.from_json(view).filter.partition(":")
    chosen = int(number) if kind == "topic" and number.isdecimal() else None
    found = page.workspace.datasets.topics(dataset.id)
    return topics_value(page.t, found, chosen, is_checking=is_checking)


def pick_topic(_page: Page, view: Kept, event: gr.EventData) -> tuple[Stored, Any]:
    """Show the examples of a topic."""
    return filtered(view, f"topic:{int(event.topic)}"), gr.Tabs(selected="examples")
