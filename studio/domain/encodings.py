"""Encodings: UTF-8, UTF-16 and UTF-32 by their mark, else UTF-8, else the guess that fits, with a notice.

Bytes above ASCII that stand alone are the accents of Windows-1252; where they stand in rows the letters themselves are
foreign, and charset-normalizer tells whose they are.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

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
# Encodings of letters that are not Latin, as people know them.
FOREIGN = {
    "gb18030": "GB18030", "big5": "Big5", "cp932": "Shift-JIS", "euc_jp": "EUC-JP", "cp949": "EUC-KR",
    "cp1251": "Windows-1251", "koi8_r": "KOI8-R", "cp1253": "Windows-1253", "cp1255": "Windows-1255",
    "cp1256": "Windows-1256", "cp874": "Windows-874",
}  # fmt: skip
PAIRED = frozenset(("gb18030", "big5", "cp932", "euc_jp", "cp949"))
GUESSED_BYTES = 1 << 16
RUNS = re.compile(rb"[\x80-\xff]+")
# The first bytes of the Chinese letters and signs in daily use.
CHINESE_PAIRS = re.compile(rb"[\xa1-\xa9\xb0-\xd7][\xa1-\xfe]")
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
    for name, shown in guesses(path):
        is_read, lines_read = read_through(path, name)
        if is_read:
            return Encoding(name, lines_read, (Notice("encoding_guessed", {"name": shown}),))
    raise StudioError("data.not_text", line=lines)


def guesses(path: Path) -> Iterator[tuple[str, str]]:
    """Give the encodings that a file may be in, the likeliest first, each with the name that people know it by."""
    if not is_plain(path):
        return
    with path.open("rb") as file:
        sample = file.read(BLOCK_BYTES)
    if has_foreign_letters(sample):
        found = from_bytes(some_lines(sample), cp_isolation=[*FOREIGN]).best()
        name = found.encoding if found else ""
        if name not in PAIRED and looks_chinese(sample):
            name = "gb18030"
        if name:
            yield name, FOREIGN[name]
    if reads_as_windows(path):
        yield "cp1252", "Windows-1252"


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


def some_lines(sample: bytes) -> bytes:
    """Give whole lines with letters above ASCII, as many as a guess needs."""
    lines = [line for line in sample.split(b"\n")[:-1] if not line.isascii()]
    chosen = b"\n".join(lines)[:GUESSED_BYTES]
    return chosen.rpartition(b"\n")[0] or chosen or sample


def has_foreign_letters(sample: bytes) -> bool:
    """Tell whether bytes above ASCII stand in rows, as the letters of words do; accents stand alone."""
    runs = RUNS.findall(sample)
    alone = sum(len(run) == 1 for run in runs)
    return alone * 2 < sum(map(len, runs))


def looks_chinese(sample: bytes) -> bool:
    """Tell whether nearly all bytes above ASCII are pairs of Chinese letters in daily use."""
    runs = RUNS.findall(sample)
    pairs = sum(2 * len(CHINESE_PAIRS.findall(run)) for run in runs if len(run) % 2 == 0)
    return pairs > 0.9 * sum(map(len, runs))


def is_plain(path: Path) -> bool:
    """Tell whether a file holds no control characters, as every text does."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if len(block.translate(None, CONTROLS)) != len(block):
                return False
    return True


def reads_as_windows(path: Path) -> bool:
    """Tell whether a file has no bytes that Windows-1252 leaves undefined."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if len(block.translate(None, UNDEFINED_IN_WINDOWS)) != len(block):
                return False
    return True
