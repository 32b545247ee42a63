"""The conversation of the Playground as its panels share it: what was said, who answers next, and where it is drawn."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.services.playground import Phase
from studio.ui.chat_view import chat, chat_value
from studio.ui.page import Page, shared_value


@dataclass(frozen=True)
class Talk:
    """What more than one panel of the Playground reads or writes.

    `dialogue` holds a `Dialogue`, the same object for as long as the page is open. The newest turn is drawn apart from those
    before it: while it grows, nothing else is sent. Writing a new key into `asked` has the newest turn answered.
    """

    dialogue: gr.State
    asked: gr.HTML
    past: gr.HTML
    now: gr.HTML
    send: gr.Button
    stop: gr.Button
    export: gr.Button

    @property
    def growing(self) -> list[Any]:
        """Give the components of `draw_newest`, in its order."""
        return [self.now, self.send, self.stop, self.export]

    @property
    def drawn(self) -> list[Any]:
        """Give the components of `draw_all`, in its order."""
        return [self.past, *self.growing]


def lay_out_talk(page: Page) -> tuple[gr.State, gr.HTML, gr.HTML, gr.HTML]:
    """Lay the conversation out: the first four parts of a `Talk`."""
    dialogue, asked = gr.State(Dialogue()), shared_value()
    with gr.Column(elem_classes=["turns"], elem_id="conversation"):
        past, now = chat(page.t, "past-turns"), chat(page.t, "newest-turn", is_newest=True)
    return dialogue, asked, past, now


def draw_all(page: Page, dialogue: Dialogue) -> tuple[Any, ...]:
    """Give the whole conversation anew, for `Talk.drawn`."""
    return chat_value(page.t, dialogue.turns[:-1]), *draw_newest(page, dialogue)


def draw_newest(page: Page, dialogue: Dialogue, phase: Phase | None = None) -> tuple[Any, ...]:
    """Give the newest turn anew, for `Talk.growing`."""
    is_answering = dialogue.is_answering
    has_answers = bool(dialogue.turns) and not is_answering
    before, newest = dialogue.turns[:-1], dialogue.turns[-1:]
    return (
        chat_value(page.t, newest, phase, before=before, is_newest=True),
        gr.Button(visible=not is_answering),
        gr.Button(visible=is_answering),
        gr.Button(visible=has_answers),
    )
