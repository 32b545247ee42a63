"""JSON in pieces: values one after the other from a text of any length, with line numbers and bounded memory."""

import json
from dataclasses import dataclass, field
from typing import Any, TextIO

from studio.domain.raw_rows import LONGEST_ROW_CHARACTERS

BLOCK_CHARACTERS = 1 << 18
BLANKS = " \t\r\n\ufeff"
# A mistake this close to the end of what was read may be only the cut.
LONGEST_LITERAL_CHARACTERS = 16
# Python refuses to turn longer numbers into integers; as text nothing of them is lost.
LONGEST_NUMBER_DIGITS = 4_000
SURROGATE_ESCAPES = ("\\ud", "\\uD")


class BrokenJsonError(ValueError):
    """A value cannot be read; its text is the problem (a code). `is_cut`: the text ends in the middle of it."""

    def __init__(self, problem: str, is_cut: bool = False) -> None:
        super().__init__(problem)
        self.is_cut = is_cut


def read_whole_number(text: str) -> int | str:
    """Give a number; one that is too long for arithmetic stays text."""
    return int(text) if len(text) <= LONGEST_NUMBER_DIGITS else text


@dataclass(slots=True)
class JsonReader:
    """Decodes values, and tells what is wrong with them."""

    names_twice: list[str] = field(default_factory=list)
    decoder: json.JSONDecoder = field(init=False)

    def __post_init__(self) -> None:
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self.keep_pairs,
            parse_constant=lambda _: None,
            parse_int=read_whole_number,
            strict=False,
        )

    def keep_pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Give an object and note when a name occurs twice in it."""
        values = dict(pairs)
        if len(values) != len(pairs):
            self.names_twice.append("twice")
        return values

    def decode(self, text: str) -> Any:
        """Give the value that `text` is.

        Raises:
            BrokenJsonError: `bad_json`, `too_deep`, `duplicate_keys`, `broken_character`.
        """
        try:
            value = self.decoder.decode(text)
        except RecursionError as error:
            raise BrokenJsonError("too_deep") from error
        except ValueError as error:
            raise BrokenJsonError("bad_json") from error
        if problem := self.problem(text):
            raise BrokenJsonError(problem)
        return value

    def problem(self, text: str) -> str:
        """Give what is wrong with the value that was just decoded from `text`, or nothing."""
        if self.names_twice:
            self.names_twice.clear()
            return "duplicate_keys"
        if any(mark in text for mark in SURROGATE_ESCAPES) and has_lone_surrogate(text):
            return "broken_character"
        return ""


def has_lone_surrogate(text: str) -> bool:
    """Tell whether a JSON text names half a character, which no file can hold."""
    try:
        json.dumps(json.loads(text, strict=False), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


@dataclass(slots=True)
class JsonScanner:
    """Walks through a JSON text, one value at a time."""

    file: TextIO
    reader: JsonReader = field(default_factory=JsonReader)
    buffer: str = ""
    place: int = 0
    line: int = 1
    is_at_end: bool = False

    def read_more(self) -> None:
        """Read as much again as is waiting, at least a block; what was taken is forgotten."""
        waiting = self.buffer[self.place :]
        block = self.file.read(max(BLOCK_CHARACTERS, len(waiting)))
        self.is_at_end = not block
        self.buffer, self.place = waiting + block, 0

    def peek(self) -> str:
        """Give the next character that is no blank, or nothing at the end."""
        while True:
            while self.place < len(self.buffer):
                mark = self.buffer[self.place]
                if mark not in BLANKS:
                    return mark
                self.line += mark == "\n"
                self.place += 1
            if self.is_at_end:
                return ""
            self.read_more()

    def take(self) -> None:
        """Take the character that `peek` gave."""
        self.place += 1

    def value(self) -> tuple[Any, str]:
        """Take a whole value and give it with its problem, if it has one that does not hide where it ends.

        Raises:
            BrokenJsonError: `bad_json`, `too_deep` or `row_too_long`; `line` is where.
        """
        self.peek()
        while True:
            found = self.decode_here()
            if found is not None and (found[1] < len(self.buffer) or self.is_at_end):
                value, end = found
                text = self.buffer[self.place : end]
                self.line += text.count("\n")
                self.place = end
                return value, self.reader.problem(text)
            if len(self.buffer) - self.place > LONGEST_ROW_CHARACTERS:
                raise BrokenJsonError("row_too_long")
            self.read_more()

    def decode_here(self) -> tuple[Any, int] | None:
        """Give the value that begins here and its end, or None where more has to be read."""
        self.reader.names_twice.clear()
        try:
            return self.reader.decoder.raw_decode(self.buffer, self.place)
        except RecursionError as error:
            raise BrokenJsonError("too_deep") from error
        except json.JSONDecodeError as error:
            is_cut = (
                error.msg.startswith("Unterminated")
                or error.pos > len(self.buffer) - LONGEST_LITERAL_CHARACTERS
            )
            if is_cut and not self.is_at_end:
                return None
            self.line += self.buffer.count("\n", self.place, error.pos)
            raise BrokenJsonError("bad_json", is_cut) from error
