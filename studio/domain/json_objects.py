"""What a value of a JSON file is: an example, a turn of one, or an object around a whole table."""

from collections.abc import Iterable, Iterator
from typing import Any

from studio.domain.nested import as_text
from studio.domain.raw_rows import RawRow

# Columns of one example that hold a list of objects themselves.
NOT_ROWS = frozenset(
    ("messages", "conversation", "conversations", "dialog", "dialogue", "turns", "history", "chosen", "rejected",
     "prompt", "completion", "tools", "functions", "tool_calls", "answers", "images", "choices",
     "preferred_output", "non_preferred_output")
)  # fmt: skip
SPEAKERS = frozenset(("role", "from", "speaker"))


def row_of(line: int, value: object, problem: str = "") -> RawRow:
    """Give the row of one JSON value: an object, a bare list of turns, or a bare text."""
    if problem:
        return RawRow(line, {}, problem, as_text(value))
    if isinstance(value, dict):
        return RawRow(line, value)
    if isinstance(value, list) and value and all(isinstance(turn, dict) for turn in value):
        return RawRow(line, {"messages": value})
    if isinstance(value, str):
        return RawRow(line, {"text": value})
    return RawRow(line, {}, "not_rows", as_text(value))


def is_turn(value: object) -> bool:
    """Tell whether a value is a turn of a conversation."""
    return isinstance(value, dict) and bool(SPEAKERS & value.keys())


def is_rows(name: str, first: object) -> bool:
    """Tell whether the list called `name` inside an object is the list of examples; `first` is its first entry."""
    if isinstance(first, list):
        return bool(first) and is_turn(first[0])
    return isinstance(first, dict) and not is_turn(first) and name.lower() not in NOT_ROWS


def rows_of_object(stored: dict[str, Any]) -> Iterator[RawRow]:
    """Give the rows of a file that is one object: a wrapper, a table by columns, rows by name, or one example.

    `{"data": [{…}, {…}]}`, `{"question": ["a", "b"], "answer": ["c", "d"]}`, `{"1": {…}, "2": {…}}`, `{"messages": […]}`
    """
    lists = [
        value
        for name, value in stored.items()
        if isinstance(value, list) and value and is_rows(name, value[0])
    ]
    if lists:
        values: Iterable[object] = (value for one in lists for value in one)
    elif (by_column := columns_of(stored)) is not None:
        values = by_column
    else:
        values = (stored,)
    for number, value in enumerate(values, 1):
        yield row_of(number, value)


def columns_of(stored: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Give the rows of a table that is stored by columns, or by the rows' names; None where it is neither."""
    cells = list(stored.values())
    if len(cells) > 1 and all(isinstance(cell, list) for cell in cells):
        is_plain = not any(isinstance(entry, dict) for cell in cells for entry in cell[:1])
        if is_plain and len({len(cell) for cell in cells}) == 1 and len(cells[0]) > 1:
            return [dict(zip(stored, row, strict=True)) for row in zip(*cells, strict=True)]
    if len(cells) > 1 and all(isinstance(cell, dict) for cell in cells):
        keys = [tuple(cell) for cell in cells]
        if all(key == keys[0] for key in keys) and all(name.isdigit() for name in keys[0]):
            return [{name: stored[name][key] for name in stored} for key in keys[0]]
        if set(keys[0]) & set(keys[1]):
            return cells
    return None
