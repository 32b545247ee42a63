"""How sure? asks the base model and the tuned one about an answer that was given."""

from typing import Any

import gradio as gr

from studio.domain.column import Column
from studio.errors import StudioError
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Turn, conversation
from studio.services.playground import Asked
from studio.ui.page import QUIET, Page, new_key
from studio.ui.sure_view import sure_dialog, sure_value
from studio.ui.talk import Talk


def wire_sureness(page: Page, talk: Talk) -> None:
    """Connect the buttons of the answers with a dialog."""
    dialog = sure_dialog("how-sure")
    for part in (talk.past, talk.now):
        part.weigh(page.handler(weigh), talk.dialogue, dialog, **QUIET)


def weigh(
    page: Page, request: gr.Request, dialogue: Dialogue, event: gr.EventData
) -> dict[str, Any]:
    """Show how likely an answer was, piece by piece, to the base model and to the tuned one.

    Raises:
        StudioError: `chat.answer_gone`, `job.unknown`, `model.*`, `chat.*`.
    """
    before, turn = find_turn(dialogue, int(event.number))
    choice = turn.choices[int(event.place)]
    answer = turn.answers[int(event.place)]
    choices = pair_of(page, turn, choice)
    # The same words came before for both, those that this column itself has heard.
    heard = conversation(before, choice.column, turn.question, turn.system)
    asked = [Asked(each.column, heard) for each in choices]
    # In a name of its own: it must not end an answer that the same visitor waits for.
    visitor = f"{request.session_hash} weighs"
    weighed = page.workspace.playground.weigh(asked, answer.text, visitor)
    shown = sure_value(page.t, answer.text, choices.index(choice), choices, weighed)
    return {**shown, "mark": new_key()}


def find_turn(dialogue: Dialogue, number: int) -> tuple[list[Turn], Turn]:
    """Give a turn, and those before it.

    Raises:
        StudioError: `chat.answer_gone`.
    """
    for place, turn in enumerate(dialogue.turns):
        if turn.number == number:
            return dialogue.turns[:place], turn
    raise StudioError("chat.answer_gone")


def pair_of(page: Page, turn: Turn, choice: Choice) -> list[Choice]:
    """Give a tuned column behind its base model; a base model before the first that was trained on it, if one answered."""
    if not choice.column.is_base:
        base = page.workspace.playground.columns.describe(Column(model_id=choice.base))
        return [base, choice]
    tuned = (c for c in turn.choices if not c.column.is_base and c.base == choice.base)
    return [choice, *list(tuned)[:1]]
