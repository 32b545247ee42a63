"""Data, inner tab Columns: what each column of the file is, with a live example beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Step
from studio.domain.importing import ImportOrder, Source
from studio.domain.inspecting import Inspection
from studio.domain.records import Row, Skipped
from studio.errors import StudioError
from studio.ui.columns_view import IGNORE, chosen_roles, columns_table, columns_value
from studio.ui.conversation_view import conversation, conversation_value
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page, changed, new_key
from studio.ui.picker_view import error_value, notice
from studio.ui.tabs.data_board import Board, change, is_open_script, with_job
from studio.ui.tabs.data_limits import Stored

MOST_PAST = 50
# What the handlers here fill (`Columns.shown`).
SHOWN = 4


@dataclass(frozen=True)
class Columns:
    """The components of the inner tab; `state` holds the file, its roles and the roles before."""

    told: gr.HTML
    table: gr.HTML
    talk: gr.HTML
    state: gr.State

    @property
    def shown(self) -> list[Any]:
        """Give what the handlers here fill."""
        return [self.state, self.told, self.table, self.talk]


def build_columns(page: Page) -> Columns:
    """Lay the inner tab out."""
    t = page.t
    state = gr.State(None)
    told = notice("columns-told")
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320, elem_classes=["card"]):
            card_title(t("columns.title"), t("columns.lead"))
            table = columns_table(t, "columns")
        with gr.Column(scale=4, min_width=300, elem_classes=["card"]):
            card_title(t("columns.example"))
            talk = conversation(t, "columns-example")
    return Columns(told, table, talk, state)


def wire_columns(board: Board, parts: Columns, tab: gr.Tab, brought: Sequence[Any]) -> None:
    """Connect the inner tab; `brought` are the events that may leave a file waiting for its roles."""
    page, place = board.page, [board.page.dataset, board.pending, parts.state]
    tab.select(page.handler(open_columns), place, parts.shown, **QUIET)
    is_open = gr.Checkbox(value=False, visible=False)
    for event in (changed(page.dataset), *(one.then for one in brought)):
        event(
            page.handler(show_columns),
            [is_open, *place],
            parts.shown,
            js=is_open_script("columns"),
            **QUIET,
        )
    parts.table.roles(
        page.handler(give_roles), parts.state, parts.shown, trigger_mode="multiple", **QUIET
    )
    used = parts.table.use(
        page.handler(use_columns),
        [page.dataset, board.pending, parts.state, board.asked],
        [board.pending, board.asked, parts.told, parts.table],
        **QUIET,
    )
    board.redraw_after(used)


def show_columns(page: Page, is_open: bool, *place: Any) -> tuple[Any, ...]:
    """Show the columns of other data where they are being looked at."""
    return open_columns(page, *place) if is_open else (gr.skip(),) * SHOWN


def first_source(page: Page, dataset_id: str, pending: Stored | None) -> tuple[str, str] | None:
    """Give path and name of the file whose columns are shown: the one that waits, else the data set's own."""
    if pending:
        path, name = pending["sources"][0]
        return path, name
    source = page.workspace.datasets.first_source(dataset_id)
    return (str(source.path), source.name) if source else None


def open_columns(
    page: Page, dataset_id: str, pending: Stored | None, state: Stored | None
) -> tuple[Any, ...]:
    """Show the columns of the file that waits, or of the chosen data set; roles given meanwhile stay."""
    source = first_source(page, dataset_id, pending)
    if source is None:
        return draw(page, None, None)
    if state and state["source"] == list(source):
        return draw(page, state, inspect(page, state))
    given = None if pending else page.workspace.datasets.mapping(dataset_id)
    fresh = {"source": list(source), "mapping": given, "past": [], "waits": bool(pending)}
    found = inspect(page, fresh)
    known = {name: found.mapping.get(name, IGNORE) for name in found.columns}
    state = {**fresh, "mapping": known}
    # Where nobody knows the columns the guess is tried out at once.
    return draw(page, state, found if found.shape else inspect(page, state))


def inspect(page: Page, state: Stored) -> Inspection:
    """Look at the first rows with the roles of this moment."""
    path, name = state["source"]
    return page.workspace.datasets.inspect(Source(Path(path), name), state["mapping"])


def give_roles(page: Page, state: Stored, event: gr.EventData) -> tuple[Any, ...]:
    """Give the columns their roles, all at once, or take the last change of them back.

    The table has taken a role from whoever had it before.
    """
    if getattr(event, "undo", False):
        *past, mapping = state["past"] or [state["mapping"]]
    else:
        mapping = chosen_roles(state["mapping"], [str(role) for role in event.roles])
        past = [*state["past"], state["mapping"]][-MOST_PAST:]
    changed = {**state, "mapping": mapping, "past": past}
    return draw(page, changed, inspect(page, changed), int(event.turn))


def draw(
    page: Page, state: Stored | None, found: Inspection | None, turn: int = 0
) -> tuple[Any, ...]:
    """Give the table, the live example, and which buttons can be pressed."""
    t = page.t
    if state is None or found is None:
        told = {"kind": "info", "text": t("columns.sample")}
        empty = conversation_value(t, None, None)
        return None, told, columns_value(t, (), (), {}), empty
    example = next((item for item in found.examples if isinstance(item, Row)), None)
    columns = found.columns if state["mapping"] else ()
    can_use = example is not None and (state["waits"] or bool(state["past"]))
    table = columns_value(t, columns, found.rows, state["mapping"], turn)
    table |= {"can_use": can_use, "can_undo": bool(state["past"])}
    return state, told_value(page, state, found), table, conversation_value(t, example, 0)


def told_value(page: Page, state: Stored, found: Inspection) -> Stored:
    """Give what is to be done, or why nothing can be learned with these roles."""
    t = page.t
    if found.problem is not None:
        told = {"kind": "warn", "title": t("columns.unknown"), "text": t("columns.unknown_text")}
        return error_value(t, found.problem) if state["past"] else told
    skipped = [item for item in found.examples if isinstance(item, Skipped)]
    if skipped and len(skipped) == len(found.examples):
        reason = t("columns.because", reason=t.reason(skipped[0].reason))
        return {"kind": "warn", "title": t("columns.nothing"), "text": reason}
    if state["waits"]:
        text = t("columns.guessed_text" if found.examples else "columns.unknown_text")
        return {"kind": "warn", "title": t("columns.unknown"), "text": text}
    return {}


def use_columns(
    page: Page,
    dataset_id: str,
    pending: Stored | None,
    state: Stored,
    asked: list[int],
    event: gr.EventData,
) -> tuple[Any, ...]:
    """Import the file that waits with the roles of the table, or read the data set's file anew with them."""
    mapping = chosen_roles(state["mapping"], [str(role) for role in event.roles])
    try:
        if pending:
            sources = tuple(Source(Path(path), name) for path, name in pending["sources"])
            order = ImportOrder(sources, mapping=mapping)
            job = page.workspace.submit_import(order, pending["name"], new_key())
            for source in sources:
                source.path.unlink(missing_ok=True)
            asked = with_job(page, job, asked)
        else:
            asked = change(page, dataset_id, Step("columns", {"mapping": mapping}), asked)
    except StudioError as error:
        return pending, asked, error_value(page.t, error), gr.skip()
    return None, asked, {}, gr.skip()
