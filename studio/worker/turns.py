"""Messages as the turns that a chat template is given.

What a template cannot write is told as text: a system message goes before the first question, tools go into the system
message, calls into the answer, and results into the question that follows.

    tool call      <tool_call>\\n{"name": "weather", "arguments": {"city": "Ulm"}}\\n</tool_call>
    its result     <tool_response>\\n12 degrees\\n</tool_response>
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.domain.records import Message, ToolCall
from studio.worker.templates import ArgumentForm, TemplateFacts, Turn

TOOLS_TEXT = """You can call these functions:
{tools}
To call one, answer with: <tool_call>
{{"name": "…", "arguments": {{…}}}}
</tool_call>"""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a template is given. `tools_as_text` is None where there are no tools."""

    turns: list[Turn]
    tools: list[dict[str, Any]] | None = None
    tools_as_text: bool | None = None


def write_conversation(
    facts: TemplateFacts, messages: Sequence[Message], tools: str = "", *, as_text: bool = False
) -> Conversation:
    """Give a conversation in the form that the template knows; with `as_text` tools are told as text all the same."""
    has_tools = bool(tools) or any(m.tool_calls or m.role == "tool" for m in messages)
    offered = parse_tools(tools)
    can_write = facts.call_form is not None and (offered is not None or not tools)
    if has_tools and can_write and not as_text:
        turns = list(native_turns(messages, facts.call_form or "object"))
        written = Conversation(turns, offered, tools_as_text=False)
    elif has_tools:
        written = Conversation(text_turns(messages, tools, offered), tools_as_text=True)
    else:
        plain: list[Turn] = [{"role": m.role, "content": m.content} for m in messages]
        written = Conversation(plain)
    if facts.knows_system:
        return written
    return Conversation(without_system(written.turns), written.tools, written.tools_as_text)


def parse_tools(tools: str) -> list[dict[str, Any]] | None:
    """Give the functions on offer as templates want them, or None where the text is no list of functions."""
    try:
        stored = json.loads(tools) if tools else None
    except ValueError:
        return None
    listed = [stored] if isinstance(stored, dict) else stored
    if not isinstance(listed, list) or not all(isinstance(tool, dict) for tool in listed):
        return None
    return [
        tool if "function" in tool else {"type": "function", "function": tool} for tool in listed
    ] or None


def parse_arguments(arguments: str) -> Any:
    """Give arguments as an object; what is none stays the text it is."""
    try:
        stored = json.loads(arguments)
    except ValueError:
        return arguments
    return stored if isinstance(stored, dict) else arguments


def native_turns(messages: Sequence[Message], form: ArgumentForm) -> list[Turn]:
    """Give the turns with calls and results as such, each result with the name and the id of its call."""
    turns: list[Turn] = []
    open_calls: list[tuple[str, str]] = []
    number = 0
    for message in messages:
        turn: Turn = {"role": message.role, "content": message.content}
        if message.role == "tool" and open_calls:
            turn["tool_call_id"], turn["name"] = open_calls.pop(0)
        if message.tool_calls:
            ids = [f"call{number + place:05d}" for place in range(len(message.tool_calls))]
            number += len(ids)
            open_calls = [(i, call.name) for i, call in zip(ids, message.tool_calls, strict=True)]
            turn["tool_calls"] = [
                native_call(call, call_id, form)
                for call, call_id in zip(message.tool_calls, ids, strict=True)
            ]
        turns.append(turn)
    return turns


def native_call(call: ToolCall, call_id: str, form: ArgumentForm) -> dict[str, Any]:
    """Give one call in the words of chat templates."""
    arguments = parse_arguments(call.arguments) if form == "object" else call.arguments
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def text_turns(
    messages: Sequence[Message], tools: str, offered: list[dict[str, Any]] | None
) -> list[Turn]:
    """Give the turns with everything about tools told as text; what the user gets to say in a row becomes one turn."""
    turns: list[Turn] = []
    if tools:
        listed = [json.dumps(tool, ensure_ascii=False) for tool in offered or ()]
        turns.append(
            {
                "role": "system",
                "content": TOOLS_TEXT.format(tools="\n".join(listed) or tools),
            }
        )
    for message in messages:
        role, content = message.role, message.content
        if message.tool_calls:
            content = "\n".join(
                [*([content] if content else []), *map(call_text, message.tool_calls)]
            )
        if role == "tool":
            role, content = "user", f"<tool_response>\n{content}\n</tool_response>"
        if turns and role != "assistant" and turns[-1]["role"] == role:
            parts = [turns[-1]["content"], content]
            turns[-1]["content"] = "\n\n".join(parts[::-1] if role == "system" else parts)
        else:
            turns.append({"role": role, "content": content})
    return turns


def call_text(call: ToolCall) -> str:
    """Give a call as text."""
    called = {"name": call.name, "arguments": parse_arguments(call.arguments)}
    return f"<tool_call>\n{json.dumps(called, ensure_ascii=False)}\n</tool_call>"


def without_system(turns: list[Turn]) -> list[Turn]:
    """Put the system message before the first question, for templates that refuse or forget it."""
    if not turns or turns[0]["role"] != "system":
        return turns
    instruction, *rest = turns
    first = next((place for place, turn in enumerate(rest) if turn["role"] == "user"), None)
    if first is None:
        return [{"role": "user", "content": instruction["content"]}, *rest]
    asked = {**rest[first], "content": f"{instruction['content']}\n\n{rest[first]['content']}"}
    return [*rest[:first], asked, *rest[first + 1 :]]
