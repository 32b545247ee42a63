"""Data, inner tab Mix: several data sets in one training, with shares."""

from typing import Any

import gradio as gr
from pydantic import ValidationError

from studio.domain.recipe import Data, Recipe
from studio.errors import StudioError
from studio.services.datasets import Dataset
from studio.ui.header_view import card_title
from studio.ui.mix_view import mix_value, mix_view
from studio.ui.page import QUIET, Page
from studio.ui.tabs.data_board import Board
from studio.ui.tabs.data_limits import Kept, Limits, Stored, wanted

Shares = dict[str, float]


def build_mix(page: Page) -> gr.HTML:
    """Lay the inner tab out."""
    with gr.Column(elem_classes=["card"]):
        card_title(page.t("mix.title"), page.t("mix.lead"))
        return mix_view(page.t, "mix")


def wire_mix(board: Board, mix: gr.HTML) -> None:
    """Connect the inner tab."""
    page = board.page
    mix.share(
        page.handler(share),
        [page.dataset, board.limits, page.draft],
        [board.mix, page.wanted, mix],
        **QUIET,
    )


def show_mix(page: Page, dataset: Dataset, shares: Shares) -> dict[str, Any]:
    """Give the data sets with their shares, and what the training will see."""
    library = page.workspace.datasets
    datasets = library.list()
    known = {one.id for one in datasets if one.id != dataset.id}
    kept = {name: percent for name, percent in (shares or {}).items() if name in known}
    try:
        seen = page.workspace.describe_mix(Recipe(data=data_of(dataset, kept)))
    except (StudioError, ValidationError) as error:
        value = mix_value(page.t, datasets, dataset.id, kept, ())
        is_ours = isinstance(error, StudioError)
        told = page.t.error(error).what if is_ours else page.t("mix.too_much")
        return {**value, "error": told}
    return mix_value(page.t, datasets, dataset.id, kept, seen)


def data_of(dataset: Dataset, shares: Shares) -> Data:
    """Give the part of a recipe that names the data."""
    values = {"id": dataset.id, "mix": shares}
    if dataset.held_out_percent is not None:
        values["held_out_percent"] = dataset.held_out_percent
    return Data.model_validate(values)


def share(
    page: Page, dataset_id: str, limits: Kept, draft: Kept, event: gr.EventData
) -> tuple[Shares, Any, Stored]:
    """Give data sets their shares; shares that leave nothing for the chosen one are told and not taken."""
    shares = {str(name): float(percent) for name, percent in dict(event.shares).items()}
    shown = show_mix(page, page.workspace.datasets.get(dataset_id), shares)
    is_trained = bool(draft) and draft["values"]["data"]["id"] == dataset_id
    if "error" in shown or not is_trained:
        return shares, gr.skip(), shown
    return shares, wanted(dataset_id, Limits.from_json(limits), shares), shown
