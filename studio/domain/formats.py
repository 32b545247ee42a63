"""File formats: from the bytes that somebody dropped to raw rows with line numbers.

The content decides, never the name: `{` or `[` opens JSON, anything else that is text is a table with a header. Encodings:
UTF-8, UTF-16 and UTF-32 by their mark, else UTF-8, else Windows-1252 with a notice.
"""

import codecs
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from studio.errors import StudioError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ARCHIVES = (b"\x1f\x8b", b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"GGUF")
DELIMITERS = (",", "\t", ";", "|")
LONGEST_CELL_CHARACTERS = 1_000_000
HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader did that its owner should know, as a code with values."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as the file has it; `line` is the line it starts on (its number in the list for a JSON array)."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RawFile:
    """An opened file: its format, what was noticed, and its rows (read once, while they are asked for)."""

    format: str
    notices: tuple[Notice, ...]
    rows: Iterator[RawRow]


def read_file(path: Path) -> RawFile:
    """Recognise `path` by its content and read it.

    Raises:
        StudioError: `data.empty_file`, `data.is_archive`, `data.is_web_page`, `data.not_text`, `data.header_only`,
            `data.bad_json`, `data.not_rows`, `data.bad_table`, `data.bad_quotes`, `data.duplicate_columns` (while rows are read, too).
    """
    encoding, notices = find_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(HEAD_BYTES).lstrip("\ufeff \t\r\n")
    if not head:
        raise StudioError("data.empty_file")
    if head[:200].lower().startswith(("<!doctype", "<html", "<?xml", "<head")):
        raise StudioError("data.is_web_page")
    if head.startswith("["):
        return RawFile("json", notices, read_json(path, encoding))
    if head.startswith("{"):
        if is_one_object(path, encoding):
            return RawFile("json", notices, read_json(path, encoding))
        return RawFile("jsonl", notices, read_json_lines(path, encoding))
    if head.startswith('"') and is_json(head):
        raise StudioError("data.not_rows", found="text")
    return RawFile("csv", notices, read_table(path, encoding, find_delimiter(head)))


def find_encoding(path: Path) -> tuple[str, tuple[Notice, ...]]:
    """Give the encoding that reads the whole file, and a notice where it was guessed."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise StudioError("data.empty_file")
    if head.startswith(ARCHIVES):
        raise StudioError("data.is_archive")
    encoding = next((name for mark, name in MARKS if head.startswith(mark)), "utf-8")
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_valid = 1, True
    with path.open("rb") as file:
        while is_valid and (block := file.read(1 << 20)):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError:
                is_valid = False
                break
            if "\x00" in text:
                raise StudioError(
                    "data.not_text", line=line + text[: text.index("\x00")].count("\n")
                )
            line += text.count("\n")
    if is_valid and not decoder.getstate()[0]:
        marked = (
            ()
            if encoding in ("utf-8", "utf-8-sig")
            else (Notice("encoding", {"name": encoding.upper()}),)
        )
        return encoding, marked
    if encoding != "utf-8" or not reads_as_windows(path):
        raise StudioError("data.not_text", line=line)
    return "cp1252", (Notice("encoding_guessed", {"name": "Windows-1252"}),)


def reads_as_windows(path: Path) -> bool:
    """Tell whether the file is text in Windows-1252: no control characters, no undefined bytes."""
    controls = frozenset(range(32)) - {9, 10, 13}
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if controls.intersection(block) or {0x81, 0x8D, 0x8F, 0x90, 0x9D}.intersection(block):
                return False
    return True


def is_json(text: str) -> bool:
    """Tell whether `text` is one whole JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_one_object(path: Path, encoding: str) -> bool:
    """Tell whether the whole file is one JSON object, on one line or many, and not one object per line."""
    with path.open(encoding=encoding) as file:
        first = next(line for line in file if line.strip("\ufeff \t\r\n"))
        if is_json(first.lstrip("\ufeff")):
            return not any(line.strip() for line in file)
    return is_json(path.read_text(encoding=encoding))


def read_json(path: Path, encoding: str) -> Iterator[RawRow]:
    """Read a JSON list of objects, or the list inside an object such as `{"data": [...]}`."""
    try:
        stored = json.loads(path.read_text(encoding=encoding), parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise StudioError("data.bad_json", line=error.lineno, reason=error.msg) from error
    except RecursionError as error:
        raise StudioError("data.bad_json", line=1, reason="nested too deeply") from error
    if isinstance(stored, dict):
        lists = [value for value in stored.values() if isinstance(value, list)]
        stored = lists[0] if len(lists) == 1 and not is_chat(stored) else [stored]
    for number, values in enumerate(stored, 1):
        yield RawRow(number, check_object(values, number))


def is_chat(values: dict[str, Any]) -> bool:
    """Tell whether a single object is an example itself and not a wrapper around the list of them."""
    return bool({"messages", "conversations"} & {str(key).lower() for key in values})


def check_object(values: object, line: int) -> dict[str, Any]:
    """Give `values` if it is a JSON object; anything else is not a row."""
    if not isinstance(values, dict):
        raise StudioError("data.not_rows", found=type(values).__name__, line=line)
    return {str(key).strip().lower(): value for key, value in values.items()}


def read_json_lines(path: Path, encoding: str) -> Iterator[RawRow]:
    """Read one JSON object per line; blank lines are allowed, a broken one is an error with its number."""
    with path.open(encoding=encoding) as file:
        for line, text in enumerate(file, 1):
            if not text.strip("\ufeff \t\r\n"):
                continue
            try:
                values = json.loads(text.lstrip("\ufeff"), parse_constant=lambda _: None)
            except (json.JSONDecodeError, RecursionError) as error:
                reason = (
                    error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
                )
                raise StudioError("data.bad_json", line=line, reason=reason) from error
            yield RawRow(line, check_object(values, line))


def find_delimiter(head: str) -> str:
    """Give the delimiter that cuts the header line into most columns."""
    header = head.splitlines()[0]
    return max(DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark))))


def read_table(path: Path, encoding: str, delimiter: str) -> Iterator[RawRow]:
    """Read a delimited table with a header. Cells stay text: "NA" and "null" are answers, not gaps."""
    csv.field_size_limit(LONGEST_CELL_CHARACTERS)
    with path.open(encoding=encoding, newline="") as file:
        yield from read_table_rows(file, delimiter)


def read_table_rows(file: TextIO, delimiter: str) -> Iterator[RawRow]:
    """Read the rows of an opened table; a cell that runs over lines counts from its first."""
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    columns: list[str] = []
    count, line = 0, 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = check_columns(cells)
                continue
            count += 1
            if len(cells) > len(columns):
                raise StudioError(
                    "data.bad_table", line=start, cells=len(cells), columns=len(columns)
                )
            yield RawRow(start, dict(zip(columns, cells, strict=False)))
    except csv.Error as error:
        raise StudioError("data.bad_quotes", line=reader.line_num) from error
    if not count:
        raise StudioError("data.header_only" if columns else "data.empty_file")


def check_columns(cells: list[str]) -> list[str]:
    """Give the column names, cleaned of marks and spaces; the same name twice is a mistake."""
    names = [cell.strip("\ufeff \t\r\n").lower() for cell in cells]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise StudioError("data.duplicate_columns", names=", ".join(twice))
    return names
