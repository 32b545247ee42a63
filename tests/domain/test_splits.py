"""The held-out part: fixed, fair, and never asked in training."""

from studio.domain.records import ChatRow, Message
from studio.domain.splits import MOST_HELD_OUT_ROWS, split_held_out


def rows(questions: list[str]) -> list[ChatRow]:
    return [
        ChatRow((Message("user", q), Message("assistant", "x")), line)
        for line, q in enumerate(questions, 1)
    ]


def test_every_row_is_on_exactly_one_side() -> None:
    learned, held_out = split_held_out(rows([f"q{i}" for i in range(100)]), 10)
    assert len(held_out) == 10
    assert sorted(row.line for row in learned + held_out) == list(range(1, 101))


def test_the_same_question_never_stands_on_both_sides() -> None:
    learned, held_out = split_held_out(
        rows([f"Question  {i % 30}".upper() if i % 2 else f"question {i % 30}" for i in range(90)]),
        20,
    )
    asked = {" ".join(row.question().casefold().split()) for row in learned}
    assert held_out
    assert not asked & {" ".join(row.question().casefold().split()) for row in held_out}


def test_the_split_repeats() -> None:
    questions = rows([f"q{i}" for i in range(50)])
    assert split_held_out(questions, 10) == split_held_out(list(reversed(questions)), 10)


def test_too_few_rows_are_all_learned() -> None:
    assert split_held_out(rows(["a", "b", "c"]), 10)[1] == []
    assert split_held_out(rows([f"q{i}" for i in range(40)]), 0)[1] == []


def test_a_large_set_holds_out_no_more_than_is_useful() -> None:
    assert len(split_held_out(rows([f"q{i}" for i in range(20_000)]), 10)[1]) == MOST_HELD_OUT_ROWS
