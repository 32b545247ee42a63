"""The canonical example: a conversation, and where it came from."""

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn, in the words of the chat template."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One example; `line` is its line or row number in the source file, `expect` what a right answer contains."""

    messages: tuple[Message, ...]
    line: int
    expect: str | None = None

    def question(self) -> str:
        """Give the first thing the user says."""
        return next((message.content for message in self.messages if message.role == "user"), "")

    def answer(self) -> str:
        """Give the last thing the assistant says."""
        return next((m.content for m in reversed(self.messages) if m.role == "assistant"), "")


def check_row(row: ChatRow) -> str | None:
    """Give the reason (a code) why a row cannot be learned from, or None.

    Codes: `no_assistant`, `no_user`, `empty_answer`, `empty_question`, `not_last`, `system_not_first`, `not_in_turns`.
    """
    spoken = [m.role for m in row.messages if m.role != "system"]
    empty = {m.role for m in row.messages if not m.content.strip()}
    checks = (
        ("no_user", "user" not in spoken),
        ("no_assistant", "assistant" not in spoken),
        ("empty_question", "user" in empty),
        ("empty_answer", "assistant" in empty),
        ("system_not_first", any(m.role == "system" for m in row.messages[1:])),
        (
            "not_in_turns",
            any(a == b for a, b in itertools.pairwise(spoken)) or spoken[:1] == ["assistant"],
        ),
        ("not_last", spoken[-1:] != ["assistant"]),
    )
    return next((code for code, is_wrong in checks if is_wrong), None)


def write_rows(path: Path, rows: Iterable[ChatRow]) -> int:
    """Write rows as JSON lines and give their number."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            stored = {"messages": [asdict(m) for m in row.messages], "line": row.line}
            if row.expect is not None:
                stored["expect"] = row.expect
            file.write(json.dumps(stored, ensure_ascii=False) + "\n")
            count += 1
    return count


def read_rows(path: Path) -> Iterator[ChatRow]:
    """Read what `write_rows` wrote, or a sample file (line numbers are counted where they are missing)."""
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if text.strip():
                yield row_from_json(json.loads(text), number)


def row_from_json(stored: dict[str, Any], number: int) -> ChatRow:
    """Give the row of one stored JSON object."""
    messages = tuple(Message(m["role"], m["content"]) for m in stored["messages"])
    return ChatRow(messages, stored.get("line", number), stored.get("expect"))
