"""Asking in the Playground: a question stands there at once, then all columns answer it, as long as somebody waits."""

from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from studio.domain.records import Row
from studio.errors import StudioError
from studio.services.dialogue import Dialogue, asked_of, new_turn
from studio.ui.page import QUIET, Page, say
from studio.ui.tabs.playground_chips import held_out_row
from studio.ui.tabs.playground_columns import ready_lineup
from studio.ui.tabs.playground_options import apply
from studio.ui.talk import Talk, draw_all, draw_begun, draw_buttons, draw_newest

LONGEST_QUESTION_CHARACTERS = 8000


def wire_asking(
    page: Page, talk: Talk, question: gr.Textbox, chips: gr.HTML, options: list[Any]
) -> list[Any]:
    """Connect what asks, and give the events that end an answer.

    The answers are fetched by the script that draws them (`streaming`); at their end it says so.
    """
    begun: list[Any] = [*talk.drawn, question, page.said]
    asking: list[Any] = [talk.dialogue, question, *options]
    given: list[Any] = [talk.dialogue, *options]
    ended: list[Any] = [talk.now, *talk.buttons]
    gr.on([talk.send.click, question.submit], page.handler(ask), asking, begun, **QUIET)
    chips.pick(page.handler(ask_chip), given, begun, **QUIET)
    talk.now.resend(page.handler(ask_edited), given, begun, **QUIET)
    talk.now.again(page.handler(ask_again), given, begun, **QUIET)
    return [
        talk.now.answered(page.handler(end_answer), talk.dialogue, ended, **QUIET),
        talk.stop.click(page.handler(stop_answer), talk.dialogue, ended, **QUIET),
    ]


def ask(
    page: Page, request: gr.Request, dialogue: Dialogue, question: str, *options: Any
) -> tuple[Any, ...]:
    """Put a question into the conversation.

    Raises:
        StudioError: `job.unknown`, `export.not_finished` where nobody can answer.
    """
    apply(dialogue, options)
    return begin(page, visitor_of(request), dialogue, question)


def ask_chip(
    page: Page, request: gr.Request, dialogue: Dialogue, event: gr.EventData, *options: Any
) -> tuple[Any, ...]:
    """Ask a suggested question, with what its example says as the reference."""
    apply(dialogue, options)
    question = str(event.text)
    row = held_out_row(page, dialogue.lineup, question)
    return begin(page, visitor_of(request), dialogue, question, example=row)


def ask_edited(
    page: Page, request: gr.Request, dialogue: Dialogue, event: gr.EventData, *options: Any
) -> tuple[Any, ...]:
    """Ask the newest question in other words."""
    apply(dialogue, options)
    question = str(event.text)
    if not question.strip():
        return refuse(page, dialogue)
    return begin(page, visitor_of(request), dialogue, question, instead=True)


def ask_again(
    page: Page, request: gr.Request, dialogue: Dialogue, *options: Any
) -> tuple[Any, ...]:
    """Ask the newest question once more, all columns that are there now."""
    apply(dialogue, options)
    newest = dialogue.newest
    return begin(
        page, visitor_of(request), dialogue, newest.question if newest else "", instead=True
    )


def begin(
    page: Page,
    visitor: str,
    dialogue: Dialogue,
    question: str,
    *,
    example: Row | None = None,
    instead: bool = False,
) -> tuple[Any, ...]:
    """Put a question at the end of the conversation, or in the place of the newest one, and leave its answers to be fetched.

    Raises:
        StudioError: `job.unknown`, `export.not_finished` where nobody can answer.
    """
    question = question.strip()[:LONGEST_QUESTION_CHARACTERS]
    if not question:
        return refuse(page, dialogue)
    library = page.workspace.playground.columns
    lineup = ready_lineup(page, dialogue)
    turn = new_turn(question, [library.describe(column) for column in lineup.columns], lineup)
    if example is not None:
        own = next((m.content for m in example.messages if m.role == "system"), "")
        turn = replace(turn, reference=example.answer(), system=turn.system or own)
    before = dialogue.forget_newest() if instead else None
    if before is not None and before.question == question:
        reference, attempt = before.reference, before.attempt + 1
        system = turn.system or before.system
        turn = replace(turn, reference=reference, attempt=attempt, system=system)
    dialogue.begin(turn)
    # Not only when the answers are fetched: until then the models would go on with what nobody reads.
    page.workspace.playground.stop(visitor)
    key = page.workspace.deliveries.leave(partial(answer, page, visitor, dialogue))
    return *draw_begun(page, dialogue, key), "", gr.skip()


def refuse(page: Page, dialogue: Dialogue) -> tuple[Any, ...]:
    """Say that there is no question."""
    told = say(page.t("playground.no_question"))
    return *draw_begun(page, dialogue), gr.skip(), told


def answer(page: Page, visitor: str, dialogue: Dialogue) -> Generator[dict[str, Any]]:
    """Give the newest turn as its answers grow, each time as a whole; closing this stops the models."""
    turn = dialogue.newest
    if turn is None or turn.is_final:
        return
    asked = asked_of(turn, dialogue.turns[:-1])
    try:
        for progress in page.workspace.playground.ask(asked, visitor):
            dialogue.grow(turn.number, progress.answers)
            if not is_newest(dialogue, turn.number):
                return
            yield draw_newest(page, dialogue, progress.phase)
    except StudioError as error:
        dialogue.fail(turn.number, error)
    if is_newest(dialogue, turn.number):
        yield draw_newest(page, dialogue)


def is_newest(dialogue: Dialogue, number: int) -> bool:
    """Tell whether a turn is the one that is drawn while it grows."""
    return dialogue.newest is not None and dialogue.newest.number == number


def end_answer(page: Page, dialogue: Dialogue, event: gr.EventData) -> tuple[Any, ...]:
    """Show the newest turn at its end; an answer that broke off before says so.

    Of a turn that another one has followed nothing is drawn here: it would overtake the key to the other one's answers.
    """
    dialogue.fail(int(event.number), StudioError("chat.died"))
    if not is_newest(dialogue, int(event.number)):
        return (gr.skip(),) * (1 + len(draw_buttons(page, dialogue)))
    return draw_newest(page, dialogue), *draw_buttons(page, dialogue)


def stop_answer(page: Page, request: gr.Request, dialogue: Dialogue) -> tuple[Any, ...]:
    """End the answers, and mark what was said so far as stopped."""
    page.workspace.playground.stop(visitor_of(request))
    dialogue.stop()
    return draw_newest(page, dialogue), *draw_buttons(page, dialogue)


def start_over(page: Page, request: gr.Request, dialogue: Dialogue) -> tuple[Any, ...]:
    """Begin a new conversation."""
    page.workspace.playground.stop(visitor_of(request))
    dialogue.clear()
    return draw_all(page, dialogue)


def visitor_of(request: gr.Request) -> str:
    """Give the name under which a page asks."""
    return str(request.session_hash)
