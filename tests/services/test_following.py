"""What comes from the models on its way to a page: often enough for the eye, and no oftener."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from studio.services import playground
from studio.services.playground import UPDATE_SECONDS, WAIT_SECONDS, Answer, follow


class Spoken:
    """Replies that come at their times, by a clock of their own."""

    def __init__(self, replies: list[tuple[float, dict[str, Any]]]) -> None:
        self.replies = sorted(replies, key=lambda pair: pair[0])
        self.now = 0.0
        self.is_closed = False

    def read(self, timeout_seconds: float) -> dict[str, Any] | None:
        if self.replies and self.replies[0][0] <= self.now + timeout_seconds:
            at, reply = self.replies.pop(0)
            self.now = max(self.now, at)
            return reply
        self.now += timeout_seconds
        return None


def listen(
    monkeypatch: pytest.MonkeyPatch, replies: list[tuple[float, dict[str, Any]]]
) -> list[tuple[float, list[str]]]:
    """Give what two columns had said, and when that was given."""
    spoken: Any = Spoken(replies)
    monkeypatch.setattr(playground, "time", SimpleNamespace(monotonic=lambda: spoken.now))
    steps = follow(spoken, [Answer(), Answer()])
    return [(spoken.now, [answer.text for answer in step.answers]) for step in steps]


def test_fifty_words_a_second_are_twenty_updates_of_each_column(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replies: list[tuple[float, dict[str, Any]]] = [
        (turn * 0.04 + place * 0.003, {"column": place, "text": "x" * turn})
        for turn in range(1, 51)
        for place in range(2)
    ]
    given = listen(monkeypatch, [*replies, (2.1, {"done": True})])
    grown = [
        sum(now != before for now, before in zip(texts, earlier, strict=True))
        for (_, earlier), (_, texts) in pairwise(given)
    ]
    assert 38 * 2 <= sum(grown) <= 42 * 2
    assert all(b[0] - a[0] >= UPDATE_SECONDS - 1e-9 for a, b in pairwise(given[:-1]))


def test_the_last_word_does_not_wait_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    replies: list[tuple[float, dict[str, Any]]] = [
        (1.0, {"column": 0, "text": "one"}),
        (1.01, {"column": 0, "text": "one two"}),
        (3.0, {"done": True}),
    ]
    given = listen(monkeypatch, replies)
    shown = next(at for at, texts in given if texts[0] == "one two")
    assert shown <= 1.0 + UPDATE_SECONDS + 1e-9
    gaps = [b[0] - a[0] for a, b in pairwise(given)]
    assert max(gaps) <= WAIT_SECONDS + 1e-9
