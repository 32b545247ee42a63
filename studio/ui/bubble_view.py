"""An example as a conversation: instruction, user and assistant as bubbles."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.records import Message
from studio.i18n import Translator
from studio.ui.drawn import drawn


def bubbles(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty conversation."""
    return drawn("bubbles", bubbles_value(t, ()), elem_id=elem_id)


def bubbles_value(t: Translator, messages: Sequence[Message]) -> dict[str, Any]:
    """Give the messages with the names of who speaks."""
    turns = [
        {"role": message.role, "who": t(f"roles.{message.role}"), "content": message.content}
        for message in messages
    ]
    return {"messages": turns, "empty": t("data.conversation_empty")}
