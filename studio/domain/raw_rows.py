"""What readers of every format give: raw rows with line numbers, and how much one row may hold."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

# A cell of a megabyte is shown and stored; a line of 30 MB is a mistake of whoever wrote it.
LONGEST_ROW_CHARACTERS = 4_000_000
MOST_ROWS = 5_000_000
LARGEST_FILE_BYTES = 3 << 29


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader did that its owner should know, as a code with values."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it; `line` is the line it starts on (its number in a table without lines).

    A row that cannot be read has a `problem` (a code) and no values; `text` is what it says where that is known.
    """

    line: int
    values: dict[str, Any]
    problem: str = ""
    text: str = ""


@dataclass(slots=True)
class Position:
    """How many bytes of a file have been taken; called, it gives them."""

    taken_bytes: int = 0

    def __call__(self) -> int:
        return self.taken_bytes


@dataclass(frozen=True, slots=True)
class RawFile:
    """An opened file: its format, what was noticed, and its rows (read once, while they are asked for)."""

    format: str
    notices: tuple[Notice, ...]
    rows: Iterator[RawRow]
    columns: tuple[str, ...]
    """The names in the header, or those of the first objects."""
    position: Callable[[], int]
    """Gives the bytes of the file that were taken so far."""


class CountedFile(io.FileIO):
    """A file that notes how far it was read."""

    def __init__(self, path: Path, position: Position) -> None:
        super().__init__(path)
        self.position = position

    def readinto(self, buffer: Any, /) -> int:
        """Read into `buffer` and count."""
        count = super().readinto(buffer) or 0
        self.position.taken_bytes += count
        return count


def open_text(path: Path, encoding: str, newline: str | None, position: Position) -> TextIO:
    """Open a text file whose progress `position` tells."""
    counted = io.BufferedReader(CountedFile(path, position), 1 << 16)
    return io.TextIOWrapper(counted, encoding=encoding, newline=newline)


def pass_line(file: TextIO, text: str) -> bool:
    """Read to the end of a line that is too long, and tell whether there was more of it."""
    has_more = False
    while not text.endswith("\n") and (text := file.readline(LONGEST_ROW_CHARACTERS)):
        has_more = True
    return has_more
