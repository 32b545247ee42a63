"""The canonical example: what every file becomes, and what the studio keeps, shows and learns."""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
ENCODE = json.JSONEncoder(ensure_ascii=False).encode
QUOTE = json.encoder.encode_basestring
RowKind = Literal["chat", "preference", "thumbs", "text"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the assistant asks for; `arguments` is JSON text, as it was written."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn, in the words of the chat template."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is said and nothing called."""
        return (not self.content or self.content.isspace()) and not self.tool_calls


@dataclass(frozen=True, slots=True)
class Row:
    """One example.

    `messages` is the conversation that is learned: of a preference the one with the chosen answer, of a text nothing.
    `line` is the line or row in the source file, `source` the file's place among several.
    """

    messages: tuple[Message, ...]
    line: int
    kind: RowKind = "chat"
    source: int = 0
    tools: str = ""
    """The functions on offer, as a JSON list; empty: none."""
    rejected: tuple[Message, ...] = ()
    """The turns that were rejected in place of the last ones (preference)."""
    is_good: bool | None = None
    """Thumbs up or down (thumbs)."""
    text: str = ""
    """The text itself (text)."""
    label: str | None = None
    """The category (text + label)."""
    expect: str | None = None
    """What a right answer contains (samples)."""

    def question(self) -> str:
        """Give the first thing the user says; of a text its beginning."""
        said = (message.content for message in self.messages if message.role == "user")
        return next(said, self.text)

    def answer(self) -> str:
        """Give the last thing the assistant says, or the function that it calls."""
        last = next((m for m in reversed(self.messages) if m.role == "assistant"), None)
        if last is None:
            return ""
        return last.content or "\n".join(f"{c.name}({c.arguments})" for c in last.tool_calls)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that cannot be learned from: its line, the reason (a code), the file's place among several, how it begins."""

    line: int
    reason: str
    source: int = 0
    said: str = field(default="", compare=False)
    row: Row | None = field(default=None, repr=False, compare=False)
    """The row as it was read, where a step could still mend it; never stored with the reason."""


def check_row(row: Row) -> str | None:
    """Give the reason (a code) why a row cannot be learned from, or None.

    Codes: `no_assistant`, `no_user`, `empty_answer`, `empty_question`, `not_last`, `system_not_first`, `not_in_turns`,
    `empty_text`, `no_rejected`, `no_label`.
    """
    if row.kind == "text":
        return None if row.text.strip() else "empty_text"
    if row.kind == "preference" and all(message.is_empty for message in row.rejected):
        return "no_rejected"
    if row.kind == "thumbs" and row.is_good is None:
        return "no_label"
    return check_messages(row.messages)


def check_messages(messages: Sequence[Message]) -> str | None:
    """Give the reason why a conversation cannot be learned from, or None.

    Functions answer in any number of `tool` turns between two of the assistant's.
    """
    if is_simple(messages):
        return None
    spoken = [m.role for m in messages if m.role not in ("system", "tool")]
    following = itertools.pairwise(m for m in messages if m.role != "system")
    empty = {m.role for m in messages if m.is_empty}
    checks = (
        ("no_user", "user" not in spoken),
        ("no_assistant", "assistant" not in spoken),
        ("empty_question", "user" in empty),
        ("empty_answer", "assistant" in empty),
        ("system_not_first", any(m.role == "system" for m in messages[1:])),
        (
            "not_in_turns",
            spoken[:1] == ["assistant"]
            or any(a.role == b.role != "tool" or (a.role, b.role) == ("user", "tool") for a, b in following),
        ),
        ("not_last", not messages or messages[-1].role != "assistant"),
    )  # fmt: skip
    return next((code for code, is_wrong in checks if is_wrong), None)


def is_simple(messages: Sequence[Message]) -> bool:
    """Tell whether it is one question and one answer, both with words, as most are: then nothing more is asked."""
    if len(messages) != 2:
        return False
    first, last = messages
    is_pair = first.role == "user" and last.role == "assistant"
    return is_pair and not first.is_empty and not last.is_empty


def message_to_json(message: Message) -> dict[str, Any]:
    """Give a turn as JSON; tool calls only where there are any."""
    stored: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        stored["tool_calls"] = [[call.name, call.arguments] for call in message.tool_calls]
    return stored


def message_from_json(stored: dict[str, Any]) -> Message:
    """Give the turn that `message_to_json` stored."""
    calls = tuple(ToolCall(name, arguments) for name, arguments in stored.get("tool_calls", ()))
    return Message(stored["role"], stored["content"], calls)


def row_to_json(row: Row) -> dict[str, Any]:
    """Give a row as JSON; fields at their defaults are left out."""
    return {
        "messages": [message_to_json(m) for m in row.messages],
        "line": row.line,
        **extras_to_json(row),
    }


def extras_to_json(row: Row) -> dict[str, Any]:
    """Give what a row has besides a conversation."""
    stored: dict[str, Any] = {}
    if row.rejected:
        stored["rejected"] = [message_to_json(m) for m in row.rejected]
    if row.kind != "chat":
        stored["kind"] = row.kind
    for name in ("source", "tools", "text"):
        if value := getattr(row, name):
            stored[name] = value
    for name in ("is_good", "label", "expect"):
        if (value := getattr(row, name)) is not None:
            stored[name] = value
    return stored


def row_from_json(stored: dict[str, Any], number: int = 0) -> Row:
    """Give the row of one stored JSON object; `number` is its line where it has none (samples)."""
    return Row(
        messages=tuple(message_from_json(m) for m in stored["messages"]),
        line=stored.get("line", number),
        kind=stored.get("kind", "chat"),
        source=stored.get("source", 0),
        tools=stored.get("tools", ""),
        rejected=tuple(message_from_json(m) for m in stored.get("rejected", ())),
        is_good=stored.get("is_good"),
        text=stored.get("text", ""),
        label=stored.get("label"),
        expect=stored.get("expect"),
    )


def row_to_line(row: Row) -> bytes:
    """Give a row as one line of a rows file: `row_to_json` as JSON, without its detours (it writes every import)."""
    turns = ", ".join([message_to_text(message) for message in row.messages])
    line = f'{{"messages": [{turns}], "line": {row.line}'
    if extras := extras_to_json(row):
        line += f", {ENCODE(extras)[1:-1]}"
    return (line + "}\n").encode("utf-8", "replace")


def message_to_text(message: Message) -> str:
    """Give `message_to_json` as JSON text."""
    if message.tool_calls:
        return ENCODE(message_to_json(message))
    return f'{{"role": "{message.role}", "content": {QUOTE(message.content)}}}'


def row_from_line(line: bytes) -> Row:
    """Give the row of one line of a rows file."""
    return row_from_json(json.loads(line))


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write rows as JSON lines and give their number."""
    count = 0
    with path.open("wb") as file:
        for row in rows:
            file.write(row_to_line(row))
            count += 1
    return count


def read_rows(path: Path) -> Iterator[Row]:
    """Read what `write_rows` wrote, or a sample file (line numbers are counted where they are missing)."""
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if text.strip():
                yield row_from_json(json.loads(text), number)
