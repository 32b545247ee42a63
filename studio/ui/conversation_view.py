"""An example as a conversation that can be corrected: bubbles, function calls, the rejected answer, marks."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.records import Message, Row
from studio.i18n import Translator
from studio.ui.drawn import drawn

WORDS = ("edit", "save", "saving", "cancel", "copy", "drop", "add", "chosen", "rejected")
MOST_TOOLS_NAMED = 12


def conversation(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty conversation."""
    return drawn("bubbles", conversation_value(t, None, None), elem_id=elem_id)


def conversation_value(
    t: Translator, row: Row | None, place: int | None, *, kind: str | None = None, mark: str = ""
) -> dict[str, Any]:
    """Give the row at `place` with who speaks, and the words of the buttons.

    `kind` is that of a new example; without it nothing can be changed. Another `mark` tells that another row is shown.
    """
    value: dict[str, Any] = {
        "key": place,
        "has_row": row is not None,
        "messages": [],
        "label": t("data.conversation"),
        "empty": t("data.conversation_empty"),
        "can_edit": kind is not None,
        "mark": mark,
        "words": {word: t(f"conversation.{word}") for word in WORDS},
        "fields": new_fields(t, kind or "chat"),
    }
    if row is None:
        return value
    if row.kind == "text":
        text = {"side": "text", "turn": 0, "role": "text", "who": t("roles.text")}
        return {**value, "messages": [{**text, "content": row.text}], "marks": []}
    value["messages"] = turns(t, row.messages, "messages")
    value["marks"] = marks(t, row)
    if row.rejected:
        shared = shared_turns(row.messages, row.rejected)
        value["shared"] = shared
        value["rejected"] = turns(t, row.rejected, "rejected")
    return value


def shared_turns(messages: Sequence[Message], rejected: Sequence[Message]) -> int:
    """Give how many turns come before the two answers: the rejected ones stand in place of as many last ones.

    Where the chosen side is longer, all behind the last question is an answer.
    """
    last_question = max((i for i, m in enumerate(messages) if m.role == "user"), default=-1)
    return min(last_question + 1, max(0, len(messages) - len(rejected)))


def turns(t: Translator, messages: Sequence[Message], side: str) -> list[dict[str, Any]]:
    """Give turns with the names of who speaks."""
    return [
        {
            "side": side,
            "turn": turn,
            "role": message.role,
            "who": t("roles.calls" if message.tool_calls else f"roles.{message.role}"),
            "content": message.content,
            "calls": [
                {"name": call.name, "arguments": pretty(call.arguments)}
                for call in message.tool_calls
            ],
        }
        for turn, message in enumerate(messages)
    ]


def pretty(arguments: str) -> str:
    """Give JSON with its fields on lines of their own; anything else as it is."""
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except ValueError:
        return arguments


def marks(t: Translator, row: Row) -> list[dict[str, str]]:
    """Give what is known of a row besides its words."""
    found: list[dict[str, str]] = []
    if row.is_good is not None:
        kind = "good" if row.is_good else "bad"
        found.append(mark(t, kind))
    if row.label is not None:
        found.append({"kind": "label", "text": t("marks.label", label=row.label)})
    names = tool_names(row.tools)
    if names:
        shown = ", ".join(itertools.islice(names, MOST_TOOLS_NAMED))
        found.append({"kind": "tools", "text": t("marks.tools", names=shown), "hint": row.tools})
    return found


def mark(t: Translator, kind: str) -> dict[str, str]:
    """Give a mark with the sentence that explains it."""
    return {"kind": kind, "text": t(f"marks.{kind}"), "hint": t(f"marks.{kind}_hint")}


def tool_names(tools: str) -> list[str]:
    """Give the names of the functions on offer."""
    try:
        stored = json.loads(tools) if tools else []
    except ValueError:
        return []
    entries = stored if isinstance(stored, list) else [stored]
    described = [e.get("function", e) if isinstance(e, dict) else {} for e in entries]
    return [str(one["name"]) for one in described if isinstance(one, dict) and "name" in one]


def new_fields(t: Translator, kind: str) -> list[dict[str, str]]:
    """Give what a new example of this kind is written with."""
    keys = {"text": ("text",), "preference": ("question", "answer", "rejected")}
    return [
        {"key": key, "label": t(f"conversation.new_{key}")}
        for key in keys.get(kind, ("question", "answer"))
    ]
