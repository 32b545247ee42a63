"""Delimited tables: CSV, TSV and their kin, with a header. Cells stay text: "NA" and "null" are answers, not gaps."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from studio.domain.column_names import find_fields
from studio.domain.raw_rows import (
    LONGEST_ROW_CHARACTERS,
    Notice,
    Position,
    RawRow,
    open_text,
    pass_line,
)
from studio.errors import StudioError

DELIMITERS = (",", "\t", ";", "|")
SAMPLE_LINES = 60
# Titles and dates may stand above the header, in so many rows.
HEAD_ROWS = 10
# What Excel writes into the first line to say how the table is cut.
SEPARATOR = re.compile(r"\ufeff?sep=.?$", re.IGNORECASE)
# A name this long, or one that ends as a sentence does, is the first row of a table without a header.
LONGEST_COLUMN_NAME_CHARACTERS = 80
DOUBLED_QUOTE = re.compile(r'\w""|""\w')
SENTENCE_END = re.compile(r"\S\s+\S.*[.?!。？！]$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written: what stands between cells, and whether a backslash protects quotes."""

    delimiter: str
    columns: int
    is_steady: bool
    """Whether most lines have as many cells as that."""
    is_escaped: bool = False


def find_dialect(head: str) -> Dialect:
    """Give the dialect that cuts the first lines into the same number of cells, and into most of them."""
    is_escaped = '\\"' in head and not DOUBLED_QUOTE.search(head)
    found = [dialect_with(head, mark, is_escaped) for mark in DELIMITERS]
    return max(found, key=lambda dialect: (dialect.columns > 1 and dialect.is_steady, dialect.columns))  # fmt: skip


def dialect_with(head: str, delimiter: str, is_escaped: bool) -> Dialect:
    """Give how well `delimiter` cuts the first lines."""
    lines = head.splitlines(keepends=True)[:SAMPLE_LINES]
    reader = csv.reader(lines, delimiter=delimiter, escapechar="\\" if is_escaped else None)
    try:
        counts = [len(cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error:
        counts = [lines[0].count(delimiter) + 1]
    columns, steady = Counter(counts or [1]).most_common(1)[0]
    return Dialect(delimiter, columns, steady * 3 >= len(counts) * 2, is_escaped)


class RowTooLongError(csv.Error):
    """A line is longer than a row may be."""


@dataclass(slots=True)
class Lines:
    """The lines of a table as the CSV reader takes them; those of a row that failed can be taken again."""

    file: TextIO
    number: int = 0
    """Of the last line that was taken."""
    again: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        while True:
            line = self.again.pop() if self.again else self.file.readline(LONGEST_ROW_CHARACTERS)
            if not line:
                return
            self.number += 1
            if len(line) == LONGEST_ROW_CHARACTERS and pass_line(self.file, line):
                self.taken.append("\n")
                raise RowTooLongError
            self.taken.append(line)
            yield line

    def put_back(self) -> None:
        """Let all lines but the first of the row that failed be read again."""
        self.again.extend(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        self.taken.clear()


def read_cells(lines: Lines, dialect: Dialect) -> Iterator[tuple[int, list[str] | str]]:
    """Give each row's line and cells; of a row that cannot be read its problem, and then its second line as a row."""
    csv.field_size_limit(LONGEST_ROW_CHARACTERS)
    escape = "\\" if dialect.is_escaped else None
    while True:
        reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True, escapechar=escape)
        try:
            for cells in reader:
                yield lines.number - len(lines.taken) + 1, cells
                lines.taken.clear()
            return
        except csv.Error as error:
            start = lines.number - len(lines.taken) + 1
            lines.put_back()
            yield start, "row_too_long" if isinstance(error, RowTooLongError) else "bad_quotes"


def open_table(
    path: Path, encoding: str, dialect: Dialect, position: Position
) -> tuple[tuple[str, ...], tuple[Notice, ...], Iterator[RawRow]]:
    """Give the column names, what was noticed, and the rows of a table.

    Raises:
        StudioError: `data.header_only`, `data.duplicate_columns`.
    """
    first = [cells for _, cells in islice(read_table(path, encoding, dialect, Position()), HEAD_ROWS)]  # fmt: skip
    if not first or isinstance(first[0], str):
        raise StudioError("data.bad_quotes", line=1)
    place = find_header([[] if isinstance(cells, str) else cells for cells in first])
    header = first[place]
    has_header = not all(is_sentence(cell) for cell in header)
    if has_header and len(first) == place + 1:
        raise StudioError("data.header_only")
    notices = above_header(place - bool(SEPARATOR.match(first[0][0])))
    notices += () if has_header else (Notice("no_header"),)
    columns = name_columns([*header] if has_header else [""] * len(header))
    rows_read = read_table(path, encoding, dialect, position)
    if len(columns) == 1:
        rows_read = one_cell(rows_read, dialect.delimiter)
    return columns, notices, shape_rows(rows_read, columns, place + has_header)


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Give which of the first filled rows names the columns: the first, unless only a later one has known names."""
    if find_fields(rows[0]):
        return 0
    known = (place for place, cells in enumerate(rows) if len(find_fields(cells)) > 1)
    return next(known, int(bool(rows[0]) and bool(SEPARATOR.match(rows[0][0])) and len(rows) > 1))


def above_header(rows: int) -> tuple[Notice, ...]:
    """Say so where rows stand above the names of the columns."""
    return (Notice("above_header", {"n": rows}),) if rows > 0 else ()


def one_cell(
    rows: Iterator[tuple[int, list[str] | str]], delimiter: str
) -> Iterator[tuple[int, list[str] | str]]:
    """Give the rows of a table of one column: a comma in it is part of the text."""
    for line, cells in rows:
        yield line, (cells if isinstance(cells, str) else [delimiter.join(cells)])


def is_filled(cells: list[str] | str) -> bool:
    """Tell whether a row is no blank line."""
    return any(cells) and any(cell.strip() for cell in cells)


def is_sentence(cell: str) -> bool:
    """Tell whether a cell of the first line is a text and not a name."""
    return len(cell) > LONGEST_COLUMN_NAME_CHARACTERS or bool(SENTENCE_END.search(cell.strip()))


def name_columns(cells: list[str]) -> tuple[str, ...]:
    """Give the column names, cleaned of marks and spaces; the same name twice is a mistake.

    Raises:
        StudioError: `data.duplicate_columns` with the names.
    """
    names = [" ".join(cell.strip("\ufeff \t\r\n").split()) for cell in cells]
    while len(names) > 1 and not names[-1] and any(names):
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise StudioError("data.duplicate_columns", names=", ".join(twice))
    return tuple(name or f"column {number}" for number, name in enumerate(names, 1))


def read_table(
    path: Path, encoding: str, dialect: Dialect, position: Position
) -> Iterator[tuple[int, list[str] | str]]:
    """Read the rows of a table, its header among them; blank lines are passed over."""
    with open_text(path, encoding, "", position) as file:
        for line, cells in read_cells(Lines(file), dialect):
            if is_filled(cells):
                yield line, cells


def shape_rows(
    rows: Iterator[tuple[int, list[str] | str]], columns: tuple[str, ...], passed: int
) -> Iterator[RawRow]:
    """Give the rows behind the first `passed` by column name; one with too many cells comes through with its problem."""
    width = len(columns)
    for line, cells in islice(rows, passed, None):
        if isinstance(cells, str):
            yield RawRow(line, {}, cells)
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            yield RawRow(line, {}, "too_many_cells", " · ".join(cells))
        else:
            if any("\r" in cell for cell in cells):
                cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
            yield RawRow(line, dict(zip(columns, cells, strict=False)))
