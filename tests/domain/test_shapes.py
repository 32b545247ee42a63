"""Every shape becomes one canonical example; spellings of data sets that people really have are known."""

import json
from typing import Any

import pytest

from studio.domain.raw_rows import RawRow
from studio.domain.records import Message, Row, Skipped
from studio.domain.shapes import (
    MAKE_BY_SHAPE,
    MOST_NAMED_LABELS,
    convert_rows,
    detect_shape,
    label_notices,
    labels_of,
)

ASKED, SAID, OTHER = Message("user", "Hi"), Message("assistant", "Hello"), Message("assistant", "No")  # fmt: skip
CHAT = Row((ASKED, SAID), 7)
TEXT = Row((), 7, kind="text", text="Hi")
LABEL = Row((ASKED, SAID), 7, label="Hello")
PREFERENCE = Row((ASKED, SAID), 7, kind="preference", rejected=(OTHER,))
GOOD = Row((ASKED, SAID), 7, kind="thumbs", is_good=True)
BAD = Row((ASKED, SAID), 7, kind="thumbs", is_good=False)
USER, ASSISTANT, WORSE = ({"role": m.role, "content": m.content} for m in (ASKED, SAID, OTHER))
HUMAN, GPT, GPT_WORSE = ({"from": who, "value": m.content} for who, m in (("human", ASKED), ("gpt", SAID), ("gpt", OTHER)))  # fmt: skip
TURNS = [USER, ASSISTANT]

EXAMPLES: list[tuple[str, dict[str, Any], Row]] = [
    ("messages", {"messages": TURNS}, CHAT),
    ("messages", {"messages": json.dumps(TURNS), "id": 3}, CHAT),
    ("messages", {"messages": str(TURNS)}, CHAT),
    ("messages", {"log of the day": TURNS}, CHAT),
    ("messages", {"conversation": "User: Hi\nAssistant: Hello"}, CHAT),
    ("messages", {"dialog": ["Hi", "Hello"]}, CHAT),
    ("messages", {"conversation": [["Hi", "Hello"]]}, CHAT),
    ("messages", {"conversation": [{"human": "Hi", "assistant": "Hello"}]}, CHAT),
    ("sharegpt", {"conversations": [HUMAN, GPT]}, CHAT),
    ("sharegpt", {"conversations": str([HUMAN, GPT]).replace("}, {", "}\n {")}, CHAT),
    ("sharegpt", {"conversations": {"from": ["human", "gpt"], "value": ["Hi", "Hello"]}}, CHAT),
    ("alpaca", {"instruction": "Hi", "input": "", "output": "Hello"}, CHAT),
    ("alpaca", {"指令": "Hi", "输入": "", "输出": "Hello"}, CHAT),
    ("alpaca", {"instruction": "", "input": "Hi", "output": "Hello", "history": []}, CHAT),
    ("question-answer", {"Question ": "Hi", "ANSWER": "Hello"}, CHAT),
    ("question-answer", {"Customer Question": "Hi", "agent_reply": "Hello"}, CHAT),
    ("question-answer", {"question": "Hi", "answers": {"text": ["Hello"], "answer_start": [1]}}, CHAT),
    ("prompt-completion", {"prompt": "Hi", "completion": "Hello", "label": "greeting"}, CHAT),
    ("prompt-completion", {"prompt": [USER], "completion": [ASSISTANT]}, CHAT),
    ("prompt-completion", {"input": "Hi", "output": "Hello"}, CHAT),
    ("prompt-completion", {"Context": "Hi", "Response": "Hello"}, CHAT),
    ("text-label", {"text": "Hi", "category": "Hello"}, LABEL),
    ("text-label", {"utterance": "Hi", "label": 4, "label_text": "Hello"}, LABEL),
    ("text", {"id": 1, "Text": "Hi", "meta": {"a": 1}}, TEXT),
    ("preference", {"prompt": "Hi", "chosen": "Hello", "rejected": "No"}, PREFERENCE),
    ("preference", {"instruction": "Hi", "input": "", "chosen": "Hello", "rejected": "No"}, PREFERENCE),
    ("preference", {"prompt": "Hi", "chosen": TURNS, "rejected": [USER, WORSE], "messages": TURNS}, PREFERENCE),
    ("preference", {"prompt": [USER], "chosen": [ASSISTANT], "rejected": [WORSE]}, PREFERENCE),
    ("preference", {"conversations": [HUMAN], "chosen": GPT, "rejected": GPT_WORSE}, PREFERENCE),
    ("preference", {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: No"}, PREFERENCE),
    ("preference", {"input": {"messages": [USER]}, "preferred_output": [ASSISTANT], "non_preferred_output": [WORSE]}, PREFERENCE),
    ("thumbs", {"prompt": "Hi", "completion": "Hello", "label": True}, GOOD),
    ("thumbs", {"prompt": "Hi", "completion": "Hello", "label": "FALSE"}, BAD),
    ("thumbs", {"prompt": [USER], "completion": [ASSISTANT], "label": 0}, BAD),
    ("thumbs", {"messages": TURNS, "label": True}, GOOD),
    ("thumbs", {"instruction": "Hi", "output": "Hello", "kto_tag": "1"}, GOOD),
]  # fmt: skip


def convert(values: dict[str, Any]) -> Row | Skipped:
    raw = RawRow(7, values)
    shape = detect_shape([raw])
    assert shape is not None
    return next(convert_rows([raw], shape))


def test_there_is_an_example_for_every_shape() -> None:
    assert {name for name, _, _ in EXAMPLES} == set(MAKE_BY_SHAPE)


@pytest.mark.parametrize(("name", "values", "row"), EXAMPLES)
def test_a_shape_is_recognised_and_converted(name: str, values: dict[str, Any], row: Row) -> None:
    shape = detect_shape([RawRow(1, {}, "bad_json"), RawRow(7, values)])
    assert shape is not None
    assert shape.name == name
    assert convert(values) == shape.convert(values, 7) == row


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"instruction": "Sum up", "input": "a text", "output": "x"}, ["Sum up\na text", "x"]),
        ({"instruction": "c", "output": "d", "history": [["a", "b"]], "system": "s"}, ["s", "a", "b", "c", "d"]),
        ({"system_prompt": "s", "question": "a", "response": "b"}, ["s", "a", "b"]),
        ({"context": "c", "question": "a", "answer": "b"}, ["c\n\na", "b"]),
        ({"system": "s", "messages": [{"role": "system", "content": "own"}, *TURNS]}, ["own", "Hi", "Hello"]),
        ({"question": 3, "answer": True}, ["3", "true"]),
        ({"question": "[1] Why?", "answer": '{"role": "admin"}'}, ["[1] Why?", '{"role": "admin"}']),
    ],
)  # fmt: skip
def test_everything_around_an_answer_is_kept(values: dict[str, Any], said: list[str]) -> None:
    row = convert(values)
    assert isinstance(row, Row)
    assert [message.content for message in row.messages] == said


