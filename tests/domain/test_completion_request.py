"""Requests in OpenAI's form: what is understood, and that nothing is ignored in silence."""

import json
from typing import Any

import pytest

from studio.domain.completion_request import LONGEST_ANSWER_TOKENS, read_request
from studio.domain.records import Message
from studio.errors import StudioError

QUESTION = {"role": "user", "content": "Hi"}


def body(**more: Any) -> bytes:
    return json.dumps({"model": "starter", "messages": [QUESTION], **more}).encode()


def refusal(sent: bytes) -> tuple[str, str]:
    with pytest.raises(StudioError) as caught:
        read_request(sent)
    return caught.value.code, caught.value.values.get("parameter", "")


def test_what_is_not_said_is_as_on_the_page() -> None:
    request = read_request(body())
    assert request.messages == (Message("user", "Hi"),)
    assert (request.temperature, request.top_p, request.seed) == (0.0, 1.0, None)
    assert request.most_tokens == LONGEST_ANSWER_TOKENS
    assert (request.is_streamed, request.wants_usage, request.stops) == (False, False, ())


def test_what_is_said_is_taken() -> None:
    request = read_request(
        body(
            temperature=1,
            top_p=0.5,
            max_tokens=7,
            seed=-3,
            stop=["a", "b"],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert (request.temperature, request.top_p, request.most_tokens, request.seed) == (
        1,
        0.5,
        7,
        -3,
    )
    assert (request.is_streamed, request.wants_usage, request.stops) == (True, True, ("a", "b"))
    assert read_request(body(stop="a")).stops == ("a",)
    assert read_request(body(max_tokens=7, max_completion_tokens=5)).most_tokens == 5


def test_turns_come_in_their_own_words() -> None:
    parts = [{"type": "text", "text": "How "}, {"type": "text", "text": "so?"}]
    turns = [
        {"role": "developer", "content": "Be short."},
        QUESTION,
        {"role": "assistant", "content": "Hello", "refusal": None, "tool_calls": None},
        {"role": "user", "content": parts},
    ]
    assert read_request(body(messages=turns)).messages == (
        Message("system", "Be short."),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
        Message("user", "How so?"),
    )


@pytest.mark.parametrize(
    "more",
    [
        {"n": 1},
        {"frequency_penalty": 0.0, "presence_penalty": 0},
        {
            "tools": [],
            "tool_choice": "none",
            "logprobs": False,
            "response_format": {"type": "text"},
        },
        {"n": None, "tools": None, "temperature": None, "stop": None},
        {"user": "somebody", "store": False},
    ],
)
def test_what_asks_for_nothing_may_stand_there(more: dict[str, Any]) -> None:
    assert read_request(body(**more)) == read_request(body())


@pytest.mark.parametrize(
    ("more", "code", "parameter"),
    [
        ({"n": 2}, "api.unsupported", "n"),
        ({"tools": [{"type": "function"}]}, "api.unsupported", "tools"),
        ({"tool_choice": "auto"}, "api.unsupported", "tool_choice"),
        ({"logprobs": True}, "api.unsupported", "logprobs"),
        ({"top_logprobs": 3}, "api.unsupported", "top_logprobs"),
        ({"logit_bias": {"5": 1}}, "api.unsupported", "logit_bias"),
        ({"response_format": {"type": "json_object"}}, "api.unsupported", "response_format"),
        ({"frequency_penalty": 0.5}, "api.unsupported", "frequency_penalty"),
        ({"temperture": 1}, "api.unknown_parameter", "temperture"),
        ({"stream_options": {"all": True}}, "api.unknown_parameter", "stream_options.all"),
        ({"temperature": 2.1}, "api.invalid", "temperature"),
        ({"temperature": "0"}, "api.invalid", "temperature"),
        ({"temperature": float("nan")}, "api.invalid", "temperature"),
        ({"top_p": 0}, "api.invalid", "top_p"),
        ({"max_tokens": 0}, "api.invalid", "max_tokens"),
        ({"max_completion_tokens": True}, "api.invalid", "max_completion_tokens"),
        ({"seed": 2**63}, "api.invalid", "seed"),
        ({"stop": ["a"] * 5}, "api.invalid", "stop"),
        ({"stop": ""}, "api.invalid", "stop.0"),
        ({"model": None}, "api.missing", "model"),
        ({"messages": []}, "api.invalid", "messages"),
        ({"messages": "Hi"}, "api.invalid", "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "api.invalid", "messages.0.role"),
        ({"messages": [{"role": "user"}]}, "api.missing", "messages.0.content"),
        (
            {"messages": [QUESTION | {"name": "Eve"}]},
            "api.unknown_parameter",
            "messages.0.name",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "api.invalid",
            "messages.0.content",
        ),
        ({"messages": [QUESTION, {"role": "assistant", "content": "x"}]}, "api.last_not_user", ""),
    ],
)  # fmt: skip
def test_what_the_studio_does_not_do_is_refused_by_name(
    more: dict[str, Any], code: str, parameter: str
) -> None:
    assert refusal(body(**more)) == (code, parameter)


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b"\xff", b"{", b'{"messages": "\\ud800"}', b"[" * 100_000]
)
def test_what_is_no_json_object_of_text_is_refused(sent: bytes) -> None:
    assert refusal(sent)[0] == "api.not_json"


def test_a_refused_value_is_told_short() -> None:
    with pytest.raises(StudioError) as caught:
        read_request(body(temperature="x" * 10_000))
    assert len(caught.value.values["value"]) == 60
