"""Conversations: from a list of turns, in whatever spelling, to messages.

[{"from": "human", "value": "Hi"}, …]        [{"role": "user", "content": "Hi"}, …]      ShareGPT, OpenAI
[{"from": "function_call", "value": "{\\"name\\": …}"}, {"from": "observation", "value": "…"}]
[{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": …, "arguments": …}}]}]
{"role": ["user", …], "content": ["Hi", …]}  [["Hi", "Hello"], …]   ["Hi", "Hello", …]   "Human: Hi\\n\\nAssistant: Hello"
"""

import json
import re
from functools import lru_cache
from typing import Any

from studio.domain.nested import UnusableRowError, as_text, is_nested, parse_nested
from studio.domain.records import Message, Role, ToolCall
from studio.domain.roles import Speaker, find_speaker

SPEAKER_KEYS = ("role", "from", "speaker", "author", "sender")
CONTENT_KEYS = ("content", "value", "text", "message", "utterance", "parts")
TRANSCRIPT = re.compile(
    r"(?:^|\n)[ \t]*(?:#{2,3}[ \t]*)?(human|user|assistant|ai|bot|gpt|system|customer|agent|用户|助手|客服|系统)[ \t]*[:：][ \t]*",
    re.IGNORECASE,
)


def convert_turns(turns: object) -> list[Message]:
    """Turn the turns of a conversation into messages.

    Raises:
        UnusableRowError: `not_turns`, `unknown_role`, `not_text`, `bad_tool_call`.
    """
    if isinstance(turns, str):
        turns = parse_nested(turns) if is_nested(turns) else split_transcript(turns)
    if isinstance(turns, dict):
        turns = turns["messages"] if "messages" in turns else turns_by_column(turns)
    if not isinstance(turns, list | tuple):
        raise UnusableRowError("not_turns")
    messages: list[Message] = []
    for turn in turns:
        if isinstance(turn, dict):
            add_turn(messages, turn)
        elif isinstance(turn, Message):
            messages.append(turn)
        elif isinstance(turn, str):
            messages.append(Message(speaks_next(messages), turn))
        elif isinstance(turn, list | tuple) and len(turn) == 2:
            messages += [Message("user", as_text(turn[0])), Message("assistant", as_text(turn[1]))]
        else:
            raise UnusableRowError("not_turns")
    return messages


def speaks_next(messages: list[Message]) -> Role:
    """Give whose turn it is where turns have no names: the user begins."""
    return "assistant" if messages and messages[-1].role == "user" else "user"


