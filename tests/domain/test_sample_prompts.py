"""What a training is asked while it learns."""

from studio.domain.records import Message, Row
from studio.domain.sample_prompts import (
    LONGEST_CHARACTERS,
    TEXT_WORDS,
    pick_prompts,
    pick_short_answers,
)


def chat(question: str, answer: str, line: int = 1, label: str | None = None) -> Row:
    return Row((Message("user", question), Message("assistant", answer)), line, label=label)


def test_of_what_is_answered_alike_one_is_asked() -> None:
    rows = [chat(f"Ticket {n}", f"kind {n % 3}") for n in range(60)]
    assert [prompt.reference for prompt in pick_prompts(rows, 5)] == ["kind 0", "kind 1", "kind 2"]


def test_a_label_says_what_is_alike() -> None:
    rows = [chat(f"Ticket {n}", f"It is {n}.", label=str(n % 2)) for n in range(10)]
    assert len(pick_prompts(rows, 5)) == 2


def test_many_different_answers_are_spread_evenly() -> None:
    rows = [chat(f"What is {n}?", f"It is {n}.") for n in range(100)]
    asked = [prompt.question for prompt in pick_prompts(rows, 4)]
    assert asked == ["What is 0?", "What is 25?", "What is 50?", "What is 75?"]


def test_a_question_is_asked_with_what_was_said_before_its_answer() -> None:
    turns = (
        Message("system", "Be brief."),
        Message("user", "Hello"),
        Message("assistant", "Good day."),
        Message("user", "And now?"),
        Message("assistant", "Nothing."),
    )
    (prompt,) = pick_prompts([Row(turns, 1)], 5)
    assert prompt.messages == turns[:2]
    assert (prompt.question, prompt.reference) == ("Hello", "Good day.")


def test_long_questions_are_asked_only_where_there_are_no_others() -> None:
    long, short = chat("x" * (LONGEST_CHARACTERS + 1), "a"), chat("short", "b")
    assert [prompt.question for prompt in pick_prompts([long, short], 5)] == ["short"]
    assert [prompt.reference for prompt in pick_prompts([long], 5)] == ["a"]


def test_of_a_text_the_beginning_is_asked_and_what_follows_is_the_reference() -> None:
    words = [f"w{n}" for n in range(80)]
    row = Row((), 1, kind="text", text=" ".join(words))
    (prompt,) = pick_prompts([row, Row((), 2, kind="text", text="too short")], 5)
    assert prompt.question == " ".join(words[:TEXT_WORDS])
    assert prompt.reference.split()[0] == words[TEXT_WORDS]
    assert prompt.messages == ()


def test_bad_answers_and_calls_of_functions_are_no_reference() -> None:
    bad = Row(chat("q", "bad").messages, 1, kind="thumbs", is_good=False)
    tools = Row(chat("q", "called").messages, 1, tools='[{"name": "f"}]')
    assert pick_prompts([bad, tools], 5) == []


def test_the_stop_test_asks_for_short_answers() -> None:
    rows = [chat(f"q{n}", "word " * n) for n in range(1, 41)]
    picked = pick_short_answers(rows, 5)
    assert len(picked) == 5
    assert max(len(prompt.reference.split()) for prompt in picked) <= 20
    assert len(pick_short_answers(rows[:3], 5)) == 3
