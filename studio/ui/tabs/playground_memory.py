"""The Playground's dialogue over a reload: it lies in the visitor's own browser, and nowhere else once the page is closed."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.services.dialogue_memory import read_dialogue, write_dialogue
from studio.ui.page import QUIET, Page


def dialogue_memory() -> gr.BrowserState:
    """Give what the browser keeps; the fixed key and secret let it survive a restart of the server."""
    return gr.BrowserState(
        {},
        storage_key="tuning-studio.dialogue",
        secret="tuning-studio",  # noqa: S106  hides nothing
    )


def wire_memory(
    page: Page, dialogue: gr.State, memory: gr.BrowserState, changes: Sequence[Any]
) -> None:
    """Keep the dialogue after events that change it; settings are kept with the next answer."""
    for change in changes:
        change.then(page.handler(remember), dialogue, memory, **QUIET)


def remember(page: Page, dialogue: Dialogue) -> dict[str, Any]:
    """Give what the browser keeps."""
    return write_dialogue(dialogue)


def recall(dialogue: Dialogue, memory: object) -> bool:
    """Take over what the browser has kept, once, unless somebody has begun to talk already; tell whether this was it."""
    if dialogue.is_open or dialogue.turns:
        dialogue.is_open = True
        return False
    kept = read_dialogue(memory)
    dialogue.turns, dialogue.lineup, dialogue.begun = kept.turns, kept.lineup, kept.begun
    dialogue.is_open = True
    return True
