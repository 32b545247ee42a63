"""How the answers to the same questions change while a model learns: what it said when, and what is new in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

# Words; letters of scripts without spaces one by one; everything else as it is.
PARTS = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]|\w+|\s+|.", re.DOTALL)
# Of an answer with less in common than this everything is new, and marking everything tells nothing.
FEWEST_IN_COMMON = 1 / 3


@dataclass(frozen=True, slots=True)
class StopTest:
    """Of so many answers to learned questions so many ended by themselves."""

    asked: int
    ended: int


@dataclass(frozen=True, slots=True)
class Saying:
    """What was said to one question from one look to another, always the same; cut off where it had not ended."""

    first_step: int
    last_step: int
    text: str
    has_ended: bool


@dataclass(slots=True)
class Watched:
    """What a training told of its test questions so far. `looks` are (step, one answer per question)."""

    prompts: list[dict[str, str]] = field(default_factory=list)
    is_learned: bool = False
    """The questions are from examples that are learned, since none are held out."""
    looks: list[tuple[int, list[dict[str, Any]]]] = field(default_factory=list)
    stop_test: StopTest | None = None

    def sayings(self, place: int) -> list[Saying]:
        """Give what was said to one question in order; what did not change from look to look is one."""
        found: list[Saying] = []
        for step, answers in self.looks:
            if place >= len(answers):
                # A training that goes on with an older one may ask more than that did.
                continue
            text, has_ended = answers[place]["text"].strip(), answers[place]["has_ended"]
            first = step
            if found and (found[-1].text, found[-1].has_ended) == (text, has_ended):
                first = found.pop().first_step
            found.append(Saying(first, step, text, has_ended))
        return found


def mark_new(before: str, after: str) -> list[tuple[str, bool]]:
    """Give `after` in pieces of (text, is it new), compared word by word; nothing is marked where too much is new."""
    old, new = PARTS.findall(before), PARTS.findall(after)
    pieces = [
        ("".join(new[first:last]), kind != "equal")
        for kind, _, _, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if last > first
    ]
    kept = sum(count_words(text) for text, is_new in pieces if not is_new)
    if kept < FEWEST_IN_COMMON * count_words(after):
        return [(after, False)] if after else []
    return join_alike(pieces)


def count_words(text: str) -> int:
    """Give the words of a text, signs left out."""
    return sum(part.isalnum() for part in PARTS.findall(text))


def join_alike(pieces: Sequence[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Join neighbours of one sort; a space between two new words is new, too."""
    joined: list[tuple[str, bool]] = []
    for place, (text, is_new) in enumerate(pieces):
        is_between = 0 < place < len(pieces) - 1 and not text.strip() and not is_new
        sort = is_new or (is_between and pieces[place - 1][1] and pieces[place + 1][1])
        if joined and joined[-1][1] == sort:
            joined[-1] = (joined[-1][0] + text, sort)
        else:
            joined.append((text, sort))
    return joined
