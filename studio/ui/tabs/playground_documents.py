"""My documents in the Playground: dropped, listed, taken away, and read by a column before it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from studio.domain.column import Column
from studio.errors import StudioError
from studio.services.dialogue import Dialogue
from studio.services.document_shelf import KINDS
from studio.services.models import STARTER_ID
from studio.ui.documents_view import document_list, documents_value
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page
from studio.ui.tabs.playground_columns import show


@dataclass(frozen=True)
class DocumentPanel:
    """The parts of the panel."""

    upload: gr.File
    shown: gr.HTML


def build_documents(page: Page) -> DocumentPanel:
    """Lay the panel out, folded."""
    t = page.t
    with gr.Accordion(
        t("documents.title"), open=False, elem_classes=["advanced"], elem_id="documents-box"
    ):
        card_title("", t("documents.lead"))
        upload = gr.File(
            label=t("documents.upload"),
            file_types=list(KINDS),
            file_count="multiple",
            show_label=False,
            elem_id="documents-upload",
            elem_classes=["upload"],
            height=112,
        )
        shown = document_list("documents")
        card_title("", t("documents.when"))
    return DocumentPanel(upload, shown)


def wire_documents(
    page: Page,
    dialogue: gr.State,
    panel: DocumentPanel,
    row: list[Any],
    changes: Sequence[Any],
) -> list[Any]:
    """Connect the panel, and give its events that change who answers, as `changes` do; `row` are the components of `show`."""
    changed: list[Any] = [panel.shown, *row]
    # Not whenever the row is drawn: that would take away what was just said about a file.
    for change in changes:
        change.then(page.handler(draw_documents), dialogue, panel.shown, **QUIET)
    given: list[Any] = [dialogue, panel.upload]
    taken: list[Any] = [panel.upload, *changed]
    panel.upload.upload(page.handler(take_documents), given, taken, **QUIET)
    return [
        panel.shown.join(page.handler(add_reader), dialogue, changed, **QUIET),
        panel.shown.drop(page.handler(drop_document), dialogue, changed, **QUIET),
    ]


def draw_documents(page: Page, dialogue: Dialogue, problems: Sequence[str] = ()) -> dict[str, Any]:
    """Give the list, and how much of it the model reads."""
    column = reader(page, dialogue)
    model = page.workspace.models.get(column.model_id or "")
    return documents_value(
        page.t,
        page.workspace.documents.list(),
        model.id,
        model.shape.context_tokens if model.shape else None,
        has_column=column in dialogue.lineup.columns,
        problems=problems,
    )


def reader(page: Page, dialogue: Dialogue) -> Column:
    """Give the column that reads the documents: one that is there, else the base model of the first training there."""
    columns = dialogue.lineup.columns
    there = next((column for column in columns if column.has_documents), None)
    if there is not None:
        return there
    library = page.workspace.playground.columns
    first = next(iter(sorted(columns, key=lambda column: column.is_base)), None)
    base = library.describe(first).base if first is not None else STARTER_ID
    try:
        page.workspace.models.get(base)
    except StudioError:
        # A training stays longer than the model it began with.
        base = STARTER_ID
    return Column(model_id=base, has_documents=True)


def take_documents(page: Page, dialogue: Dialogue, paths: Sequence[str] | None) -> tuple[Any, ...]:
    """Keep the text of files; of one that cannot be read the list says why. The drop zone is free again."""
    problems = []
    for path in map(Path, paths or ()):
        try:
            page.workspace.documents.add(path, path.name)
        except StudioError as error:
            told = page.t.error(error)
            problems.append(
                page.t("documents.problem", name=path.name, what=told.what, fix=told.fix)
            )
        finally:
            path.unlink(missing_ok=True)
    return None, draw_documents(page, dialogue, problems), *show(page, dialogue.lineup)


def add_reader(page: Page, dialogue: Dialogue) -> tuple[Any, ...]:
    """Let a column answer with the documents.

    Raises:
        StudioError: `documents.none`, `model.*`.
    """
    column = reader(page, dialogue)
    page.workspace.playground.columns.source(column)
    dialogue.lineup = dialogue.lineup.with_column(column)
    return draw_documents(page, dialogue), *show(page, dialogue.lineup)


def drop_document(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Forget a document. With the last one its reader leaves; who is left alone answers without documents."""
    page.workspace.documents.delete(str(event.id))
    if page.workspace.documents.is_empty():
        readers = [column for column in dialogue.lineup.columns if column.has_documents]
        rest = dialogue.lineup
        for column in readers:
            rest = rest.without(column)
        if not rest.columns:
            plain = (replace(column, has_documents=False) for column in readers)
            rest = replace(rest, columns=tuple(dict.fromkeys(plain)))
        dialogue.lineup = rest
    return draw_documents(page, dialogue), *show(page, dialogue.lineup)
