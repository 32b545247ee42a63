"""How well answers agree with what was expected."""

import pytest

from studio.domain.agreement import MEASURED, exact_match, label_match, rouge_l
from studio.domain.goal import MEASURES


@pytest.mark.parametrize(
    ("answer", "expected", "exact", "label"),
    [
        ("Billing", "Billing", 1, 1),
        (" Billing\n", "Billing", 1, 1),
        ("billing.", "Billing", 0, 1),
        ("Billing, I think", "Billing", 0, 0),
        ("", "Billing", 0, 0),
        ("退款。", "退款", 0, 1),
    ],
)
def test_a_category_is_named_in_any_spelling_and_an_exact_answer_in_one(
    answer: str, expected: str, exact: float, label: float
) -> None:
    assert (exact_match(answer, expected), label_match(answer, expected)) == (exact, label)


@pytest.mark.parametrize(
    ("answer", "expected", "share"),
    [
        # The example of the paper, section 2: the longest common row is "police the gunman", and "the gunman".
        ("police kill the gunman", "police killed the gunman", 3 / 4),
        ("the gunman kill police", "police killed the gunman", 2 / 4),
        ("We open at nine.", "we open at NINE", 1),
        ("我们九点开门", "我们九点开门。", 1),
        ("九点", "我们九点开门", 2 * 2 / 8),
        ("", "something", 0),
        ("nothing", "", 0),
    ],
)
def test_rouge_l_is_the_longest_common_row_of_words(
    answer: str, expected: str, share: float
) -> None:
    assert rouge_l(answer, expected) == pytest.approx(share)


def test_the_measures_are_those_of_the_goals() -> None:
    assert set(MEASURED) <= set(MEASURES)
