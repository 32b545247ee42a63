"""The conversation of the Playground as its panels share it: what was said, who answers next, and where it is drawn."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.services.playground import Phase
from studio.ui.chat_view import chat, chat_value
from studio.ui.page import Page

# More than the one that is new, should a page have missed an answer.
SENT_AGAIN = 3


@dataclass(frozen=True)
class Talk:
    """What more than one panel of the Playground reads or writes.

    `dialogue` holds a `Dialogue`, the same object for as long as the page is open. The newest turn is drawn apart from those
    before it: while it grows, its script fetches its drawings, and the page is told nothing.
    """

    dialogue: gr.State
    past: gr.HTML
    now: gr.HTML
    send: gr.Button
    stop: gr.Button
    export: gr.Button

    @property
    def buttons(self) -> list[Any]:
        """Give the components of `draw_buttons`, in its order."""
        return [self.send, self.stop, self.export]

    @property
    def drawn(self) -> list[Any]:
        """Give the components of `draw_all`, in its order."""
        return [self.past, self.now, *self.buttons]


def lay_out_talk(page: Page) -> tuple[gr.State, gr.HTML, gr.HTML]:
    """Lay the conversation out: the first three parts of a `Talk`."""
    dialogue = gr.State(Dialogue())
    with gr.Column(elem_classes=["turns"], elem_id="conversation"):
        past, now = chat(page.t, "past-turns"), chat(page.t, "newest-turn", is_newest=True)
    return dialogue, past, now


def draw_all(page: Page, dialogue: Dialogue) -> tuple[Any, ...]:
    """Give the whole conversation anew, for `Talk.drawn`."""
    past = chat_value(page.t, dialogue.turns[:-1])
    return past, draw_newest(page, dialogue), *draw_buttons(page, dialogue)


def draw_begun(page: Page, dialogue: Dialogue, key: str = "") -> tuple[Any, ...]:
    """Give the conversation after a turn was put to its end, or in the place of its last one, for `Talk.drawn`.

    The answers are fetched with `key`.
    Of the turns before only the last ones are sent, the others are there: in a browser (Gradio 6.31) a value costs its size
    several times over, and sixty turns held the page up for a second.
    """
    since = max(0, len(dialogue.turns) - 1 - SENT_AGAIN)
    before, last = dialogue.turns[:since], dialogue.turns[since:-1]
    past = {**chat_value(page.t, last, before=before), "since": since}
    newest = {**draw_newest(page, dialogue, Phase()), "key": key}
    return past, newest, *draw_buttons(page, dialogue)


def draw_newest(page: Page, dialogue: Dialogue, phase: Phase | None = None) -> dict[str, Any]:
    """Give the newest turn anew, for `Talk.now`."""
    before, newest = dialogue.turns[:-1], dialogue.turns[-1:]
    return chat_value(page.t, newest, phase, before=before, is_newest=True)


def draw_buttons(page: Page, dialogue: Dialogue) -> tuple[gr.Button, gr.Button, gr.Button]:
    """Give what there is to press besides the question, for `Talk.buttons`."""
    is_answering = dialogue.is_answering
    has_answers = bool(dialogue.turns) and not is_answering
    return (
        gr.Button(visible=not is_answering),
        gr.Button(visible=is_answering),
        gr.Button(visible=has_answers),
    )
