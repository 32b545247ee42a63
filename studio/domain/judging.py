"""What people say about answers: which one is better, how good one is, what would have been right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from studio.domain.records import Message, Row, message_from_json, message_to_json
from studio.errors import StudioError

Verdict = Literal["better", "worse", "tie"]
Kind = Literal["vote", "rating", "correction"]
CRITERIA = ("relevance", "accuracy", "readability")
LOWEST_SCORE, HIGHEST_SCORE = 1, 5
LONGEST_CORRECTION_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer to judge: whose column it is from (`key`, and `name` as it was then), what it answers, and its text."""

    key: str
    name: str
    conversation: tuple[Message, ...]
    text: str

    @property
    def question(self) -> str:
        """Give what was asked last."""
        return self.conversation[-1].content


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing that somebody said about answers; make it with `vote`, `rate` or `correct`.

    `place` is the candidate that is better or worse than all others, or that is rated or corrected. `scores` are 1 to 5 by
    criterion, `right` is the answer that should have been given. `time` is in Unix seconds.
    """

    kind: Kind
    candidates: tuple[Candidate, ...]
    time: float
    verdict: Verdict | None = None
    place: int | None = None
    scores: Mapping[str, int] = field(default_factory=dict)
    right: str = ""

    def results(self) -> Iterator[tuple[str, str, int]]:
        """Give of a vote each pair of columns that it says something about: 1, the first is better; -1, worse; 0, neither."""
        if self.kind != "vote":
            return
        keys = [candidate.key for candidate in self.candidates]
        if self.verdict == "tie":
            yield from ((a, b, 0) for at, a in enumerate(keys) for b in keys[at + 1 :])
            return
        chosen = keys[self.place or 0]
        sign = 1 if self.verdict == "better" else -1
        yield from ((chosen, key, sign) for key in keys if key != chosen)

    def preferences(self) -> Iterator[Row]:
        """Give what can be learned from it as better and worse answers to the same conversation.

        Where two columns had different conversations behind them, neither answer would be one to the other's.
        """
        for better, worse in self._pairs():
            if better.conversation == worse.conversation and better.text != worse.text:
                turns = (*better.conversation, Message("assistant", better.text))
                yield Row(turns, 0, "preference", rejected=(Message("assistant", worse.text),))

    def _pairs(self) -> Iterator[tuple[Candidate, Candidate]]:
        if self.place is None or self.kind == "rating":
            return
        chosen = self.candidates[self.place]
        if self.kind == "correction":
            right = Candidate("", "", chosen.conversation, self.right)
            yield right, chosen
            return
        for other in self.candidates:
            if other is not chosen:
                yield (chosen, other) if self.verdict == "better" else (other, chosen)

    def lesson(self) -> Row | None:
        """Give what a correction teaches, as an example; None of a vote or a rating."""
        if self.kind != "correction" or self.place is None:
            return None
        asked = self.candidates[self.place].conversation
        return Row((*asked, Message("assistant", self.right)), 0)


def vote(
    candidates: Sequence[Candidate], verdict: str, place: int | None, time: float
) -> Judgement:
    """Give a vote: the candidate at `place` is better or worse than all others, or (tie) none is.

    Raises:
        StudioError: `judge.unclear`.
    """
    is_tie = verdict == "tie"
    if verdict not in get_args(Verdict) or len(candidates) < 2 or is_tie != (place is None):
        raise StudioError("judge.unclear")
    if place is not None and not 0 <= place < len(candidates):
        raise StudioError("judge.unclear")
    known: Verdict = "tie" if is_tie else ("better" if verdict == "better" else "worse")
    return Judgement("vote", tuple(candidates), time, known, place)


def rate(candidate: Candidate, scores: Mapping[str, Any], time: float) -> Judgement:
    """Give a rating; criteria that somebody left out are not rated.

    Raises:
        StudioError: `judge.unclear`.
    """
    given = {name: scores[name] for name in CRITERIA if scores.get(name) is not None}
    is_clear = all(
        isinstance(value, int) and LOWEST_SCORE <= value <= HIGHEST_SCORE
        for value in given.values()
    )
    if not given or not is_clear or not scores.keys() <= set(CRITERIA):
        raise StudioError("judge.unclear")
    return Judgement("rating", (candidate,), time, place=0, scores=given)


def correct(candidate: Candidate, right: str, time: float) -> Judgement:
    """Give a correction.

    Raises:
        StudioError: `judge.no_answer`, `judge.same_answer`, `judge.too_long`.
    """
    right = right.strip()
    if not right:
        raise StudioError("judge.no_answer")
    if len(right) > LONGEST_CORRECTION_CHARACTERS:
        raise StudioError("judge.too_long", most=LONGEST_CORRECTION_CHARACTERS)
    if right == candidate.text.strip():
        raise StudioError("judge.same_answer")
    return Judgement("correction", (candidate,), time, place=0, right=right)


def judgement_to_json(judgement: Judgement) -> dict[str, Any]:
    """Give a judgement as JSON; fields at their defaults are left out."""
    stored = asdict(judgement)
    stored["candidates"] = [
        {
            **asdict(candidate),
            "conversation": [message_to_json(turn) for turn in candidate.conversation],
        }
        for candidate in judgement.candidates
    ]
    return {name: value for name, value in stored.items() if value not in (None, "", {})}


def judgement_from_json(stored: dict[str, Any]) -> Judgement:
    """Give the judgement that `judgement_to_json` stored."""
    candidates = tuple(
        Candidate(
            one["key"],
            one["name"],
            tuple(message_from_json(turn) for turn in one["conversation"]),
            one["text"],
        )
        for one in stored["candidates"]
    )
    values: dict[str, Any] = {**stored, "candidates": candidates}
    return Judgement(**values)
