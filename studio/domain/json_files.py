"""JSON files: a list of objects, one object per line, objects one after the other, or a list inside an object.

All are read in pieces: what was read is forgotten as soon as the next row is asked for.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.domain.json_objects import is_rows, is_turn, row_of, rows_of_object
from studio.domain.json_scanner import BLANKS, BrokenJsonError, JsonReader, JsonScanner
from studio.domain.raw_rows import LONGEST_ROW_CHARACTERS, Position, RawRow, open_text, pass_line
from studio.errors import StudioError

# A list of more entries that name a speaker is a table and not one conversation.
MOST_TURNS = 1_000
# Of a row that is too long to be one.
SHOWN_CHARACTERS = 1_000


def starts_json(head: str) -> bool:
    """Tell whether a text begins as a list or an object of JSON, and not as prose with a bracket."""
    following = head[1:].lstrip(BLANKS)[:1]
    if head.startswith("["):
        return following in tuple('{["]-0123456789tfnNI') or not following
    return head.startswith("{") and following in ('"', "}", "'", "")


def read_json(path: Path, encoding: str, position: Position) -> tuple[str, Iterator[RawRow]]:
    """Give the format ("json" or "jsonl") of a file that begins as JSON does, and its rows."""
    with open_text(path, encoding, None, Position()) as file:
        mark = JsonScanner(file).peek()
    if mark == "[":
        return "json", read_lists(path, encoding, position)
    first, is_alone = first_line(path, encoding)
    if first is not None and is_alone:
        position.taken_bytes = path.stat().st_size
        return "json", rows_of_object(first)
    if first is not None:
        return lines_of(path, encoding, position)
    if holds_rows(path, encoding):
        return "json", read_wrapped(path, encoding, position)
    if begins_with_value(path, encoding):
        return "json", read_values(path, encoding, position)
    return lines_of(path, encoding, position)


def lines_of(path: Path, encoding: str, position: Position) -> tuple[str, Iterator[RawRow]]:
    """Give a file of one object per line."""
    return "jsonl", read_json_lines(path, encoding, position)


def first_line(path: Path, encoding: str) -> tuple[dict[str, Any] | None, bool]:
    """Give the object that the first line is, if it is one, and whether nothing follows."""
    with open_text(path, encoding, "\n", Position()) as file:
        text = ""
        while not text.strip(BLANKS):
            text = file.readline(LONGEST_ROW_CHARACTERS)
        try:
            value = JsonReader().decoder.decode(text.strip(BLANKS).rstrip(","))
        except (ValueError, RecursionError):
            return None, False
        is_alone = not any(line.strip(BLANKS) for line in iter(lambda: file.readline(1 << 16), ""))
    return (value if isinstance(value, dict) else None), is_alone


def begins_with_value(path: Path, encoding: str) -> bool:
    """Tell whether a whole object, on any number of lines, begins the file."""
    with open_text(path, encoding, None, Position()) as file:
        try:
            JsonScanner(file).value()
        except BrokenJsonError:
            return False
    return True


def read_json_lines(path: Path, encoding: str, position: Position) -> Iterator[RawRow]:
    """Read one value per line; blank lines are allowed, a broken one comes through with its problem."""
    reader = JsonReader()
    decode = reader.decode
    line = 0
    with open_text(path, encoding, "\n", position) as file:
        while text := file.readline(LONGEST_ROW_CHARACTERS):
            line += 1
            if len(text) == LONGEST_ROW_CHARACTERS and pass_line(file, text):
                yield RawRow(line, {}, "row_too_long", text[:SHOWN_CHARACTERS])
                continue
            try:
                value = decode(text)
            except BrokenJsonError:
                text = text.strip(BLANKS).rstrip(",")
                if not text:
                    continue
                reader.names_twice.clear()
                try:
                    value = decode(text)
                except BrokenJsonError as error:
                    yield RawRow(line, {}, str(error), text)
                    continue
            yield row_of(line, value)


def told(rows: Iterator[RawRow], scanner: JsonScanner) -> Iterator[RawRow]:
    """Give the rows, each with a line of its own, and the one that the end of the file cut off with its problem.

    Raises:
        StudioError: `data.bad_json`, `data.too_deep`, `data.row_too_long` where the rows behind a mistake cannot be found.
    """
    last = 0
    try:
        for row in rows:
            last = max(row.line, last + 1)
            yield row if row.line == last else RawRow(last, row.values, row.problem)
    except BrokenJsonError as error:
        if not error.is_cut:
            raise broken_at(str(error), scanner.line) from error
        yield RawRow(max(scanner.line, last + 1), {}, "bad_json")


def broken_at(problem: str, line: int) -> StudioError:
    """Give the error of a file that cannot be read on from `line`."""
    if problem == "too_deep":
        return StudioError("data.too_deep", line=line)
    if problem == "row_too_long":
        return StudioError("data.row_too_long", line=line, most=LONGEST_ROW_CHARACTERS)
    return StudioError("data.bad_json", line=line)


def read_lists(path: Path, encoding: str, position: Position) -> Iterator[RawRow]:
    """Read a list of rows, or a list of turns per line."""
    with open_text(path, encoding, None, position) as file:
        scanner = JsonScanner(file)
        yield from told(walk_lists(scanner), scanner)


def walk_lists(scanner: JsonScanner) -> Iterator[RawRow]:
    """Read the list of rows that begins here; a list of turns is one example, and more may follow."""
    scanner.peek()
    line = scanner.line
    turns: list[tuple[int, Any, str]] = []
    is_conversation = True
    for entry in read_list(scanner):
        is_conversation = is_conversation and is_turn(entry[1]) and len(turns) < MOST_TURNS
        turns.append(entry)
        if not is_conversation:
            yield from (row_of(*turn) for turn in turns)
            turns.clear()
    if turns:
        yield row_of(line, [turn for _, turn, _ in turns])
    while scanner.peek():
        yield row_of(*whole_value(scanner))


def whole_value(scanner: JsonScanner) -> tuple[int, Any, str]:
    """Take the next value, and give the line that it stands on, itself and its problem."""
    scanner.peek()
    line = scanner.line
    return line, *scanner.value()


def read_list(scanner: JsonScanner) -> Iterator[tuple[int, Any, str]]:
    """Read the entries of the list that begins here."""
    scanner.take()
    while scanner.peek() != "]":
        yield whole_value(scanner)
        mark = scanner.peek()
        if mark == ",":
            scanner.take()
        elif mark not in ("]", "{"):
            raise BrokenJsonError("bad_json", is_cut=not mark)
    scanner.take()


def holds_rows(path: Path, encoding: str) -> bool:
    """Tell whether the file is an object around one or several lists of rows."""
    with open_text(path, encoding, None, Position()) as file:
        try:
            return any(True for _ in walk_object(JsonScanner(file)))
        except BrokenJsonError:
            return False


def read_wrapped(path: Path, encoding: str, position: Position) -> Iterator[RawRow]:
    """Read the rows of every list of rows inside an object, such as `{"data": [...]}`."""
    with open_text(path, encoding, None, position) as file:
        scanner = JsonScanner(file)
        yield from told(walk_object(scanner), scanner)


def walk_object(scanner: JsonScanner) -> Iterator[RawRow]:
    """Read the lists of rows inside the object that begins here; everything else in it is passed over."""
    if scanner.peek() == "{":
        scanner.take()
    while scanner.peek() == '"':
        name, _ = scanner.value()
        if scanner.peek() == ":":
            scanner.take()
        if scanner.peek() == "[":
            yield from rows_called(str(name), scanner)
        else:
            scanner.value()
        if scanner.peek() == ",":
            scanner.take()
    if (mark := scanner.peek()) != "}":
        raise BrokenJsonError("bad_json", is_cut=not mark)


def rows_called(name: str, scanner: JsonScanner) -> Iterator[RawRow]:
    """Read the list that begins here, and give its rows if it is a list of rows."""
    has_rows = None
    for entry in read_list(scanner):
        has_rows = is_rows(name, entry[1]) if has_rows is None else has_rows
        if has_rows:
            yield row_of(*entry)


def read_values(path: Path, encoding: str, position: Position) -> Iterator[RawRow]:
    """Read objects that stand one after the other, each on any number of lines."""
    with open_text(path, encoding, None, position) as file:
        scanner = JsonScanner(file)
        yield from told(walk_values(scanner), scanner)


def walk_values(scanner: JsonScanner) -> Iterator[RawRow]:
    """Read the objects from here on; a single one may be a whole table."""
    first = whole_value(scanner)
    is_alone = not scanner.peek() and isinstance(first[1], dict)
    yield from rows_of_object(first[1]) if is_alone else (row_of(*first),)
    while mark := scanner.peek():
        if mark == ",":
            scanner.take()
        else:
            yield row_of(*whole_value(scanner))
