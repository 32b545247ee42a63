"""Find the rows that say something, in files of any size: bytes first, and a look at the row only where bytes may deceive."""

import json
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import Index, Version, rows_file
from studio.domain.records import Row, row_from_line

BLOCK_BYTES = 8 * 2**20
# The words and numbers that JSON puts around what a row says; what is found in them may not be in the row.
SCAFFOLD = (
    'messages role content user assistant system tool tool_calls line rejected kind preference thumbs source tools text '
    'is_good label expect true false chat": [{"}], '
)  # fmt: skip


def find_text(version: Version, wanted: str) -> np.ndarray:
    """Tell for every row of a version whether it says `wanted`, whatever the case."""
    index = version.index()
    needles = spellings(wanted)
    is_found = np.zeros(len(index), dtype=bool)
    for number in np.unique(index["file"]).tolist():
        starts = np.fromiter(hits(rows_file(version.dataset, number), needles), np.uint64)
        is_found |= (index["file"] == number) & np.isin(index["offset"], starts)
    if may_be_scaffold(wanted):
        keep_sayings(version, index, is_found, wanted)
    return is_found


def spellings(wanted: str) -> list[bytes]:
    """Give the bytes to look for: as JSON writes them, the letters of English in lower case, others in either case."""
    cases = (wanted, wanted.lower(), wanted.upper(), wanted.capitalize(), wanted.title())
    written = (
        json.dumps(case, ensure_ascii=False)[1:-1].encode("utf-8", "replace") for case in cases
    )
    return [*dict.fromkeys(one.lower() for one in written)]


def hits(path: Path, needles: list[bytes]) -> Iterator[int]:
    """Give the offset of every line of a file that holds one of the needles, once each."""
    found = re.compile(b"|".join(re.escape(needle) for needle in needles))
    with path.open("rb") as file:
        if not path.stat().st_size:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as stored:
            start = 0
            while start < len(stored):
                end = stored.find(b"\n", min(start + BLOCK_BYTES, len(stored)) - 1) + 1 or len(
                    stored
                )
                block = stored[start:end].lower()
                place = 0
                while (hit := found.search(block, place)) is not None:
                    yield start + block.rfind(b"\n", 0, hit.start()) + 1
                    place = block.find(b"\n", hit.end() - 1) + 1 or len(block)
                start = end


def may_be_scaffold(wanted: str) -> bool:
    """Tell whether a hit may lie in what JSON puts around the words of a row."""
    said = wanted.lower()
    return said in SCAFFOLD or any(letter.isdigit() or letter in '"\\' for letter in said)


def keep_sayings(version: Version, index: Index, is_found: np.ndarray, wanted: str) -> None:
    """Leave in `is_found` only the rows whose words really hold `wanted`."""
    places = np.flatnonzero(is_found)
    said = wanted.casefold()
    for place, line in zip(places.tolist(), version.lines(places), strict=True):
        is_found[place] = said in "\n".join(sayings(row_from_line(line))).casefold()


def sayings(row: Row) -> Iterator[str]:
    """Give everything that a row says."""
    for message in (*row.messages, *row.rejected):
        yield message.content
        for call in message.tool_calls:
            yield call.name
            yield call.arguments
    yield row.text
    yield row.tools
    yield row.label or ""