def turns_by_column(turns: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the turns of a conversation that is stored as a table by columns; a single turn is one."""
    cells = [value for value in turns.values() if isinstance(value, list)]
    if len(cells) > 1 and len({len(cell) for cell in cells}) == 1 and len(cells) == len(turns):
        return [dict(zip(turns, row, strict=True)) for row in zip(*cells, strict=True)]
    return [turns]


def split_transcript(text: str) -> list[Message] | None:
    """Give the turns of a text such as "Human: Hi\\n\\nAssistant: Hello", or None where it does not begin as one."""
    text = text.strip()
    marks = list(TRANSCRIPT.finditer(text))
    if not marks or marks[0].start() != 0:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    messages = []
    for mark, end in zip(marks, ends, strict=True):
        speaker = find_speaker(mark[1])
        if speaker is not None and speaker != "call":
            messages.append(Message(speaker, text[mark.end() : end].strip()))
    return messages


def add_turn(messages: list[Message], turn: dict[str, Any]) -> None:
    """Add one turn; calls of functions join the assistant's words right before them."""
    key = next((key for key in SPEAKER_KEYS if key in turn), None)
    if key is None:
        add_named_turns(messages, turn)
        return
    speaker = find_speaker(turn[key])
    if speaker is None:
        raise UnusableRowError("unknown_role")
    if speaker == "call":
        add_calls(messages, "", read_calls(raw_content(turn)))
        return
    content = content_of(turn)
    if speaker == "assistant" and (asked := turn.get("tool_calls") or turn.get("function_call")):
        add_calls(messages, content, read_calls(asked))
    else:
        messages.append(Message(speaker, content))


def add_named_turns(messages: list[Message], turn: dict[str, Any]) -> None:
    """Add the turns of `{"user": "Hi", "assistant": "Hello"}`, whose keys are who speaks."""
    named = [(find_speaker(key), value) for key, value in turn.items()]
    known: list[tuple[Speaker, Any]] = [(who, value) for who, value in named if who is not None]
    if not known:
        raise UnusableRowError("unknown_role")
    for speaker, value in known:
        if speaker == "call":
            add_calls(messages, "", read_calls(value))
        else:
            messages.append(Message(speaker, as_text(value)))


def add_calls(messages: list[Message], content: str, calls: tuple[ToolCall, ...]) -> None:
    """Add calls of functions; several turns of the assistant's in a row that call are one."""
    last = messages[-1] if messages else None
    if last is not None and last.role == "assistant" and not content:
        messages[-1] = Message("assistant", last.content, last.tool_calls + calls)
    else:
        messages.append(Message("assistant", content, calls))


def raw_content(turn: dict[str, Any]) -> Any:
    """Give what a turn says as it is stored."""
    return next((turn[key] for key in CONTENT_KEYS if turn.get(key) is not None), None)


def content_of(turn: dict[str, Any]) -> str:
    """Give a turn's text; a list of parts is joined where all of them are text.

    Raises:
        UnusableRowError: `not_text` for pictures and sounds.
    """
    content = raw_content(turn)
    if isinstance(content, str):
        return content
    if isinstance(content, dict) and isinstance(content.get("parts"), list):
        content = content["parts"]
    if not isinstance(content, list):
        return as_text(content)
    parts = [part.get("text") if isinstance(part, dict) else part for part in content]
    if not all(isinstance(part, str) for part in parts):
        raise UnusableRowError("not_text")
    return "".join(str(part) for part in parts)


def read_calls(asked: Any) -> tuple[ToolCall, ...]:
    """Give the calls of functions: one or several objects with `name` and `arguments`, also as text or inside `function`.

    Raises:
        UnusableRowError: `bad_tool_call`.
    """
    if isinstance(asked, str):
        asked = parse_nested(asked)
    stored = asked if isinstance(asked, list) else [asked]
    calls = []
    for call in stored:
        call = call.get("function", call) if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise UnusableRowError("bad_tool_call")
        arguments = call.get("arguments", call.get("parameters"))
        if not isinstance(arguments, str):
            arguments = json.dumps({} if arguments is None else arguments, ensure_ascii=False)
        calls.append(ToolCall(call["name"], arguments))
    if not calls:
        raise UnusableRowError("bad_tool_call")
    return tuple(calls)


def read_tools(value: object) -> str:
    """Give the functions on offer as a JSON list, or nothing where there are none.

    Raises:
        UnusableRowError: `bad_tools`.
    """
    if isinstance(value, str):
        return read_tools_text(value.strip())
    tools = [value] if isinstance(value, dict) and value else value
    if not tools:
        return ""
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise UnusableRowError("bad_tools")
    return json.dumps(tools, ensure_ascii=False)


@lru_cache(maxsize=256)
def read_tools_text(text: str) -> str:
    """Give the functions that a text lists: as it stands where it is a JSON list, else written as one."""
    if text in ("", "null", "None"):
        return ""
    try:
        tools = json.loads(text)
    except (ValueError, RecursionError):
        tools, text = parse_nested(text), ""
    is_list = isinstance(tools, list) and all(isinstance(tool, dict) for tool in tools)
    if not is_list and not isinstance(tools, dict):
        raise UnusableRowError("bad_tools")
    return (text if is_list and text else read_tools(tools)) if tools else ""
