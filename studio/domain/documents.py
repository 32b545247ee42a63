"""Plain texts: TXT and Markdown, as pages of whole paragraphs that are learned as they stand."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from studio.domain.raw_rows import Position, RawRow, open_text

LONGEST_PAGE_CHARACTERS = 4_000
# A line is read in pieces of this length.
LONGEST_PIECE_CHARACTERS = 1_000
# A heading begins a new page where the last one is at least this full.
EARLIEST_END_CHARACTERS = 1_000
FENCE = re.compile(r"\s{0,3}(```|~~~)")
HEADING = re.compile(r"#{1,6}\s")
# Where a long line may be cut: behind a sentence, else behind a word.
ENDS = (re.compile(r"[.!?…][\"'”’)]*\s+|[。！？][」』”’）]*"), re.compile(r"\s+"))


def read_document(path: Path, encoding: str, position: Position) -> Iterator[RawRow]:
    """Read a text as `{"text": page}`: paragraphs stay whole, at most `LONGEST_PAGE_CHARACTERS` on a page."""
    page: list[str] = []
    start, length = 0, 0
    for line, paragraph in read_paragraphs(path, encoding, position):
        is_full = length + len(paragraph) > LONGEST_PAGE_CHARACTERS
        is_chapter = length >= EARLIEST_END_CHARACTERS and HEADING.match(paragraph)
        if page and (is_full or is_chapter):
            heading = [page.pop()] if len(page) > 1 and HEADING.match(page[-1]) else []
            yield RawRow(start, {"text": "\n\n".join(page)})
            page, length, start = heading, sum(map(len, heading)), line
        start = start if page else line
        page.append(paragraph)
        length += len(paragraph) + 2
    if page:
        yield RawRow(start, {"text": "\n\n".join(page)})


def read_paragraphs(path: Path, encoding: str, position: Position) -> Iterator[tuple[int, str]]:
    """Give each paragraph and its first line. A block of code is one paragraph, blank lines and all, if a page holds it."""
    lines: list[str] = []
    start, length, is_code = 1, 0, False
    with open_text(path, encoding, None, position) as file:
        pieces = iter(lambda: file.readline(LONGEST_PIECE_CHARACTERS), "")
        number = 1
        for text in chain(pieces, ("",)):
            is_code = is_code != bool(FENCE.match(text)) if text else False
            is_border = not text.strip() and not is_code
            if lines and (is_border or length + len(text) > LONGEST_PAGE_CHARACTERS):
                kept = "" if is_border else split_at_sentence(lines)
                if paragraph := "".join(lines).strip("\n"):
                    yield start, paragraph
                lines, length, start = ([kept] if kept else []), len(kept), number
            if not is_border:
                start = start if lines else number
                lines.append(text)
                length += len(text)
            number += text.endswith("\n")


def split_at_sentence(lines: list[str]) -> str:
    """Take what follows the last end of a sentence or word off `lines` and give it."""
    last = lines[-1]
    if last.endswith("\n"):
        return ""
    for end in ENDS:
        places = [found.end() for found in end.finditer(last) if found.end() * 2 >= len(last)]
        if places:
            lines[-1] = last[: places[-1]]
            return last[places[-1] :]
    return ""
