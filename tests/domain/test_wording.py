"""Words, marks and languages of texts: told where they are sure."""

import pytest

from studio.domain.languages import language_of, speaks_of_language
from studio.domain.near_duplicates import is_near, near_groups
from studio.domain.stray_marks import clean, has_control, has_marker
from studio.domain.wording import bare


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I hope that this helps you with the order that you have made.", "en"),
        ("Ich weiß nicht, wie das mit der Rechnung ist und was zu tun ist.", "de"),
        ("Je ne sais pas ce que vous avez dans la boîte pour cette commande.", "fr"),
        ("请问哪里可以买到这个商品？我想尽快收到。", "zh"),
        ("これは日本語の文章です。", "ja"),
        ("Где находится мой заказ?", "cyrl"),
        ("How do I locate my card?", None),  # too short to be sure
        ("我想买 iPhone 15 Pro Max 和 MacBook Air", None),  # brand names are no language
        ("for i in range(10):\n    if x in y and z: print(the)", None),
        ("Mark Hamill as Luke, Carrie Fisher as Leia, Daisy Ridley as Rey, Adam as Kylo", None),
        ("1 + 1 = 2", None),
    ],
)
def test_a_language_is_told_only_where_it_is_sure(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("Translate this into French", True),
        ("把下面的句子翻译成英文", True),
        ("写一个包含“do away with”短语的句子。", True),
        ("写一个关于 iPhone 的句子。", False),
        ("What does the shop sell?", False),
    ],
)
def test_a_question_about_languages_may_have_an_answer_in_another(text: str, speaks: bool) -> None:
    assert speaks_of_language(text) is speaks


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("<|im_start|>user", "< |im_start| >user"),
        ("[INST] hi [/INST]", "[ INST ] hi [ /INST ]"),
        ("Hello.</s>", "Hello.< /s >"),
        ("<s>Hello</s>", "< s >Hello< /s >"),
        ("<start_of_turn>model", "< start_of_turn >model"),
        ("<｜User｜>hi", "< ｜User｜ >hi"),
    ],
)
def test_marks_of_templates_are_broken_by_spaces(text: str, cleaned: str) -> None:
    assert has_marker(text)
    assert clean(text) == cleaned
    assert not has_marker(cleaned)


@pytest.mark.parametrize("text", ["the <s>old</s> price", "a < b | c > d", "{{7*7}}", "[1] x"])
def test_html_sums_and_lists_are_no_marks(text: str) -> None:
    assert not has_marker(text)
    assert clean(text) == text


def test_unseen_signs_go_and_line_ends_stay() -> None:
    text = " \ufeffone\x00\n\ttwo\u200b "
    assert has_control(text)
    assert clean(text) == "one\n\ttwo"
    assert not has_control("one\r\n\ttwo 👩‍👩‍👧 שלום")


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("How can I change my PIN?", "how do i change my pin", True),
        ("There is a payment I don't recognise", "There's a payment I don't recognize", True),
        ("I can pay by card", "I can't pay by card", False),
        ("I want to lock the door", "I want to unlock the door", False),
        ("What is the capital of France?", "What is the capital of Italy?", False),
        ("flight of 12 May to Rome", "flight of 13 May to Rome", False),
        ("What is 2 + 3?", "What is 2 - 3?", False),
    ],
)
def test_near_duplicates_differ_in_small_words_and_spelling_only(
    one: str, other: str, near: bool
) -> None:
    assert is_near(bare(one), bare(other)) is near


def test_in_long_answers_one_word_in_twenty_may_differ_but_no_negation() -> None:
    long = "the parcel leaves our house in the morning and the driver brings it to you on the same day before the shops close"
    assert is_near(long, long.replace("driver", "courier"), 0.05)
    assert not is_near(long, long.replace("driver", "courier"))
    assert not is_near(long, long.replace("brings", "never brings"), 0.05)


def test_groups_name_their_first_text() -> None:
    texts = ["how do i pay", "my card is lost", "how can i pay", "", "my card is lost", ""]
    assert near_groups(texts).tolist() == [0, 1, 0, 3, 1, 3]
    assert near_groups([]).tolist() == []
