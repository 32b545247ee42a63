"""What a vote, a rating and a correction say, and what the running score may claim."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from studio.domain.judging import (
    LONGEST_CORRECTION_CHARACTERS,
    Candidate,
    correct,
    judgement_from_json,
    judgement_to_json,
    rate,
    vote,
)
from studio.domain.records import Message, Row
from studio.domain.scores import Score, count_score, evidence
from studio.errors import StudioError

HI = (Message("user", "Hi"),)
BASE, TUNED, THIRD = (
    Candidate(key, key, HI, text)
    for key, text in (("starter", "What"), ("3", "Hello"), ("4@20", "Yo"))
)


def test_a_vote_between_two_says_who_is_better() -> None:
    assert [*vote([BASE, TUNED], "better", 1, 0.0).results()] == [("3", "starter", 1)]
    assert [*vote([BASE, TUNED], "worse", 1, 0.0).results()] == [("3", "starter", -1)]
    assert [*vote([BASE, TUNED], "tie", None, 0.0).results()] == [("starter", "3", 0)]


def test_a_vote_among_three_says_nothing_of_the_two_that_it_does_not_name() -> None:
    three = [BASE, TUNED, THIRD]
    best = vote(three, "better", 0, 0.0).results()
    assert {*best} == {("starter", "3", 1), ("starter", "4@20", 1)}
    assert len([*vote(three, "tie", None, 0.0).results()]) == 3


@pytest.mark.parametrize(
    ("verdict", "place", "candidates"),
    [
        ("best", 0, [BASE, TUNED]),
        ("better", None, [BASE, TUNED]),
        ("better", 2, [BASE, TUNED]),
        ("better", -1, [BASE, TUNED]),
        ("tie", 0, [BASE, TUNED]),
        ("better", 0, [BASE]),
    ],
)
def test_a_vote_that_names_nothing_is_none(
    verdict: str, place: int | None, candidates: list[Candidate]
) -> None:
    with pytest.raises(StudioError, match=r"judge\.unclear"):
        vote(candidates, verdict, place, 0.0)


def test_a_rating_has_some_of_the_criteria_from_one_to_five() -> None:
    assert rate(BASE, {"relevance": 5, "accuracy": None}, 0.0).scores == {"relevance": 5}
    bad: list[dict[str, Any]] = [{}, {"relevance": 6}, {"relevance": 0}, {"accuracy": "5"}]
    for scores in [*bad, {"accuracy": 2.5}, {"beauty": 3}]:
        with pytest.raises(StudioError, match=r"judge\.unclear"):
            rate(BASE, scores, 0.0)


def test_a_correction_is_another_answer() -> None:
    taught = correct(BASE, " Hello there ", 0.0)
    assert taught.lesson() == Row((*HI, Message("assistant", "Hello there")), 0)
    for right, code in (("  ", "no_answer"), ("What ", "same_answer")):
        with pytest.raises(StudioError, match=code):
            correct(BASE, right, 0.0)
    with pytest.raises(StudioError, match="too_long"):
        correct(BASE, "x" * (LONGEST_CORRECTION_CHARACTERS + 1), 0.0)


def test_better_and_worse_answers_to_the_same_conversation_can_be_learned() -> None:
    chosen = (*HI, Message("assistant", "Hello"))
    row = Row(chosen, 0, "preference", rejected=(Message("assistant", "What"),))
    assert [*vote([BASE, TUNED], "better", 1, 0.0).preferences()] == [row]
    assert [*vote([BASE, TUNED], "worse", 0, 0.0).preferences()] == [row]
    assert [*correct(BASE, "Hello", 0.0).preferences()] == [row]
    assert [*vote([BASE, TUNED], "tie", None, 0.0).preferences()] == []
    assert [*rate(BASE, {"accuracy": 1}, 0.0).preferences()] == []


def test_answers_to_different_conversations_and_equal_ones_are_no_preference() -> None:
    later = Candidate("3", "3", (*HI, Message("assistant", "Hello"), *HI), "Hello")
    equal = Candidate("3", "3", HI, "What")
    for other in (later, equal):
        assert [*vote([BASE, other], "better", 1, 0.0).preferences()] == []


@pytest.mark.parametrize(
    "judgement",
    [
        vote([BASE, TUNED], "better", 0, 1.5),
        vote([BASE, TUNED, THIRD], "tie", None, 1.5),
        rate(TUNED, {"relevance": 1, "readability": 5}, 1.5),
        correct(TUNED, "Good day", 1.5),
    ],
)
def test_a_judgement_is_stored_whole(judgement: Any) -> None:
    assert judgement_from_json(judgement_to_json(judgement)) == judgement


def test_votes_are_counted_from_either_side() -> None:
    results = [("a", "b", 1), ("b", "a", 1), ("b", "a", -1), ("a", "b", 0), ("a", "c", 1)]
    assert count_score(results, "a", "b") == Score(2, 1, 1)
    assert count_score(results, "b", "a") == Score(1, 2, 1)


@pytest.mark.parametrize(
    ("wins", "losses", "likelihoods"),
    # Of n votes that are all the same: 2^n / (n + 1). Of 9 and 1: 2^10 · 9! · 1! / 11! = 1024 / 110.
    [(0, 0, 1), (8, 0, 256 / 9), (0, 7, 128 / 8), (9, 1, 1024 / 110), (2, 2, 16 / 30)],
)
def test_evidence_is_that_of_the_formula(wins: int, losses: int, likelihoods: float) -> None:
    assert evidence(wins, losses, 0.5) == pytest.approx(math.log(likelihoods))


@pytest.mark.parametrize(
    ("score", "is_clear", "more"),
    [
        (Score(), False, 8),
        (Score(1, 0), False, 7),
        (Score(7, 0), False, 1),
        (Score(8, 0), True, 0),
        (Score(0, 8), True, 0),
        (Score(10, 1), False, 1),
        (Score(11, 1), True, 0),
        (Score(20, 10), False, 60),
        (Score(20, 10, 30), False, 120),
        (Score(6, 6), False, None),
        (Score(0, 0, 5), False, 8),
    ],
)
def test_a_score_tells_when_it_is_clear(score: Score, is_clear: bool, more: int | None) -> None:
    assert (score.is_clear, score.votes_until_clear()) == (is_clear, more)


def test_the_interval_holds_what_is_not_ruled_out() -> None:
    for wins, losses in itertools.product(range(12), repeat=2):
        score = Score(wins, losses)
        low, high = score.interval()
        share = 0.5 if score.share is None else score.share
        assert 0 <= low <= share <= high <= 1
        assert score.is_clear == (not low <= 0.5 <= high)
        mirrored = Score(losses, wins).interval()
        assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-5)
    # The share whose eighth power is 1/20 of what any share gives eight equal votes, 1/9.
    assert Score(8, 0).interval() == pytest.approx(((1 / 180) ** (1 / 8), 1.0), abs=1e-5)
    assert Score(0, 0, 3).interval() == (0.0, 1.0)


def test_whoever_looks_after_every_vote_is_seldom_fooled() -> None:
    """Of 400 pairs that are equally good, a sign test looked at 100 times calls a quarter clear; this one may one in twenty."""
    draw, fooled = np.random.default_rng(1), 0
    for _ in range(400):
        wins = 0
        for votes in range(1, 101):
            wins += int(draw.integers(2))
            if evidence(wins, votes - wins, 0.5) >= math.log(20):
                fooled += 1
                break
    assert fooled / 400 <= 0.05
