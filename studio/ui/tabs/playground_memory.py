"""The Playground's dialogue over a reload: it lies in the visitor's own browser, and nowhere else once the page is closed."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.services.dialogue_memory import read_dialogue, write_dialogue
from studio.ui.page import QUIET, Page


def dialogue_memory() -> gr.BrowserState:
    """Give what the browser keeps; the fixed key and secret let it survive a restart of the server."""
    return gr.BrowserState(
        "",
        storage_key="tuning-studio.dialogue",
        secret="tuning-studio",  # noqa: S106  hides nothing
    )


def wire_memory(
    page: Page, dialogue: gr.State, memory: gr.BrowserState, changes: Sequence[Any]
) -> None:
    """Keep the dialogue after events that change it; settings are kept with the next answer."""
    for change in changes:
        change.then(page.handler(remember), dialogue, memory, **QUIET)


def remember(page: Page, dialogue: Dialogue) -> str:
    """Give what the browser keeps, as one text: with each event Gradio (6.31) copies its values part by part."""
    return json.dumps(write_dialogue(dialogue), ensure_ascii=False)


def read_json(memory: object) -> object:
    """Give what a text of JSON says; what it does not say is nothing."""
    try:
        return json.loads(memory) if isinstance(memory, str) else None
    except (ValueError, RecursionError):
        return None


def recall(dialogue: Dialogue, memory: object) -> bool:
    """Take over what the browser has kept, once, unless somebody has begun to talk already; tell whether this was it."""
    if dialogue.is_open or dialogue.turns:
        dialogue.is_open = True
        return False
    kept = read_dialogue(read_json(memory))
    dialogue.turns, dialogue.lineup, dialogue.begun = kept.turns, kept.lineup, kept.begun
    dialogue.is_open = True
    return True
