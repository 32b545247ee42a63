"""Questions and answers written as a plain text, the way people keep them in a document.

Q: When do you open?
A: At nine.            ->  {"question": "When do you open?", "answer": "At nine."}
"""

import re
from collections.abc import Iterator
from pathlib import Path

from studio.domain.raw_rows import LONGEST_ROW_CHARACTERS, Position, RawRow, open_text

COLUMNS = ("question", "answer")
MARK = r"\W{{0,4}}(?:{names})\s?\d{{0,4}}\W{{0,3}}[:：]\W{{0,2}}\s*"
ASKS = re.compile(
    MARK.format(names="q|question|frage|pregunta|вопрос|问|问题|問|問題|質問"), re.IGNORECASE
)
SAYS = re.compile(MARK.format(names="a|answer|antwort|respuesta|ответ|答|答案|回答"), re.IGNORECASE)


def holds_pairs(head: str) -> bool:
    """Tell whether a text begins with a question that is marked as one, and an answer follows."""
    lines = head.splitlines()
    return bool(ASKS.match(lines[0])) and any(SAYS.match(line) for line in lines[1:])


def read_pairs(path: Path, encoding: str, position: Position) -> Iterator[RawRow]:
    """Read a text as rows of question and answer; each begins on the line of its question."""
    said: tuple[list[str], list[str]] = ([], [])
    start, side, length = 0, 0, 0
    with open_text(path, encoding, None, position) as file:
        pieces = iter(lambda: file.readline(LONGEST_ROW_CHARACTERS), "")
        for number, line in enumerate(pieces, 1):
            asks, says = ASKS.match(line), SAYS.match(line)
            if asks:
                if start:
                    yield pair(start, said, length)
                said, start, side, length = ([], []), number, 0, 0
            elif says and not side:
                side = 1
            mark = asks or (says if side and not said[1] else None)
            said[side].append(line[mark.end() :] if mark else line)
            length += len(line)
    if start:
        yield pair(start, said, length)


def pair(line: int, said: tuple[list[str], list[str]], length: int) -> RawRow:
    """Give a row of what was asked and what was answered."""
    if length > LONGEST_ROW_CHARACTERS:
        return RawRow(line, {}, "row_too_long")
    texts = ("".join(lines).strip() for lines in said)
    return RawRow(line, dict(zip(COLUMNS, texts, strict=True)))
