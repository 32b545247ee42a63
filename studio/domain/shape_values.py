"""One function per shape: from the cells of a row to a canonical example. Each docstring shows input and output."""

from collections.abc import Callable, Sequence
from typing import Any

from studio.domain.column_names import Fields
from studio.domain.nested import as_text, is_nested, parse_nested
from studio.domain.records import Message, Role, Row
from studio.domain.roles import find_speaker
from studio.domain.turns import (
    SPEAKER_KEYS,
    content_of,
    convert_turns,
    read_tools,
    split_transcript,
)

Values = dict[str, Any]
Place = tuple[int, int]
"""A row's line, and its file's place among several."""
Make = Callable[[Values, Fields, Place], Row]

GOOD = frozenset(("true", "1", "yes", "y", "good", "up", "thumbs_up", "positive", "liked", "like", "desirable", "👍", "好", "是"))  # fmt: skip
BAD = frozenset(("false", "0", "-1", "no", "n", "bad", "down", "thumbs_down", "negative", "disliked", "dislike", "undesirable", "👎", "不好", "否"))  # fmt: skip
NOTHING: tuple[str, ...] = ()
LABELS_HEADING = "\n\nCategories: "
LABELS_SEPARATOR = "; "


def value_of(values: Values, columns: Sequence[str]) -> Any:
    """Give the first cell of `columns` that holds something."""
    for column in columns:
        value = values.get(column)
        if value is not None and value != "":
            return value
    return None


def text_of(values: Values, fields: Fields, field: str) -> str:
    """Give a field as text; empty where the row has none."""
    columns = fields.get(field)
    if not columns:
        return ""
    value = value_of(values, columns)
    return value if isinstance(value, str) else as_text(value)


def with_system(values: Values, fields: Fields, messages: list[Message]) -> tuple[Message, ...]:
    """Give the messages behind the system column's, unless they bring their own."""
    stored = value_of(values, fields["system"]) if "system" in fields else ""
    text = content_of({"content": stored}) if isinstance(stored, dict) else as_text(stored)
    if text.strip() and not (messages and messages[0].role == "system"):
        return (Message("system", text), *messages)
    return tuple(messages)


def tools_of(values: Values, fields: Fields) -> str:
    """Give the functions on offer in this row."""
    return read_tools(value_of(values, fields["tools"])) if "tools" in fields else ""


def make_turns(values: Values, fields: Fields, place: Place) -> Row:
    """`{"conversations": [{"from": "human", "value": "Hi"}, …], "system": "…", "tools": […]}` -> system, then the turns."""
    stored = value_of(values, fields["turns"])
    messages = with_system(values, fields, convert_turns(stored))
    tools = tools_of(values, fields)
    if not tools and isinstance(stored, dict):
        tools = read_tools(stored.get("tools"))
    return Row(messages, place[0], source=place[1], tools=tools)


def make_alpaca(values: Values, fields: Fields, place: Place) -> Row:
    """`{"instruction": "Sum up", "input": "text", "output": "…"}` -> user "Sum up\\ntext", assistant "…"; `history` before."""
    messages = [*instruction_turns(values, fields), *side(values, fields["answer"], "assistant")]
    return Row(with_system(values, fields, messages), place[0], source=place[1])


def instruction_turns(values: Values, fields: Fields) -> list[Message]:
    """Give what is asked by an instruction with its input, behind the turns of its history."""
    question = text_of(values, fields, "instruction")
    more = text_of(values, fields, "input" if "input" in fields else "context")
    if more and not more.isspace():
        question = f"{question}\n{more}" if question.strip() else more
    earlier = value_of(values, fields.get("history", NOTHING))
    asked = Message("user", question)
    return [*convert_turns(earlier), asked] if earlier else [asked]


def make_pair(values: Values, fields: Fields, place: Place) -> Row:
    """`{"prompt": "Hi", "completion": "Hello"}` (text or turns on either side) -> user "Hi", assistant "Hello"."""
    messages = [*asked_turns(values, fields), *side(values, fields["answer"], "assistant")]
    tools = tools_of(values, fields)
    return Row(with_system(values, fields, messages), place[0], source=place[1], tools=tools)


def asked_turns(values: Values, fields: Fields) -> list[Message]:
    """Give what is asked: the question, behind its context if it has one and behind earlier turns."""
    messages = side(values, fields["question"], "user")
    if "context" in fields and (context := text_of(values, fields, "context")).strip():
        last = messages[-1]
        messages[-1] = Message(last.role, f"{context}\n\n{last.content}")
    earlier = value_of(values, fields.get("history", NOTHING))
    return convert_turns(earlier) + messages if earlier else messages


def side(values: Values, columns: Sequence[str], role: Role) -> list[Message]:
    """Give one side of a pair: a text, a turn, or turns, also as text."""
    value = value_of(values, columns)
    if isinstance(value, str):
        if value[0] != "[" or not are_turns(parsed := parse_nested(value)):
            return [Message(role, value)]
        value = parsed
    if is_turns(value):
        return convert_turns(value) or [Message(role, "")]
    if isinstance(value, dict) and "text" in value:  # SQuAD: {"text": ["…"], "answer_start": [1]}
        value = value["text"]
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        value = value[0]
    return [Message(role, as_text(value))]


