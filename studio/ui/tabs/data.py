"""Data: choose a sample or bring a file, see every example as a conversation and which words will be learned."""

from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.services.datasets import Part
from studio.ui.bubble_view import bubbles, bubbles_value
from studio.ui.drafts import new_draft
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, SWIFT, Page
from studio.ui.picker_view import dataset_picker, error_value, notice, picker_value, summary_value
from studio.ui.rows_view import PAGE_ROWS, rows_table, rows_value
from studio.ui.token_view import token_view, tokens_value

# By content any text is recognised; this only helps the file dialog. Enforced on the server as well.
FILE_TYPES = [".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson"]


def build(page: Page, _tab: gr.Tab) -> None:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "data")
    with gr.Column(elem_classes=["card"]):
        with gr.Row(equal_height=False):
            with gr.Column(scale=8, min_width=300):
                cards = dataset_picker("dataset-cards")
            with gr.Column(scale=3, min_width=240, elem_classes=["upload-box"]):
                upload = gr.File(
                    label=t("data.upload"),
                    file_types=FILE_TYPES,
                    show_label=False,
                    elem_id="upload",
                    elem_classes=["upload"],
                    height=112,
                )
                card_title(t("data.upload"), t("data.upload_hint"))
        problem = notice("upload-problem")
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
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=320, elem_classes=["card"]):
            part = gr.Radio(
                [(t("data.part_train"), "train"), (t("data.part_held_out"), "held_out")],
                value="train",
                label=t("data.rows"),
                elem_id="rows-part",
                elem_classes=["segments"],
            )
            table = rows_table("rows")
        with gr.Column(scale=5, min_width=320, elem_classes=["stack"]):
            with gr.Column(elem_classes=["card"]):
                card_title(t("data.conversation"))
                example = bubbles(t, "example")
            with gr.Column(elem_classes=["card"]):
                card_title(t("data.tokens"), t("data.tokens_lead"))
                tokens = token_view(t, "tokens")

    offset, chosen = gr.State(0), gr.State(0)
    shown: list[Any] = [cards, summary, table, example, offset, chosen]
    place: list[Any] = [page.dataset, part, offset, chosen]
    upload.upload(
        page.handler(add_file),
        [upload],
        [upload, problem, page.dataset],
        **QUIET,
        concurrency_limit=4,
    )
    cards.pick(page.handler(pick_dataset), None, [page.dataset, problem], **QUIET)
    for change in (page.dataset.change, part.change):
        change(page.handler(show_dataset), [page.dataset, part], shown, **SWIFT).then(
            page.handler(show_tokens), place, tokens, **QUIET, concurrency_limit=4
        )
    table.turn(page.handler(turn_page), [page.dataset, part, chosen], [table, offset], **SWIFT)
    table.pick(
        page.handler(pick_row), [page.dataset, part, offset], [table, example, chosen], **SWIFT
    ).then(page.handler(show_tokens), place, tokens, **QUIET, concurrency_limit=4)
    use.click(page.handler(use_dataset), [page.dataset], [page.draft, page.tabs], **QUIET)


def first_dataset(page: Page) -> str:
    """Give the data set that a new visitor sees first."""
    return page.workspace.datasets.list()[0].id


def add_file(page: Page, path: str | None) -> tuple[Any, ...]:
    """Check and keep a file; a mistake is told in place and nothing is kept. The drop zone is free again."""
    if path is None:
        return gr.skip(), gr.skip(), gr.skip()
    try:
        dataset = page.workspace.datasets.add_file(Path(path), Path(path).name)
    except StudioError as error:
        return None, error_value(page.t, error), gr.skip()
    finally:
        Path(path).unlink(missing_ok=True)
    return None, {}, dataset.id


def pick_dataset(page: Page, event: gr.EventData) -> tuple[str, dict[str, Any]]:
    """Choose a card."""
    return page.workspace.datasets.get(str(event.id)).id, {}


def show_dataset(page: Page, dataset_id: str, part: Part) -> tuple[Any, ...]:
    """Show a data set from its first row on."""
    library = page.workspace.datasets
    dataset = library.get(dataset_id)
    cards = picker_value(page.t, library.list(), dataset_id)
    table, example = look_at(page, dataset_id, part, 0, 0)
    return cards, summary_value(page.t, dataset), table, example, 0, 0


def look_at(page: Page, dataset_id: str, part: Part, offset: int, chosen: int) -> tuple[Any, Any]:
    """Give the table's page from `offset` on and the row `chosen` as a conversation."""
    library = page.workspace.datasets
    dataset = library.get(dataset_id)
    total = dataset.train_rows if part == "train" else dataset.held_out_rows
    rows = library.page(dataset_id, offset, PAGE_ROWS, part)
    row = next(iter(library.page(dataset_id, chosen, 1, part)), None)
    messages = row.messages if row else ()
    return rows_value(page.t, rows, offset, total, chosen), bubbles_value(page.t, messages)


def turn_page(
    page: Page, dataset_id: str, part: Part, chosen: int, event: gr.EventData
) -> tuple[Any, int]:
    """Show another page of the table."""
    offset = max(0, int(event.offset))
    return look_at(page, dataset_id, part, offset, chosen)[0], offset


def pick_row(
    page: Page, dataset_id: str, part: Part, offset: int, event: gr.EventData
) -> tuple[Any, Any, int]:
    """Show a row as a conversation."""
    chosen = max(0, int(event.id))
    return *look_at(page, dataset_id, part, offset, chosen), chosen


def show_tokens(
    page: Page, dataset_id: str, part: Part, _offset: int, chosen: int
) -> dict[str, Any]:
    """Show which words of the chosen row are learned, by the first model's own template."""
    row = next(iter(page.workspace.datasets.page(dataset_id, chosen, 1, part)), None)
    if row is None:
        return tokens_value(page.t, None)
    model = page.workspace.models.list()[0]
    try:
        return tokens_value(page.t, page.workspace.previews.preview(model.id, row.messages))
    except StudioError as error:
        return tokens_value(page.t, None, page.t.error(error))


def use_dataset(page: Page, dataset_id: str) -> tuple[dict[str, Any], Any]:
    """Take a data set to the Train tab, with the recipe made for it where there is one."""
    return new_draft(page, data=dataset_id), gr.Tabs(selected="train")
