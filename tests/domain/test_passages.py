"""Documents as passages: how they are cut, searched by words, ranked, and put before a question."""

import pytest

from studio.domain.passages import (
    LONGEST_PASSAGE_CHARACTERS,
    Passage,
    fuse,
    search_words,
    split_passages,
    with_passages,
)

SENTENCE = "The harbour office is open from nine to five. "


def test_nothing_is_lost_and_nothing_is_too_long() -> None:
    paragraphs = ["# Hours", SENTENCE * 40, "short", "x" * 2_000, "中文。" * 500]
    passages = list(split_passages(paragraphs))
    assert max(map(len, passages)) <= LONGEST_PASSAGE_CHARACTERS
    assert "".join("".join(passages).split()) == "".join("".join(paragraphs).split())


def test_a_long_paragraph_is_cut_behind_a_sentence() -> None:
    first, *_ = split_passages([SENTENCE * 40])
    assert first.endswith("five.")


def test_a_heading_stands_before_what_it_names() -> None:
    assert list(split_passages(["One.", "## Fees", "Two."])) == ["One.", "## Fees\n\nTwo."]


def test_scripts_without_spaces_are_searched_by_letters_and_pairs() -> None:
    assert search_words("The Fee!") == ["the", "fee"]
    assert search_words("营业时间") == ["营", "业", "时", "间", "营业", "业时", "时间"]


def test_what_stands_high_in_any_ranking_stands_high() -> None:
    assert fuse([[3, 1, 2], [1, 0, 2, 3]])[0] == 1
    assert fuse([[], [2, 0, 1]]) == [2, 0, 1]


@pytest.mark.parametrize(("question", "word"), [("When is it open?", "Question: "), ("什么时候开门？", "问题: ")])  # fmt: skip
def test_a_question_stands_behind_its_passages_in_its_own_language(
    question: str, word: str
) -> None:
    text = with_passages(question, [Passage("hours.txt", "Nine to five.")])
    assert "[1] hours.txt\nNine to five." in text
    assert text.endswith(word + question)
    assert with_passages(question, []) == question
