"""Data, inner tab Held-out: how many examples are kept aside, by share or by a file of one's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Step
from studio.domain.importing import Source
from studio.errors import StudioError
from studio.services.datasets import Dataset
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page, new_key
from studio.ui.picker_view import error_value, notice
from studio.ui.tabs.data_board import Board, change, with_job

MOST_PERCENT = 50
USUAL_PERCENT = 10
FILE_TYPES = [".csv", ".tsv", ".txt", ".md", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx"]


@dataclass(frozen=True)
class HeldOut:
    """The components of the inner tab."""

    told: gr.HTML
    percent: gr.Slider
    split: gr.Button
    file: gr.File
    problem: gr.HTML

    @property
    def shown(self) -> list[Any]:
        """Give what `show_held_out` fills."""
        return [self.told, self.percent]


def build_held_out(page: Page) -> HeldOut:
    """Lay the inner tab out."""
    t = page.t
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320, elem_classes=["card"]):
            card_title(t("held_out.title"), t("held_out.lead"))
            told = notice("held-out-told")
            percent = gr.Slider(
                0,
                MOST_PERCENT,
                USUAL_PERCENT,
                step=1,
                label=t("held_out.percent"),
                info=t("held_out.rule"),
                elem_id="held-out-percent",
            )
            split = gr.Button(
                t("held_out.split"), size="sm", elem_id="held-out-split", elem_classes=["slim"]
            )
        with gr.Column(scale=5, min_width=300, elem_classes=["card"]):
            card_title(t("held_out.file"), t("held_out.file_lead"))
            file = gr.File(
                file_types=FILE_TYPES,
                show_label=False,
                label=t("held_out.file"),
                elem_id="held-out-file",
                elem_classes=["upload"],
                height=112,
            )
            problem = notice("held-out-problem")
    return HeldOut(told, percent, split, file, problem)


def wire_held_out(board: Board, parts: HeldOut) -> None:
    """Connect the inner tab."""
    page = board.page
    own: list[Any] = [page.dataset, board.asked]
    board.redraw_after(
        parts.split.click(page.handler(split_anew), [*own, parts.percent], board.asked, **QUIET)
    )
    board.redraw_after(
        parts.file.upload(
            page.handler(bring_file),
            [*own, parts.file],
            [board.asked, parts.file, parts.problem],
            **QUIET,
        )
    )


def show_held_out(page: Page, dataset: Dataset) -> tuple[Any, Any]:
    """Give how many examples are learned and how many held out, and by which share."""
    t, percent = page.t, dataset.held_out_percent
    values = {"learned": dataset.train_rows, "held_out": dataset.held_out_rows}
    title = t("held_out.counts", **values)
    text = t(
        "held_out.own" if percent is None else "held_out.by_share", percent=f"{percent or 0:g}"
    )
    shown = {
        "kind": "info",
        "title": title,
        "text": text if dataset.held_out_rows else t("held_out.nothing"),
    }
    return shown, gr.skip() if percent is None else gr.Slider(value=percent)


def split_anew(page: Page, dataset_id: str, asked: list[int], percent: float) -> list[int]:
    """Choose the held-out examples anew."""
    step = Step("hold_out", {"percent": min(MOST_PERCENT, max(0, percent)), "seed": 0})
    return change(page, dataset_id, step, asked)


def bring_file(
    page: Page, dataset_id: str, asked: list[int], path: str | None
) -> tuple[list[int], None, dict[str, Any]]:
    """Hold out the examples of a file, and learn all others."""
    if path is None:
        return asked, None, {}
    source = Source(Path(path), Path(path).name)
    try:
        job = page.workspace.submit_held_out_file(dataset_id, source, new_key())
    except StudioError as error:
        return asked, None, error_value(page.t, error)
    finally:
        source.path.unlink(missing_ok=True)
    return with_job(page, job, asked), None, {}
