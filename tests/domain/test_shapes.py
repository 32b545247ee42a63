"""Every shape becomes one canonical conversation."""

from typing import Any

import pytest

from studio.domain.formats import RawRow
from studio.domain.records import ChatRow, Message
from studio.domain.shapes import SHAPES, Skipped, convert_rows, detect_shape

ASKED, SAID = Message("user", "Hi"), Message("assistant", "Hello")
EXAMPLES: dict[str, dict[str, Any]] = {
    "messages": {
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    },
    "sharegpt": {
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
    },
    "alpaca": {"instruction": "Hi", "input": "", "output": "Hello"},
    "question-answer": {"question": "Hi", "answer": "Hello"},
    "prompt-completion": {"prompt": "Hi", "completion": "Hello"},
    "text-label": {"text": "Hi", "label": "Hello"},
}


def convert(values: dict[str, Any]) -> ChatRow | Skipped:
    row = RawRow(7, values)
    return next(convert_rows([row], detect_shape([row])))


def test_there_is_an_example_for_every_shape() -> None:
    assert set(EXAMPLES) == {shape.name for shape in SHAPES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_shape_is_detected_and_converted(name: str) -> None:
    assert detect_shape([RawRow(1, EXAMPLES[name])]).name == name
    assert convert(EXAMPLES[name]) == ChatRow((ASKED, SAID), 7)


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        ({"instruction": "Sum up", "input": "a text", "output": "x"}, ("Sum up\na text", "x")),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "content": "x"}]}, ("Hi", "x")),
        ({"messages": '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "x"}]'}, ("Hi", "x")),
        ({"prompt": [{"role": "user", "content": "Hi"}], "completion": [{"role": "assistant", "content": "x"}]}, ("Hi", "x")),
        ({"question": 3, "answer": True}, ("3", "true")),
    ],
)  # fmt: skip
def test_spellings_of_the_same_thing(values: dict[str, Any], messages: tuple[str, str]) -> None:
    row = convert(values)
    assert isinstance(row, ChatRow)
    assert (row.question(), row.answer()) == messages


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([("user", "Hi")], "no_assistant"),
        ([("assistant", "Hello")], "no_user"),
        ([("user", "Hi"), ("assistant", " ")], "empty_answer"),
        ([("user", ""), ("assistant", "x")], "empty_question"),
        ([("user", "a"), ("user", "b"), ("assistant", "x")], "not_in_turns"),
        ([("assistant", "a"), ("user", "b"), ("assistant", "x")], "not_in_turns"),
        ([("user", "a"), ("assistant", "x"), ("user", "b")], "not_last"),
        ([("user", "a"), ("system", "s"), ("assistant", "x")], "system_not_first"),
        ([("user", "a"), ("wizard", "x")], "unknown_role"),
    ],
)
def test_a_row_that_cannot_be_learned_says_why(turns: list[tuple[str, str]], reason: str) -> None:
    messages = [{"role": role, "content": content} for role, content in turns]
    assert convert({"messages": messages}) == Skipped(7, reason)
