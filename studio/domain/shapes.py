"""Row shapes: from the columns that a file happens to have to canonical conversations.

Each `Shape` says by which columns it is known and turns one raw row into messages. Its docstring shows input and output.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from studio.domain.formats import RawRow
from studio.domain.records import ChatRow, Message, Role, check_row
from studio.errors import StudioError

ROLE_BY_NAME: dict[str, Role] = {
    "user": "user", "human": "user", "customer": "user",
    "assistant": "assistant", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant",
    "system": "system", "developer": "system",
}  # fmt: skip
PROMPT_NAMES = ("prompt", "question", "query", "input")
ANSWER_NAMES = ("completion", "response", "answer", "output", "reply")
LABEL_NAMES = ("label", "category", "class", "intent")
SHAPE_SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that cannot be learned from: its line and the reason (a code)."""

    line: int
    reason: str


class UnusableRow(ValueError):
    """A single row cannot be converted; its text is the reason code."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which rows hold conversations; `matches` sees the column names of the first rows."""

    name: str
    matches: Callable[[set[str]], bool]
    convert: Callable[[dict[str, Any]], list[Message]]


def as_text(value: object) -> str:
    """Give a cell as text: numbers and truth values as JSON writes them, nothing as an empty text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def first_of(values: dict[str, Any], names: Iterable[str]) -> str:
    """Give the text of the first of the columns `names` that the row has."""
    return next((as_text(values[name]) for name in names if name in values), "")


def optional_system(values: dict[str, Any]) -> list[Message]:
    """Give the row's system message, if it has one."""
    text = as_text(values.get("system") or "")
    return [Message("system", text)] if text.strip() else []


def content_of(turn: dict[str, Any]) -> str:
    """Give a turn's text: `content` or `value`, as text or as a list of text parts."""
    content = turn.get("content", turn.get("value"))
    if not isinstance(content, list):
        return as_text(content)
    parts = [part.get("text") if isinstance(part, dict) else part for part in content]
    if not all(isinstance(part, str) for part in parts):
        raise UnusableRow("not_text")
    return "".join(str(part) for part in parts)


def convert_turns(turns: object) -> list[Message]:
    """Turn a list of turns, in either spelling of roles, into messages.

    `[{"from": "human", "value": "Hi"}]` or `[{"role": "user", "content": "Hi"}]` -> `[Message("user", "Hi")]`
    """
    if isinstance(turns, str) and turns.lstrip().startswith("["):
        try:
            turns = json.loads(turns)
        except ValueError as error:
            raise UnusableRow("not_turns") from error
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise UnusableRow("not_turns")
    messages = []
    for turn in turns:
        role = ROLE_BY_NAME.get(str(turn.get("role", turn.get("from"))).lower())
        if role is None:
            raise UnusableRow("unknown_role")
        messages.append(Message(role, content_of(turn)))
    return messages


def convert_messages(values: dict[str, Any]) -> list[Message]:
    """`{"messages": [{"role": "user", "content": "Hi"}, …]}` -> the same turns."""
    return convert_turns(values.get("messages"))


def convert_sharegpt(values: dict[str, Any]) -> list[Message]:
    """`{"conversations": [{"from": "human", "value": "Hi"}, …], "system": "…"}` -> system, then the turns."""
    return optional_system(values) + convert_turns(values.get("conversations"))


def convert_alpaca(values: dict[str, Any]) -> list[Message]:
    """`{"instruction": "Sum up", "input": "text", "output": "…"}` -> user "Sum up\\ntext", assistant "…"."""
    asked = [as_text(values.get("instruction")), as_text(values.get("input"))]
    question = "\n".join(text for text in asked if text.strip())
    return [
        *optional_system(values),
        Message("user", question),
        Message("assistant", as_text(values.get("output"))),
    ]


def convert_pair(values: dict[str, Any]) -> list[Message]:
    """`{"prompt": "Hi", "completion": "Hello"}` (text or turns on either side) -> user "Hi", assistant "Hello"."""
    sides: tuple[tuple[tuple[str, ...], Role], ...] = (
        (PROMPT_NAMES, "user"),
        (ANSWER_NAMES, "assistant"),
    )
    messages = optional_system(values)
    for names, role in sides:
        value = next((values[name] for name in names if name in values), None)
        messages += (
            convert_turns(value) if isinstance(value, list) else [Message(role, as_text(value))]
        )
    return messages


def convert_label(values: dict[str, Any]) -> list[Message]:
    """`{"text": "My card is lost", "category": "lost card"}` -> user text, assistant label."""
    return [
        Message("user", as_text(values.get("text"))),
        Message("assistant", first_of(values, LABEL_NAMES)),
    ]


# First match wins, so the more particular shapes stand first.
SHAPES: tuple[Shape, ...] = (
    Shape("messages", lambda names: "messages" in names, convert_messages),
    Shape(
        "sharegpt",
        lambda names: "conversations" in names and "chosen" not in names,
        convert_sharegpt,
    ),
    Shape("alpaca", lambda names: {"instruction", "output"} <= names, convert_alpaca),
    Shape("question-answer", lambda names: {"question", "answer"} <= names, convert_pair),
    Shape(
        "prompt-completion",
        lambda names: bool(names & set(PROMPT_NAMES)) and bool(names & set(ANSWER_NAMES)),
        convert_pair,
    ),
    Shape(
        "text-label",
        lambda names: "text" in names and bool(names & set(LABEL_NAMES)),
        convert_label,
    ),
)


def detect_shape(rows: list[RawRow]) -> Shape:
    """Give the shape that the columns of the first rows fit.

    Raises:
        StudioError: `data.unknown_columns` with the names that are there.
    """
    names = {name for row in rows for name in row.values}
    shape = next((shape for shape in SHAPES if shape.matches(names)), None)
    if shape is None:
        raise StudioError("data.unknown_columns", columns=", ".join(sorted(names)[:12]) or "-")
    return shape


def convert_rows(rows: Iterable[RawRow], shape: Shape) -> Iterator[ChatRow | Skipped]:
    """Turn raw rows into examples; a row that cannot be learned from comes out as `Skipped`, never silently."""
    for raw in rows:
        try:
            row = ChatRow(tuple(shape.convert(raw.values)), raw.line)
        except UnusableRow as error:
            yield Skipped(raw.line, str(error))
            continue
        reason = check_row(row)
        yield Skipped(raw.line, reason) if reason else row
