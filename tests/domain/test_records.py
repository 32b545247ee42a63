"""The canonical example: what is stored is read back, whatever it says."""

import json

import pytest

from studio.domain.records import (
    Message,
    Row,
    ToolCall,
    check_row,
    row_from_line,
    row_to_json,
    row_to_line,
)

ASK, TELL = Message("user", "Hi"), Message("assistant", "Hello")
CALL = Message("assistant", "", (ToolCall("clock", '{"zone": "é"}'),))
RESULT, SYSTEM = Message("tool", "12:00"), Message("system", "Be kind")
ROWS = [
    Row((ASK, TELL), 3),
    Row((SYSTEM, Message("user", 'say "\\\n\x00\u2028" 我😀'), TELL), 1, source=2, label="a/b"),
    Row((ASK, CALL, RESULT, TELL), 4, tools='[{"name": "clock"}]'),
    Row((ASK, TELL), 5, "preference", rejected=(Message("assistant", "No"),)),
    Row((ASK, TELL), 6, "thumbs", is_good=False),
    Row((), 7, "text", text="A text"),
    Row((ASK, TELL), 8, expect="12"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"line {row.line}")
def test_a_row_is_read_back_as_it_was_stored(row: Row) -> None:
    line = row_to_line(row)
    assert row_from_line(line) == row
    assert json.loads(line) == row_to_json(row)
    assert line.count(b"\n") == 1


def test_half_a_character_is_stored_as_a_question_mark() -> None:
    row = row_from_line(row_to_line(Row((Message("user", "a\ud800b"), TELL), 1)))
    assert row.question() == "a?b"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (Row((), 1), "no_user"), (Row((ASK,), 1), "no_assistant"), (Row((TELL,), 1), "no_user"),
        (Row((Message("user", " "), TELL), 1), "empty_question"), (Row((ASK, Message("assistant", "")), 1), "empty_answer"),
        (Row((ASK, TELL, ASK), 1), "not_last"), (Row((ASK, TELL, SYSTEM), 1), "system_not_first"),
        (Row((ASK, ASK, TELL), 1), "not_in_turns"), (Row((TELL, ASK, TELL), 1), "not_in_turns"),
        (Row((ASK, RESULT, TELL), 1), "not_in_turns"), (Row((ASK, CALL, RESULT, RESULT, TELL), 1), None),
        (Row((), 1, "text", text=" "), "empty_text"), (Row((ASK, TELL), 1, "preference"), "no_rejected"),
        (Row((ASK, TELL), 1, "thumbs"), "no_label"), *((row, None) for row in ROWS),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_has_a_reason(row: Row, reason: str | None) -> None:
    assert check_row(row) == reason
