"""Encodings: UTF-8, UTF-16 and UTF-32 by their mark, else UTF-8, else the guess that fits, with a notice."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from studio.domain.raw_rows import Notice
from studio.errors import StudioError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BLOCK_BYTES = 1 << 20
HEAD_BYTES = 4_096
CONTROLS = bytes(sorted(set(range(32)) - {9, 10, 12, 13, 27}))
UNDEFINED_IN_WINDOWS = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's letters are written, and how many lines it has."""

    name: str
    lines: int
    notices: tuple[Notice, ...] = ()


def find_encoding(path: Path) -> Encoding:
    """Give the encoding that reads the whole file, with a notice where it is unusual or guessed.

    Raises:
        StudioError: `data.not_text` with the line that holds something else.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), wide_without_mark(head))
    is_read, lines = read_through(path, marked or "utf-8")
    if is_read and marked in (None, "utf-8-sig"):
        return Encoding(marked or "utf-8", lines)
    if is_read and marked:
        return Encoding(marked, lines, (Notice("encoding", {"name": marked.upper()}),))
    if marked:
        raise StudioError("data.not_text", line=lines)
    for name, shown, fits in (
        ("gb18030", "GB18030", looks_chinese),
        ("cp1252", "Windows-1252", reads_as_windows),
    ):
        if fits(path):
            is_read, lines_read = read_through(path, name)
            if is_read:
                return Encoding(name, lines_read, (Notice("encoding_guessed", {"name": shown}),))
    raise StudioError("data.not_text", line=lines)


def read_through(path: Path, encoding: str) -> tuple[bool, int]:
    """Tell whether the whole file can be read, and give its number of lines (up to where it cannot).

    Raises:
        StudioError: `data.not_text` for the character that no text holds.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return False, line + error.object[: error.start].count(b"\n")
            if "\x00" in text:
                where = line + text[: text.index("\x00")].count("\n")
                raise StudioError("data.not_text", line=where)
            line += text.count("\n")
            if not block:
                return True, line


def wide_without_mark(head: bytes) -> str | None:
    """Give the UTF-16 that a file without a mark is in: every second byte of plain letters is nothing."""
    half = max(len(head) // 2, 1)
    even, odd = head[::2].count(0) / half, head[1::2].count(0) / half
    if len(head) >= 4 and max(even, odd) > 0.4 and min(even, odd) < 0.05:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def looks_chinese(path: Path) -> bool:
    """Tell whether the bytes above ASCII come in pairs, as Chinese letters do; accents stand alone."""
    with path.open("rb") as file:
        runs = re.findall(rb"[\x80-\xff]+", file.read(BLOCK_BYTES))
    high_bytes = sum(map(len, runs))
    return high_bytes > 0 and sum(len(run) for run in runs if len(run) % 2 == 0) > 0.8 * high_bytes


def reads_as_windows(path: Path) -> bool:
    """Tell whether the file is text in Windows-1252: no control characters, no undefined bytes."""
    unwanted = CONTROLS + UNDEFINED_IN_WINDOWS
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if len(block.translate(None, unwanted)) != len(block):
                return False
    return True
