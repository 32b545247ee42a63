"""Conversations in every spelling of roles, with functions that are offered, called and answered."""

import json
from typing import Any

import pytest

from studio.domain.nested import UnusableRowError
from studio.domain.raw_rows import RawRow
from studio.domain.records import Message, Role, Row, ToolCall
from studio.domain.shapes import convert_rows, detect_shape
from studio.domain.turns import convert_turns, read_tools

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
CALL = ToolCall("weather", '{"city": "Bern"}')
WRITTEN = {"name": "weather", "arguments": {"city": "Bern"}}
OPENAI = [
    {"role": "developer", "content": "Be brief"},
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}}]},
    {"role": "tool", "tool_call_id": "1", "content": {"sky": "blue"}},
    {"role": "assistant", "content": [{"type": "text", "text": "Blue."}]},
]  # fmt: skip
SHAREGPT = [
    {"from": "human", "value": "Weather?"},
    {"from": "function_call", "value": json.dumps(WRITTEN)},
    {"from": "observation", "value": '{"sky": "blue"}'},
    {"from": "gpt", "value": "Blue."},
]
ANSWERED = (
    Message("system", "Be brief"),
    Message("user", "Weather?"),
    Message("assistant", "", (CALL,)),
    Message("tool", '{"sky": "blue"}'),
    Message("assistant", "Blue."),
)


@pytest.mark.parametrize(
    "values",
    [
        {"messages": OPENAI, "tools": [TOOL], "parallel_tool_calls": False},
        {"conversations": SHAREGPT, "system": "Be brief", "tools": json.dumps([TOOL])},
        {"conversations": json.dumps(SHAREGPT), "system": "Be brief", "tools": str([TOOL])},
        {"messages": {"messages": OPENAI, "tools": [TOOL]}},
    ],
)
def test_functions_are_kept_whole(values: dict[str, Any]) -> None:
    shape = detect_shape([RawRow(1, values)])
    assert shape is not None
    rows = list(convert_rows([RawRow(1, values)], shape))
    assert rows == [Row(ANSWERED, 1, tools=json.dumps([TOOL]))]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("user", "user"), ("Human", "user"), ("CUSTOMER", "user"), ("prompter", "user"), ("用户", "user"),
        ("gpt", "assistant"), ("Assistant:", "assistant"), ("chat_bot", "assistant"), ("model", "assistant"), ("助手", "assistant"),
        ("system", "system"), ("developer", "system"), ("tool", "tool"), ("function-response", "tool"),
        ("observation", "tool"), ("tool_result", "tool"), ("ipython", "tool"),
    ],
)  # fmt: skip
def test_roles_have_many_spellings(name: str, role: Role) -> None:
    assert convert_turns([{"from": name, "value": "x"}]) == [Message(role, "x")]


@pytest.mark.parametrize("value", [WRITTEN, [WRITTEN], json.dumps(WRITTEN), str(WRITTEN), json.dumps([{"function": WRITTEN}])])  # fmt: skip
def test_calls_have_many_spellings(value: object) -> None:
    assert convert_turns([{"from": "function-call", "value": value}]) == [Message("assistant", "", (CALL,))]  # fmt: skip


def test_old_openai_calls_are_known() -> None:
    turn = {"role": "assistant", "content": "Wait", "function_call": {"name": "now"}}
    assert convert_turns([turn]) == [Message("assistant", "Wait", (ToolCall("now", "{}"),))]


def test_calls_in_a_row_are_one_turn_with_the_words_before() -> None:
    said = {"from": "gpt", "value": "Wait"}
    called = {"from": "tool_call", "value": WRITTEN}
    assert convert_turns([said, called, called]) == [Message("assistant", "Wait", (CALL, CALL))]


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ([{"from": "function_call", "value": "weather in Bern"}], "bad_tool_call"),
        ([{"from": "function_call", "value": "[]"}], "bad_tool_call"),
        ([{"text": "nobody says this"}], "unknown_role"),
        ([3], "not_turns"),
        ("[broken", "not_turns"),
    ],
)
def test_turns_that_cannot_be_read_say_why(turns: object, reason: str) -> None:
    with pytest.raises(UnusableRowError, match=f"^{reason}$"):
        convert_turns(turns)


@pytest.mark.parametrize("value", [None, "", "[]", [], "null", {}, " [] "])
def test_no_functions_are_no_functions(value: object) -> None:
    assert read_tools(value) == ""