def test_preferred_conversations_part_where_they_differ() -> None:
    before = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Say: no"
    row = convert({"chosen": f"{before}\n\nAssistant: Hello", "rejected": f"{before}\n\nAssistant: No"})  # fmt: skip
    assert isinstance(row, Row)
    assert row.messages == (ASKED, SAID, Message("user", "Say: no"), SAID)
    assert row.rejected == (OTHER,)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"prompt": "a", "chosen": "b", "rejected": ""}, "no_rejected"),
        ({"messages": 3}, "not_turns"),
        ({"messages": "what?"}, "not_turns"),
        ({"messages": [{"role": "wizard", "content": "a"}]}, "unknown_role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "not_text"),
        ({"messages": TURNS, "tools": "none of them"}, "bad_tools"),
        ({"messages": [USER, USER, ASSISTANT]}, "not_in_turns"),
        ({"text": " "}, "empty_text"),
    ],
)
def test_a_row_that_cannot_be_learned_says_why(values: dict[str, Any], reason: str) -> None:
    shape = detect_shape([RawRow(1, values | {"messages": TURNS} if "messages" in values else values)])  # fmt: skip
    assert shape is not None
    assert next(convert_rows([RawRow(7, values)], shape, source=2)) == Skipped(7, reason, 2)


def test_a_row_that_a_step_may_mend_is_kept_beside_its_reason() -> None:
    skipped = convert({"messages": [USER, USER, ASSISTANT]})
    assert isinstance(skipped, Skipped)
    assert skipped.row == Row((ASKED, ASKED, SAID), 7)


def test_a_broken_row_is_skipped_with_its_line() -> None:
    shape = detect_shape([RawRow(1, {"prompt": "a", "completion": "b"})])
    assert shape is not None
    assert next(convert_rows([RawRow(3, {}, "bad_json")], shape)) == Skipped(3, "bad_json")


@pytest.mark.parametrize("values", [{"colour": "red", "size": 3}, {}, {"answer": "only"}])
def test_unknown_columns_have_no_shape(values: dict[str, Any]) -> None:
    assert detect_shape([RawRow(1, values)]) is None


def test_few_categories_are_named_behind_every_text_and_many_are_not() -> None:
    rows = [RawRow(n, {"text": f"Hi {n}", "label": f"c{n:02d}"}) for n in range(MOST_NAMED_LABELS + 1)]  # fmt: skip
    shape = detect_shape(rows)
    assert shape is not None
    few = labels_of(rows[1::-1], shape)
    assert next(convert_rows(rows, shape, few)) == Row((Message("user", "Hi 0\n\nCategories: c00; c01"), Message("assistant", "c00")), 0, label="c00")  # fmt: skip
    many = labels_of(rows, shape)
    assert shape.convert(rows[0].values, labels=many).question() == "Hi 0"
    assert (label_notices(few), label_notices(many)[0].code) == ((), "labels_not_named")
