"""Where the answers of several models differ, word by word, and where that was chance.

A model that finds two words equally likely takes either of them, as its numbers come out in that batch (`ties`). What it
says after such a word may differ for no other reason, so from there on nothing is called a difference of the models.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from studio.domain.looks import FEWEST_IN_COMMON, PARTS, count_words

# Models that repeat themselves to no end would be compared for seconds. Five hundred words of a text have a quarter of it.
MOST_PAIRS = 10_000
Kind = Literal["same", "differs", "chance"]
Piece = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: the characters at which chance decided, and whether it was cut off before its end."""

    text: str
    ties: tuple[int, ...] = ()
    is_cut: bool = False


class Parts:
    """An answer in words, signs and spaces, and which of them chance decided."""

    def __init__(self, said: Said) -> None:
        self.words = PARTS.findall(said.text)
        self.is_cut = said.is_cut
        self.starts = [0, *accumulate(len(word) for word in self.words)]
        self.ties = sorted(self._part_at(place) for place in said.ties)

    def _part_at(self, place: int) -> int:
        """Give the part that a word piece is in which begins at a character; one that begins with a space begins a word."""
        part = bisect_right(self.starts, place) - 1
        is_space = part < len(self.words) and self.words[part].isspace()
        return part + 1 if is_space else part

    def tie_in(self, first: int, last: int) -> int | None:
        """Give how far into a range of parts the first one is that chance decided; an empty range has the part behind it."""
        found = (tie - first for tie in self.ties if first <= tie < max(last, first + 1))
        return next(found, None)

    def is_open(self, last: int) -> bool:
        """Tell whether a range reaches an end that nobody knows how it would have gone on."""
        return self.is_cut and last == len(self.words)


# Every redraw of a conversation compares all of its turns.
@lru_cache(maxsize=256)
def compare(one: Said, other: Said) -> tuple[list[Piece], list[Piece]]:
    """Give both answers in pieces; nothing is marked where they have too little in common to tell anything."""
    left, right = Parts(one), Parts(other)
    if count_pairs(left.words, right.words) > MOST_PAIRS:
        return plain(one), plain(other)
    mine: list[Piece] = []
    theirs: list[Piece] = []
    is_chance = False
    # A space between words that differ is no common ground, and there are as many of them as there are words.
    matcher = SequenceMatcher(str.isspace, left.words, right.words, autojunk=False)
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        ours, others = left.words[a1:a2], right.words[b1:b2]
        if kind == "equal" or left.is_open(a2) or right.is_open(b2):
            put(mine, ours, "same")
            put(theirs, others, "same")
            continue
        ties = [tie for tie in (left.tie_in(a1, a2), right.tie_in(b1, b2)) if tie is not None]
        sure = 0 if is_chance else min(ties, default=len(ours) + len(others))
        is_chance = is_chance or bool(ties)
        for pieces, words in ((mine, ours), (theirs, others)):
            at = sure if "".join(words[:sure]).strip() else 0
            put(pieces, words[:at], "differs")
            put(pieces, words[at:], "chance" if is_chance else "differs")
    kept = sum(count_words(text) for text, kind in mine if kind == "same")
    if kept < FEWEST_IN_COMMON * max(count_words(one.text), count_words(other.text)):
        return plain(one), plain(other)
    return join_alike(mine), join_alike(theirs)


def count_pairs(ours: Sequence[str], others: Sequence[str]) -> int:
    """Give how often a word of one side could be one of the other."""
    mine, theirs = Counter(ours), Counter(others)
    return sum(n * theirs[word] for word, n in mine.items() if not word.isspace())


def put(pieces: list[Piece], words: Sequence[str], kind: Kind) -> None:
    """Put words at the end."""
    if words:
        pieces.append(("".join(words), kind))


def plain(said: Said) -> list[Piece]:
    """Give an answer with nothing marked."""
    return [(said.text, "same")] if said.text else []


def join_alike(pieces: Sequence[Piece]) -> list[Piece]:
    """Join neighbours of one kind; a space between two words of one kind is of that kind."""
    joined: list[Piece] = []
    for place, (text, kind) in enumerate(pieces):
        neighbours = {pieces[at][1] for at in (place - 1, place + 1) if 0 <= at < len(pieces)}
        is_between = kind == "same" and not text.strip() and 0 < place < len(pieces) - 1
        sort: Kind = next(iter(neighbours)) if is_between and len(neighbours) == 1 else kind
        if joined and joined[-1][1] == sort:
            joined[-1] = (joined[-1][0] + text, sort)
        else:
            joined.append((text, sort))
    return joined


def mark_differences(answers: Sequence[Said | None]) -> list[list[Piece]]:
    """Give each answer in pieces, compared with the first one there is (of two, each with the other); None was not given."""
    given = [place for place, answer in enumerate(answers) if answer is not None]
    pieces = [plain(answer) if answer is not None else [] for answer in answers]
    for place in given[1:]:
        one, other = answers[given[0]], answers[place]
        if one is not None and other is not None:
            first, pieces[place] = compare(one, other)
            if len(given) == 2:
                pieces[given[0]] = first
    return pieces