def are_turns(value: object) -> bool:
    """Tell whether what a text holds is a list of turns of known speakers, and not an answer in JSON."""
    turns = value if isinstance(value, list) else [None]
    return bool(turns) and all(
        isinstance(turn, dict) and any(find_speaker(turn.get(key)) for key in SPEAKER_KEYS)
        for turn in turns
    )


def is_turns(value: object) -> bool:
    """Tell whether a value is a turn, a list of turns, or an object around such a list."""
    if isinstance(value, dict):
        return "messages" in value or any(key in value for key in SPEAKER_KEYS)
    return isinstance(value, list) and bool(value) and is_turns(value[0])


def make_label(values: Values, fields: Fields, place: Place, labels: str = "") -> Row:
    """`{"text": "My card is lost", "category": "lost card"}` -> user "text\\n\\nCategories: a; b", assistant "lost card"."""
    text, label = text_of(values, fields, "text"), label_of(values, fields)
    asked = f"{text}{labels}" if text.strip() else ""
    messages = [Message("user", asked), Message("assistant", label)]
    return Row(with_system(values, fields, messages), place[0], source=place[1], label=label)


def label_of(values: Values, fields: Fields) -> str:
    """Give a row's category."""
    value = value_of(values, fields["label"])
    if isinstance(value, list):
        return ", ".join(as_text(one) for one in value)
    return as_text(value).strip()


def make_text(values: Values, fields: Fields, place: Place) -> Row:
    """`{"text": "Once upon a time …"}` -> the text, all of it learned."""
    return Row((), place[0], kind="text", source=place[1], text=text_of(values, fields, "text"))


def make_preference(values: Values, fields: Fields, place: Place) -> Row:
    """`{"prompt": "Hi", "chosen": "Hello", "rejected": "What"}` -> user "Hi", assistant "Hello"; rejected "What".

    Either side is a text, a turn, turns, or the whole conversation (as turns, or as "Human: … Assistant: …").
    """
    chosen, rejected = (answer_turns(values, fields[name]) for name in ("chosen", "rejected"))
    if any(message.role == "user" for message in chosen):
        before: list[Message] = []
    else:
        before = context_turns(values, fields)
        chosen = before + chosen
    if any(message.role == "user" for message in rejected) or not rejected:
        shared = 0
        while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
            shared += 1
        rejected = rejected[shared:]
    messages = with_system(values, fields, chosen)
    asked = value_of(values, fields.get("question", fields.get("input", NOTHING)))
    tools = tools_of(values, fields) or (
        read_tools(asked.get("tools")) if isinstance(asked, dict) else ""
    )
    return Row(messages, place[0], "preference", place[1], tools, tuple(rejected))


def answer_turns(values: Values, columns: Sequence[str]) -> list[Message]:
    """Give a chosen or rejected answer, or the whole conversation with it."""
    value = value_of(values, columns)
    if isinstance(value, str) and not is_nested(value):
        turns = split_transcript(value)
        if turns and turns[0].role == "user":
            return turns
    if isinstance(value, dict) and not is_turns(value):
        value = value.get("content", value.get("value", value))
    return [turn for turn in side({"": value}, ("",), "assistant") if not turn.is_empty]


def context_turns(values: Values, fields: Fields) -> list[Message]:
    """Give what stands before an answer: the turns of a conversation, or the question."""
    if "turns" in fields:
        messages = convert_turns(value_of(values, fields["turns"]))
        return messages[:-1] if messages and messages[-1].role == "assistant" else messages
    if "instruction" in fields:
        return instruction_turns(values, fields)
    for field in ("question", "input", "context", "text"):
        if field in fields:
            asked = fields | {"question": fields[field]}
            return asked_turns(values, asked if field != "context" else {"question": fields[field]})
    return []


def make_thumbs(values: Values, fields: Fields, place: Place) -> Row:
    """`{"prompt": "Hi", "completion": "Hello", "label": true}` -> user "Hi", assistant "Hello"; good."""
    if "answer" not in fields:
        messages = convert_turns(value_of(values, fields["turns"]))
    else:
        asked = instruction_turns if "instruction" in fields else asked_turns
        messages = [*asked(values, fields), *side(values, fields["answer"], "assistant")]
    is_good = read_thumb(value_of(values, fields["thumb"]))
    return Row(with_system(values, fields, messages), place[0], "thumbs", place[1], is_good=is_good)


def read_thumb(value: object) -> bool | None:
    """Give whether a mark says good or bad; None where it says neither."""
    if isinstance(value, bool):
        return value
    said = as_text(value).strip().casefold().removesuffix(".0")
    return True if said in GOOD else False if said in BAD else None
