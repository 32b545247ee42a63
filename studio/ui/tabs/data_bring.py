"""Data, first part: the data sets as cards, and the ways to bring one: a file, a paste, the Hugging Face Hub."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from studio.domain.importing import ImportOrder, Source
from studio.domain.job import Job
from studio.errors import StudioError
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page, new_key
from studio.ui.picker_view import dataset_picker, error_value, notice, picker_value
from studio.ui.tabs.data_board import Board, with_job
from studio.ui.tabs.data_held_out import FILE_TYPES
from studio.ui.tabs.data_hub import HubParts, build_hub, wire_hub
from studio.ui.tabs.data_limits import Stored
from studio.ui.work_view import work_list

# Told apart by content; the name only says that a text with one column is a text.
PASTED_NAME = "pasted.txt"
SHOW_COLUMNS = """() => {
  if (document.querySelector('[role="tab"][data-tab-id="columns"][aria-selected="true"]'))
    document.querySelector('#data-inner')?.scrollIntoView({ block: 'start', behavior: 'smooth' });
}"""


@dataclass(frozen=True)
class Bring:
    """The components of the part."""

    cards: gr.HTML
    upload: gr.File
    text: gr.Textbox
    read: gr.Button
    hub: HubParts
    work: gr.HTML
    problem: gr.HTML


def build_bring(page: Page) -> Bring:
    """Lay the part out."""
    t = page.t
    with gr.Column(elem_classes=["card"]):
        with gr.Row(equal_height=False):
            with gr.Column(scale=7, min_width=300):
                cards = dataset_picker("dataset-cards")
            with gr.Column(scale=4, min_width=280, elem_classes=["bring-box"]):
                card_title(t("bring.title"))
                with gr.Tabs(
                    elem_classes=["small-tabs"], elem_id="bring-tabs", overflow_behavior="wrap"
                ):
                    with gr.Tab(t("bring.file"), id="file"):
                        upload = gr.File(
                            label=t("bring.file"),
                            file_types=FILE_TYPES,
                            file_count="multiple",
                            show_label=False,
                            elem_id="upload",
                            elem_classes=["upload"],
                            height=112,
                        )
                        card_title("", t("bring.file_hint"))
                    with gr.Tab(t("bring.paste"), id="paste"):
                        text = gr.Textbox(
                            label=t("bring.paste"),
                            show_label=False,
                            placeholder=t("bring.paste_hint"),
                            lines=4,
                            max_lines=8,
                            elem_id="paste",
                        )
                        read = gr.Button(
                            t("bring.read"), size="sm", elem_id="paste-read", elem_classes=["slim"]
                        )
                    with gr.Tab(t("bring.hub"), id="hub"):
                        hub = build_hub(page)
        work = work_list("work")
        problem = notice("upload-problem")
    return Bring(cards, upload, text, read, hub, work, problem)


def wire_bring(board: Board, parts: Bring) -> list[Any]:
    """Connect the part; give the events that may leave a file waiting for the roles of its columns."""
    page, reads = board.page, []
    taken = [board.pending, board.asked, parts.problem, board.inner]
    for event, handler, box in (
        (parts.upload.upload, receive, parts.upload),
        (parts.read.click, receive_text, parts.text),
    ):
        read = event(
            page.handler(handler),
            [box, board.pending, board.asked],
            [box, *taken],
            **QUIET,
        )
        board.redraw_after(read)
        read.then(None, js=SHOW_COLUMNS, api_visibility="private")
        reads.append(read)
    board.redraw_after(wire_hub(board, parts.hub))
    parts.cards.pick(
        page.handler(pick_dataset),
        board.pending,
        [page.dataset, board.pending, parts.problem],
        **QUIET,
    )
    parts.cards.drop(page.handler(drop_dataset), page.dataset, [page.dataset, parts.cards], **QUIET)
    board.redraw_after(parts.work.stop(page.handler(stop_work), board.asked, board.asked, **QUIET))
    board.redraw_after(
        parts.work.close(page.handler(close_told), board.asked, board.asked, **QUIET)
    )
    return reads


def receive(
    page: Page, paths: Sequence[str] | None, pending: Stored | None, asked: list[int]
) -> tuple[Any, ...]:
    """Look at files; known columns are imported at once, others wait for their roles. The drop zone is free again."""
    sources = [Source(Path(path), Path(path).name) for path in paths or ()]
    if not sources:
        return None, pending, asked, gr.skip(), gr.skip()
    first = sources[0].name
    more = len(sources) - 1
    name = page.t("bring.several", name=first, n=more) if more else first
    return None, *take(page, sources, name, pending, asked)


def receive_text(
    page: Page, text: str, pending: Stored | None, asked: list[int]
) -> tuple[Any, ...]:
    """Look at a text that was pasted; it stays in its box where nothing can be made of it."""
    if not text.strip():
        told = error_value(page.t, StudioError("data.empty_paste"))
        return text, pending, asked, told, gr.skip()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt", delete=False) as file:
        file.write(text)
    source = Source(Path(file.name), PASTED_NAME)
    taken = take(page, [source], page.t("bring.pasted"), pending, asked)
    return text if taken[2] else "", *taken


def take(
    page: Page, sources: Sequence[Source], name: str, pending: Stored | None, asked: list[int]
) -> tuple[Any, ...]:
    """Give what waits, the visitor's jobs, a problem, and the inner tab to show."""
    forget(pending)
    try:
        found = page.workspace.datasets.inspect(sources[0])
        if found.shape is None:
            waits = {"sources": [[str(one.path), one.name] for one in sources], "name": name}
            return waits, asked, {}, gr.Tabs(selected="columns")
        job = page.workspace.submit_import(ImportOrder(tuple(sources)), name, new_key())
    except StudioError as error:
        remove(sources)
        return None, asked, error_value(page.t, error), gr.skip()
    remove(sources)
    return None, with_job(page, job, asked), {}, gr.skip()


def remove(sources: Sequence[Source]) -> None:
    """Remove uploaded files; the data set has its own copies."""
    for source in sources:
        source.path.unlink(missing_ok=True)


def forget(pending: Stored | None) -> None:
    """Remove files that waited for the roles of their columns."""
    if pending:
        remove([Source(Path(path), name) for path, name in pending["sources"]])


def pick_dataset(
    page: Page, pending: Stored | None, event: gr.EventData
) -> tuple[str, None, dict[str, Any]]:
    """Choose a card; files that waited for their roles are given up."""
    chosen = page.workspace.datasets.get(str(event.id)).id
    forget(pending)
    return chosen, None, {}


def drop_dataset(page: Page, dataset_id: str, event: gr.EventData) -> tuple[Any, Any]:
    """Delete a data set; trainings that used it keep their own examples."""
    page.workspace.delete_dataset(str(event.id))
    if str(event.id) != dataset_id:
        return gr.skip(), cards_value(page, dataset_id)
    first = page.workspace.datasets.list()[0].id
    return first, cards_value(page, first)


def cards_value(page: Page, dataset_id: str) -> dict[str, Any]:
    """Give the cards with one chosen."""
    return picker_value(page.t, page.workspace.datasets.list(), dataset_id)


def stop_work(page: Page, asked: list[int], event: gr.EventData) -> list[int]:
    """Call an import or a change off; one that was only asked for is forgotten at once."""
    job: Job = page.workspace.jobs.request_cancel(int(event.id))
    return [number for number in asked or [] if number != job.id]


def close_told(_page: Page, asked: list[int], event: gr.EventData) -> list[int]:
    """Take note of a failure."""
    return [number for number in asked or [] if number != int(event.id)]
