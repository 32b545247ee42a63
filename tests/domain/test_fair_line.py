"""The line of the playground: visitors take turns, and a question can leave it."""

from studio.domain.fair_line import FairLine


def line_of(*asked: tuple[str, int]) -> FairLine[int]:
    line: FairLine[int] = FairLine()
    for visitor, number in asked:
        line.add(visitor, number)
    return line


def test_one_with_many_questions_lets_the_others_in_between() -> None:
    line = line_of(("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5))
    assert line.order() == [1, 4, 5, 2, 3]
    assert [line.take() for _ in range(6)] == [1, 4, 5, 2, 3, None]


def test_who_was_served_and_asks_again_comes_last() -> None:
    line = line_of(("a", 1), ("b", 2))
    assert line.take() == 1
    line.add("a", 3)
    assert line.order() == [2, 3]


def test_a_question_that_is_taken_back_keeps_nobody_waiting() -> None:
    line = line_of(("a", 1), ("b", 2))
    assert line.drop(1)
    assert not line.drop(1)
    assert line.order() == [2]
