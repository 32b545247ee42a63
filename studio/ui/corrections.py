"""Corrections by hand: a row with one of its texts replaced, and a row written anew."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studio.domain.records import Message, Row, RowKind, check_row
from studio.errors import StudioError

SIDES = ("messages", "rejected")


def corrected(row: Row, spot: Mapping[str, Any]) -> Row:
    """Give `row` with the text at `spot` replaced: its side, turn, and call (-1: what is said), and the new text.

    Raises:
        StudioError: `data.no_such_place`, or `data.bad_correction` where nothing could be learned from it any more.
    """
    text = str(spot["text"])
    if row.kind == "text":
        return checked(replace(row, text=text))
    side = str(spot["side"])
    turns = list(getattr(row, side)) if side in SIDES else []
    turn = int(spot["turn"])
    if not 0 <= turn < len(turns):
        raise StudioError("data.no_such_place")
    turns[turn] = with_text(turns[turn], int(spot["call"]), text)
    changed = tuple(turns)
    row = replace(row, rejected=changed) if side == "rejected" else replace(row, messages=changed)
    if row.label is not None and turn == len(turns) - 1:
        row = replace(row, label=text.strip())
    return checked(row)


def with_text(message: Message, call: int, text: str) -> Message:
    """Give a turn with what is said, or the arguments of one of its calls, replaced."""
    if call < 0:
        return replace(message, content=text)
    if call >= len(message.tool_calls):
        raise StudioError("data.no_such_place")
    calls = list(message.tool_calls)
    calls[call] = replace(calls[call], arguments=text)
    return replace(message, tool_calls=tuple(calls))


def written(fields: Mapping[str, Any], kind: RowKind) -> Row:
    """Give a new example from what was typed.

    Raises:
        StudioError: `data.bad_correction` where a question or an answer is missing.
    """
    said = {key: str(text).strip() for key, text in fields.items()}
    if kind == "text":
        return checked(Row((), 0, "text", text=said.get("text", "")))
    question = Message("user", said.get("question", ""))
    answer = Message("assistant", said.get("answer", ""))
    if kind == "preference":
        rejected = (Message("assistant", said.get("rejected", "")),)
        return checked(Row((question, answer), 0, "preference", rejected=rejected))
    return checked(Row((question, answer), 0, kind, is_good=True if kind == "thumbs" else None))


def checked(row: Row) -> Row:
    """Give the row if it can be learned from."""
    reason = check_row(row)
    if reason is not None:
        raise StudioError("data.bad_correction", reason=reason)
    return row
