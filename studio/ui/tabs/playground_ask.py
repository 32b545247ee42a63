"""Asking in the Playground: a question stands there at once, then all columns answer it, as long as somebody waits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from studio.domain.records import Row
from studio.errors import StudioError
from studio.services.dialogue import Dialogue, asked_of, new_turn
from studio.services.playground import Phase
from studio.ui.page import QUIET, STREAMED, Page, new_key, say
from studio.ui.tabs.playground_chips import held_out_row
from studio.ui.tabs.playground_options import apply
from studio.ui.talk import Talk, draw_all, draw_newest

LONGEST_QUESTION_CHARACTERS = 8000
# The models' process lets visitors take turns and tells each one's place; the queue of the page would tell nothing.
ANSWERING: dict[str, Any] = {**STREAMED, "concurrency_limit": 32, "trigger_mode": "multiple"}


def wire_asking(
    page: Page, talk: Talk, question: gr.Textbox, chips: gr.HTML, options: list[Any]
) -> list[Any]:
    """Connect what asks, and give the events that change the conversation: a new key in `talk.asked` starts the one event that streams.

    A new question, Stop and Clear end an answer by the service, and not by cancelling its event: what is cancelled may
    still say a last word, after what came next.
    """
    begun: list[Any] = [*talk.drawn, question, talk.asked, page.said]
    asking: list[Any] = [talk.dialogue, question, *options]
    given: list[Any] = [talk.dialogue, *options]
    return [
        gr.on([talk.send.click, question.submit], page.handler(ask), asking, begun, **QUIET),
        chips.pick(page.handler(ask_chip), given, begun, **QUIET),
        talk.now.resend(page.handler(ask_edited), given, begun, **QUIET),
        talk.now.again(page.handler(ask_again), given, begun, **QUIET),
        talk.asked.change(page.handler(answer), talk.dialogue, talk.growing, **ANSWERING),
        talk.stop.click(page.handler(stop_answer), talk.dialogue, talk.drawn, **QUIET),
    ]


def ask(page: Page, dialogue: Dialogue, question: str, *options: Any) -> tuple[Any, ...]:
    """Put a question into the conversation; its answers come by `answer`.

    Raises:
        StudioError: `job.unknown`, `export.not_finished` where nobody can answer.
    """
    apply(dialogue, options)
    return begin(page, dialogue, question)


def ask_chip(page: Page, dialogue: Dialogue, event: gr.EventData, *options: Any) -> tuple[Any, ...]:
    """Ask a suggested question, with what its example says as the reference."""
    apply(dialogue, options)
    question = str(event.text)
    row = held_out_row(page, dialogue.lineup, question)
    return begin(page, dialogue, question, example=row)


def ask_edited(
    page: Page, dialogue: Dialogue, event: gr.EventData, *options: Any
) -> tuple[Any, ...]:
    """Ask the newest question in other words."""
    apply(dialogue, options)
    question = str(event.text)
    if not question.strip():
        return refuse(page, dialogue)
    return begin(page, dialogue, question, instead=True)


def ask_again(page: Page, dialogue: Dialogue, *options: Any) -> tuple[Any, ...]:
    """Ask the newest question once more, all columns that are there now."""
    apply(dialogue, options)
    newest = dialogue.newest
    return begin(page, dialogue, newest.question if newest else "", instead=True)


def begin(
    page: Page,
    dialogue: Dialogue,
    question: str,
    *,
    example: Row | None = None,
    instead: bool = False,
) -> tuple[Any, ...]:
    """Put a question at the end of the conversation, or in the place of the newest one.

    Raises:
        StudioError: `job.unknown`, `export.not_finished` where nobody can answer.
    """
    question = question.strip()[:LONGEST_QUESTION_CHARACTERS]
    if not question:
        return refuse(page, dialogue)
    lineup = dialogue.lineup
    if not lineup.columns:
        raise StudioError("export.not_finished")
    library = page.workspace.playground.columns
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
    return *draw_all(page, dialogue), "", new_key(), gr.skip()


def refuse(page: Page, dialogue: Dialogue) -> tuple[Any, ...]:
    """Say that there is no question."""
    told = say(page.t("playground.no_question"))
    return *draw_all(page, dialogue), gr.skip(), gr.skip(), told


def answer(page: Page, request: gr.Request, dialogue: Dialogue) -> Iterator[tuple[Any, ...]]:
    """Stream the answers to the newest question; closing this generator stops the models.

    Every step tells everything anew: where steps come fast, Gradio (6.31) turns one that it has not shown yet into the next, and
    a `gr.skip()` there would leave the page with the step before.
    """
    turn = dialogue.newest
    if turn is None or turn.is_final:
        return
    yield draw_newest(page, dialogue, Phase())
    asked = asked_of(turn, dialogue.turns[:-1])
    try:
        for progress in page.workspace.playground.ask(asked, str(request.session_hash)):
            dialogue.grow(turn.number, progress.answers)
            yield draw_newest(page, dialogue, progress.phase)
    except StudioError as error:
        dialogue.fail(turn.number, error)
    yield draw_newest(page, dialogue)


def stop_answer(page: Page, request: gr.Request, dialogue: Dialogue) -> tuple[Any, ...]:
    """End the answers, and mark what was said so far as stopped."""
    page.workspace.playground.stop(str(request.session_hash))
    dialogue.stop()
    return draw_all(page, dialogue)


def start_over(page: Page, request: gr.Request, dialogue: Dialogue) -> tuple[Any, ...]:
    """Begin a new conversation."""
    page.workspace.playground.stop(str(request.session_hash))
    dialogue.clear()
    return draw_all(page, dialogue)
