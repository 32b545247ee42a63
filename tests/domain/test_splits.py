"""The held-out part: fixed, fair by label, and never asked in training."""

import numpy as np
import pytest

from studio.domain.records import Message, Row
from studio.domain.splits import RowGroups, group_keys, held_out_rows, split_places
from studio.domain.wording import CATEGORIES

NO_LABELS = -1


def rows(questions: list[str], answer: str = "x", label: str | None = None) -> list[Row]:
    return [
        Row((Message("user", q), Message("assistant", answer)), line, label=label)
        for line, q in enumerate(questions, 1)
    ]


def unlabelled(total: int) -> np.ndarray:
    return np.full(total, NO_LABELS)


@pytest.mark.parametrize(
    ("total", "percent", "expected"),
    [
        (3, 10, 0),  # nothing to hold out
        (4, 10, 1),
        (39, 10, 4),
        (40, 10, 10),  # at least ten where that is at most a quarter
        (1000, 10, 100),
        (1000, 20, 200),
        (20_000, 10, 500),  # more measure nothing better
        (1000, 0, 0),
    ],
)
def test_a_tenth_is_held_out_at_least_ten_and_at_most_five_hundred(
    total: int, percent: float, expected: int
) -> None:
    assert held_out_rows(total, total, percent) == expected
    keys = np.arange(total, dtype=np.uint64)
    assert split_places(keys, unlabelled(total), percent).sum() == expected


def test_rows_of_one_group_stay_on_one_side() -> None:
    keys = np.arange(300, dtype=np.uint64) // 3
    parts = split_places(keys, unlabelled(300), 20)
    assert parts.sum() == 60
    assert (parts.reshape(100, 3).min(axis=1) == parts.reshape(100, 3).max(axis=1)).all()


def test_every_label_gives_its_share_and_keeps_a_learned_row() -> None:
    labels = np.repeat([0, 1, 2, 3], [600, 300, 99, 1])
    parts = split_places(np.arange(1000, dtype=np.uint64), labels, 10)
    assert np.bincount(labels[parts == 1], minlength=4).tolist() == [60, 30, 10, 0]


def test_the_split_hangs_on_the_seed_and_the_words_but_not_on_the_order() -> None:
    keys = group_keys(rows([f"question about thing {word(i)}" for i in range(60)]))
    parts = split_places(keys, unlabelled(60), 10)
    backwards = split_places(keys[::-1].copy(), unlabelled(60), 10)
    assert (backwards[::-1] == parts).all()
    assert (split_places(keys, unlabelled(60), 10, seed=1) != parts).any()


def word(number: int) -> str:
    """Give a word of its own for each number, unlike all others."""
    return "".join(chr(ord("a") + int(digit)) * 2 for digit in f"{number * 7919:07d}")


@pytest.mark.parametrize(
    ("one", "other", "is_one_group"),
    [
        ("How do I locate my card?", "how do i locate  my card", True),
        ("How do I locate my card?", "Please, how can I locate my card", True),
        ("What is the name of your dog?", "What is the name of my dog?", False),
        ("There is a payment I don't recognize", "there is a payment i don’t recognise!", True),
        ("How do I turn the sound on?", "How do I turn the sound off?", False),
        ("What is 12 times 7?", "What is 12 times 8?", False),
        ("请问怎么激活我的银行卡？", "怎么激活我的银行卡", True),
        ("怎么激活我的银行卡？", "怎么激活银行卡呢", True),
        ("怎么激活银行卡", "怎么注销银行卡", False),
    ],
)
def test_questions_in_nearly_the_same_words_are_one_group(
    one: str, other: str, is_one_group: bool
) -> None:
    first, second = group_keys(rows([one, other]))
    assert bool(first == second) is is_one_group


def test_a_standing_instruction_is_told_apart_by_its_answers() -> None:
    groups = RowGroups()
    for number in range(100):
        groups.add(rows(["Write a product text."], answer=word(number))[0])
    assert len(set(groups.keys().tolist())) == 100


def test_the_names_of_the_categories_are_no_part_of_the_question() -> None:
    named, bare = f"My card is lost{CATEGORIES}lost; found", "My card is lost"
    keys = group_keys([*rows([named], label="lost"), *rows([bare], label="lost")])
    assert keys[0] == keys[1]
