"""How answers change from look to look, and what is new in them."""

from typing import Any

import pytest

from studio.domain.looks import Watched, mark_new


def look(step: int, *texts: str, has_ended: bool = True) -> tuple[int, list[dict[str, Any]]]:
    return step, [{"text": text, "has_ended": has_ended} for text in texts]


def test_what_does_not_change_from_look_to_look_is_said_once() -> None:
    watched = Watched(looks=[look(0, "a", "x"), look(5, "b ", "x"), look(10, "b", "x")])
    said = [(one.first_step, one.last_step, one.text) for one in watched.sayings(0)]
    assert said == [(0, 0, "a"), (5, 10, "b")]
    assert [(one.first_step, one.last_step) for one in watched.sayings(1)] == [(0, 10)]


def test_an_answer_that_was_cut_off_is_another_one_than_the_whole() -> None:
    watched = Watched(looks=[look(0, "a", has_ended=False), look(5, "a")])
    assert [one.has_ended for one in watched.sayings(0)] == [False, True]


def test_a_look_that_knew_fewer_questions_is_passed_over() -> None:
    watched = Watched(looks=[look(0, "a"), look(5, "b", "y")])
    assert [one.first_step for one in watched.sayings(1)] == [5]


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ("We open at nine.", "We open at ten.", ["ten"]),
        ("We open at nine.", "We open at nine.", []),
        ("We open at nine.", "We always open at half past nine.", [" always", " half past"]),
        ("我们九点开门。", "我们十点开门。", ["十"]),
        ("We open at nine.", "Call 555 0142, thank you!", []),
        ("", "Anything", []),
        ("We open at nine.", "", []),
    ],
)
def test_new_words_are_marked_unless_nothing_is_left_of_the_old(
    before: str, after: str, new: list[str]
) -> None:
    pieces = mark_new(before, after)
    assert "".join(text for text, _ in pieces) == after
    assert [text.strip() for text, is_new in pieces if is_new] == [text.strip() for text in new]
