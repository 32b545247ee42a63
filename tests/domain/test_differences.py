"""Which words of two answers are called a difference of the models, and which are not."""

import pytest

from studio.domain.differences import Kind, Said, compare, mark_differences

FOX = "A fox is a small animal that runs fast."
OTHER = "A fox is a clever animal that jumps fast."


def marked(pieces: list[tuple[str, Kind]], kind: Kind) -> list[str]:
    return [text for text, sort in pieces if sort == kind]


def test_each_side_shows_the_words_that_the_other_has_not() -> None:
    one, other = compare(Said(FOX), Said(OTHER))
    assert marked(one, "differs") == ["small", "runs"]
    assert marked(other, "differs") == ["clever", "jumps"]
    assert "".join(text for text, _ in one) == FOX
    assert "".join(text for text, _ in other) == OTHER


@pytest.mark.parametrize(
    ("tie", "sure", "chance"),
    [
        (FOX.index(" small"), [], ["small", "runs"]),
        (FOX.index("small") + 2, [], ["small", "runs"]),
        (FOX.index(" runs"), ["small"], ["runs"]),
        (FOX.index(" animal"), ["small", "runs"], []),
    ],
)
def test_from_a_word_that_chance_decided_on_nothing_is_called_a_difference(
    tie: int, sure: list[str], chance: list[str]
) -> None:
    for first, second in ((Said(FOX, (tie,)), Said(OTHER)), (Said(OTHER), Said(FOX, (tie,)))):
        one, other = compare(first, second)
        fox = one if first.ties else other
        assert marked(fox, "differs") == sure
        assert marked(fox, "chance") == chance


def test_a_tie_between_going_on_and_ending_is_chance_as_well() -> None:
    one, other = compare(Said("The cat.", ties=(7,)), Said("The cat sat."))
    assert marked(other, "differs") == marked(one, "differs") == []
    assert marked(other, "chance") == [" sat"]


def test_what_was_cut_off_does_not_differ_by_its_missing_end() -> None:
    one, other = compare(Said("The big cat", is_cut=True), Said("The fat cat sat on it."))
    assert marked(one, "differs") == ["big"]
    assert marked(other, "differs") == ["fat"]


def test_answers_with_little_in_common_are_not_marked() -> None:
    one, other = compare(Said("Yes, of course we do."), Said("A fox lives in the wood."))
    assert [kind for _, kind in (*one, *other)] == ["same", "same"]


def test_letters_of_chinese_are_words() -> None:
    one, _ = compare(Said("狐狸是一种动物。"), Said("狐狸是两种动物。"))
    assert marked(one, "differs") == ["一"]


def test_all_are_compared_with_the_first_and_two_with_each_other() -> None:
    said = [Said("a b c d"), None, Said("a b x d"), Said("a b c d")]
    pieces = mark_differences(said)
    assert [marked(each, "differs") for each in pieces] == [[], [], ["x"], []]
    pieces = mark_differences(said[:3])
    assert [marked(each, "differs") for each in pieces] == [["c"], [], ["x"]]


def test_empty_answers_have_nothing_to_mark() -> None:
    assert mark_differences([Said(""), Said("", ties=(0,))]) == [[], []]


def test_models_that_repeat_themselves_to_no_end_are_not_compared() -> None:
    one, other = (Said(" ".join(["tick", "tock", step] * 200)) for step in ("a", "b"))
    assert mark_differences([one, other]) == [[(one.text, "same")], [(other.text, "same")]]
