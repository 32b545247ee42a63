"""Asking in the Playground: a question stands there at once, then all columns answer it, as long as somebody waits."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.services.dialogue import Dialogue, asked_of, new_turn
from studio.services.playground import AskOptions, Phase
from studio.ui.page import QUIET, STREAMED, Page, new_key, say
from studio.ui.talk import Talk, draw_all, draw_newest

LONGEST_QUESTION_CHARACTERS = 8000
# The models' process lets visitors take turns and tells each one's place; the queue of the page would tell nothing.
ANSWERING: dict[str, Any] = {**STREAMED, "concurrency_limit": 32, "trigger_mode": "multiple"}


def wire_asking(
    page: Page, talk: Talk, question: gr.Textbox, chips: gr.HTML, options: Sequence[Any]
) -> None:
    """Connect what asks: a new key in `talk.asked` starts the one event that streams.

    A new question, Stop and Clear end an answer by the service, and not by cancelling its event: what is cancelled may
    still say a last word, after what came next.
    """
    asking: list[Any] = [talk.dialogue, question, *options]
    begun: list[Any] = [*talk.drawn, question, talk.asked, page.said]
    gr.on([talk.send.click, question.submit], page.handler(begin), asking, begun, **QUIET)
    picked: list[Any] = [talk.dialogue, *options]
    chips.pick(page.handler(begin_with_chip), picked, begun, **QUIET)
    talk.asked.change(page.handler(answer), talk.dialogue, talk.growing, **ANSWERING)
    talk.stop.click(page.handler(stop_answer), talk.dialogue, talk.drawn, **QUIET)


def begin(page: Page, dialogue: Dialogue, question: str, *options: Any) -> tuple[Any, ...]:
    """Put a question into the conversation; its answers come by `answer`.

    Raises:
        StudioError: `job.unknown`, `export.not_finished` where nobody can answer.
    """
    question = question.strip()[:LONGEST_QUESTION_CHARACTERS]
    if not question:
        told = say(page.t("playground.no_question"))
        return *draw_all(page, dialogue), gr.skip(), gr.skip(), told
    lineup = replace(dialogue.lineup, shared=read_options(options))
    if not lineup.columns:
        raise StudioError("export.not_finished")
    library = page.workspace.playground.columns
    choices = [library.describe(column) for column in lineup.columns]
    dialogue.lineup = lineup
    dialogue.begin(new_turn(question, choices, lineup))
    return *draw_all(page, dialogue), "", new_key(), gr.skip()


def begin_with_chip(
    page: Page, dialogue: Dialogue, event: gr.EventData, *options: Any
) -> tuple[Any, ...]:
    """Ask a suggested question."""
    return begin(page, dialogue, str(event.text), *options)


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


def read_options(values: Sequence[Any]) -> AskOptions:
    """Give the options from their controls; an emptied one means the usual."""
    usual = AskOptions()
    temperature, top_p, max_new_tokens, seed = values
    return AskOptions(
        temperature=usual.temperature if temperature is None else float(temperature),
        top_p=usual.top_p if top_p is None else float(top_p),
        max_new_tokens=int(max_new_tokens or usual.max_new_tokens),
        seed=int(seed or usual.seed),
    )


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
