"""The Playground's columns: who answers next, added and taken away one by one, or a training beside its base model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from studio.domain.column import Column, parse_column
from studio.errors import StudioError
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Lineup
from studio.ui.lineup_view import draw_lineup
from studio.ui.page import QUIET, Page
from studio.ui.runs_view import run_choices
from studio.ui.tabs.playground_chips import chips_value
from studio.ui.tabs.playground_memory import recall
from studio.ui.tabs.playground_options import ALL, open_scope, scope_choices
from studio.ui.talk import Talk, draw_all

# So many of the values that `draw_kept` gives are the conversation; the others are settings, which somebody may be changing.
CONVERSATION_PARTS = 5
SETTINGS_KEPT = (gr.skip(),) * 7


def wire_columns(page: Page, talk: Talk, outputs: list[Any]) -> list[Any]:
    """Connect the row of columns, and give the events; `outputs` are the components of `show`, the row first."""
    shown = outputs[0]
    return [
        shown.join(page.handler(add_column), talk.dialogue, outputs, **QUIET),
        shown.leave(page.handler(drop_column), talk.dialogue, outputs, **QUIET),
        shown.pair(page.handler(take_pair), talk.dialogue, [*outputs, page.tuned], **QUIET),
    ]


def newest_usable(page: Page, wanted: int | None) -> tuple[list[tuple[str, int]], int | None]:
    """Give the choices, and the wanted training or the newest one there is."""
    choices = run_choices(page.t, page.workspace.jobs.list("train"))
    ids = [run_id for _, run_id in choices]
    return choices, wanted if wanted in ids else next(iter(ids), None)


def open_playground(
    page: Page, dialogue: Dialogue, wanted: int | None, memory: object = None
) -> tuple[Any, ...]:
    """Show who answers: those chosen before that are still there, else the wanted or the newest training and its base.

    The first time, what the browser has kept of the conversation is shown with its settings.
    """
    is_first = recall(dialogue, memory)
    columns = open_columns(page, dialogue, wanted)
    shown = draw_kept(page, dialogue)
    return (
        *shown[:CONVERSATION_PARTS],
        *(shown[CONVERSATION_PARTS:] if is_first else SETTINGS_KEPT),
        *columns,
    )


def draw_kept(page: Page, dialogue: Dialogue) -> tuple[Any, ...]:
    """Give the conversation and the settings that hold for all columns."""
    settings = dialogue.lineup.system, *open_scope(page, dialogue, ALL)
    return *draw_all(page, dialogue), *settings


def open_columns(page: Page, dialogue: Dialogue, wanted: int | None) -> tuple[Any, ...]:
    """Give the row of columns, and whether there is anybody to talk to."""
    choices = page.workspace.playground.columns.choices()
    there = {choice.column for choice in choices}
    columns = tuple(column for column in dialogue.lineup.columns if column in there)
    if not columns:
        columns = first_columns(page, choices, wanted)
    dialogue.lineup = replace(dialogue.lineup, columns=columns)
    is_empty = all(column.is_base for column in there)
    visible = gr.Column(visible=is_empty), gr.Column(visible=not is_empty)
    return *show(page, dialogue.lineup), *visible


def first_columns(page: Page, choices: Sequence[Choice], wanted: int | None) -> tuple[Column, ...]:
    """Give a training and its base model: the wanted one, else the newest; a checkpoint where none has ended."""
    tuned = [choice for choice in choices if not choice.column.is_base]
    run_id = newest_usable(page, wanted)[1]
    if run_id is not None:
        return tuple(page.workspace.playground.columns.usual(run_id))
    return (Column(model_id=tuned[0].base), tuned[0].column) if tuned else ()


def ready_lineup(page: Page, dialogue: Dialogue) -> Lineup:
    """Give who answers, also to somebody who was quicker than the row of columns.

    Raises:
        StudioError: `export.not_finished` where nobody can answer.
    """
    if not dialogue.lineup.columns:
        choices = page.workspace.playground.columns.choices()
        columns = first_columns(page, choices, None)
        dialogue.lineup = replace(dialogue.lineup, columns=columns)
    if not dialogue.lineup.columns:
        raise StudioError("export.not_finished")
    return dialogue.lineup


def choose_run(
    page: Page, request: gr.Request, dialogue: Dialogue, run_id: int | None, memory: object = None
) -> tuple[Any, ...]:
    """Begin a new conversation with a training and its base model, unless the training is among the columns."""
    recall(dialogue, memory)
    if run_id is not None and Column(run_id=run_id) not in dialogue.lineup.columns:
        page.workspace.playground.stop(str(request.session_hash))
        dialogue.clear()
        dialogue.lineup = replace(dialogue.lineup, columns=(), own={})
    columns = open_columns(page, dialogue, run_id)
    return *draw_kept(page, dialogue), *columns


def show(page: Page, lineup: Lineup) -> tuple[Any, ...]:
    """Give how the row of columns looks, questions to try that fit them, and what settings can be for."""
    library = page.workspace.playground.columns
    choices = [library.describe(column) for column in lineup.columns]
    scope = scope_choices(page, choices)
    return draw_lineup(page, lineup), chips_value(page, lineup), scope


def add_column(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Let one more answer.

    Raises:
        StudioError: `job.unknown`, `model.*`, `chat.adapter_missing`.
    """
    column = parse_column(str(event.key))
    page.workspace.playground.columns.source(column)
    dialogue.lineup = dialogue.lineup.with_column(column)
    return show(page, dialogue.lineup)


def drop_column(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Let one less answer; its earlier answers stay."""
    rest = dialogue.lineup.without(parse_column(str(event.key)))
    if rest.columns:
        dialogue.lineup = rest
    return show(page, dialogue.lineup)


def take_pair(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Let a training and its base model answer, and nobody else."""
    run_id = parse_column(str(event.key)).run_id or 0
    columns = page.workspace.playground.columns.usual(run_id)
    dialogue.lineup = replace(dialogue.lineup, columns=tuple(columns), own={})
    return *show(page, dialogue.lineup), run_id
