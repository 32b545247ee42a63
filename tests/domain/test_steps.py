"""Steps: what each does to which rows, and that a recipe cannot make one do anything else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studio.domain.changes import NEW_ROW, Change
from studio.domain.dataset_folder import DatasetFolder, Version
from studio.domain.mending import in_turns, is_mendable
from studio.domain.records import Message, Role, Row, Skipped, ToolCall, row_to_json, write_rows
from studio.domain.steps import STEPS
from studio.errors import StudioError
from studio.i18n import languages, translator
from tests.made_versions import chat, labelled, make_version


def done(version: Version, code: str, **values: Any) -> list[Change]:
    return list(STEPS[code](version, values))


def test_dropping_keeps_one_of_each_copy(tmp_path: Path) -> None:
    rows = [chat("a?", "It is a."), chat("b?", "It is b."), chat("a?", "It is a.")]
    assert done(make_version(tmp_path, rows), "drop_rows", finding="duplicate") == [Change(2, ())]


def test_masking_reaches_every_text_of_a_row(tmp_path: Path) -> None:
    mail = "anna.schmidt@firma.de"
    call = Message("assistant", "", (ToolCall("send", f'{{"to": "{mail}"}}'),))
    row = Row((Message("user", mail), call, Message("tool", mail), Message("assistant", mail)), 1)
    (change,) = done(make_version(tmp_path, [row]), "mask_personal", kinds=["mail"])
    assert mail not in str(row_to_json(change.rows[0]))
    assert change.rows[0].messages[1].tool_calls[0].arguments == '{"to": "[mail]"}'


def test_trimming_changes_only_rows_that_need_it(tmp_path: Path) -> None:
    version = make_version(tmp_path, [chat("a?", "It is a."), chat(" b?\x00 ", "B.<|im_end|>")])
    (change,) = done(version, "trim_text")
    assert change.place == 1
    assert [m.content for m in change.rows[0].messages] == ["b?", "B.< |im_end| >"]


def test_balancing_drops_learned_rows_of_frequent_labels_only(tmp_path: Path) -> None:
    learned = [labelled(f"text {n}", "big") for n in range(9)] + [labelled("x", "small")]
    version = make_version(tmp_path, learned, held_out=[labelled("held out", "big")])
    places = [change.place for change in done(version, "balance_labels", most_rows=4)]
    assert len(places) == 5
    assert set(places) <= set(range(9))
    assert places == [change.place for change in done(version, "balance_labels", most_rows=4)]


def test_an_edited_row_keeps_where_it_came_from(tmp_path: Path) -> None:
    version = make_version(tmp_path, [chat("a?", "It is a."), chat("b?", "It is b.")])
    new = row_to_json(chat("b?", "It is better.", line=99))
    (change,) = done(version, "edit_row", place=1, row=new)
    assert (change.place, change.rows[0].answer(), change.rows[0].line) == (1, "It is better.", 2)


def test_rows_are_copied_deleted_and_added(tmp_path: Path) -> None:
    version = make_version(tmp_path, [chat("a?", "It is a.")])
    (row,) = version.rows()
    assert done(version, "copy_row", place=0) == [Change(0, (row, row))]
    assert done(version, "drop_row", place=0) == [Change(0, ())]
    (change,) = done(version, "add_row", row=row_to_json(chat("b?", "It is b.")))
    assert (change.place, change.rows[0].line) == (NEW_ROW, 0)


def test_placeholders_are_filled(tmp_path: Path) -> None:
    version = make_version(tmp_path, [chat("who?", "I am {{name}}."), chat("b?", "It is {{7*7}}.")])
    (change,) = done(version, "fill_placeholders", values={"name": "Bo"})
    assert change.rows[0].answer() == "I am Bo."


def turns(letters: str) -> tuple[Message, ...]:
    """Give turns: s(ystem), u(ser), a(ssistant), t(ool), each saying its number."""
    roles: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return tuple(Message(roles[letter], str(n)) for n, letter in enumerate(letters))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ua", ["0", "1"]),
        ("uuaa", ["0\n\n1", "2\n\n3"]),
        ("usa", ["1", "0", "2"]),
        ("aua", ["1", "2"]),
        ("uau", ["0", "1"]),
        ("uatta", ["0", "1", "2", "3", "4"]),
        ("uu", []),
    ],
)
def test_turns_are_put_in_order(before: str, after: list[str]) -> None:
    assert [message.content for message in in_turns(turns(before))] == after


def test_rows_left_out_for_their_turns_come_back_merged(tmp_path: Path) -> None:
    version = make_version(tmp_path, [chat("a?", "It is a.")], skipped=[Skipped(7, "not_in_turns")])
    assert not is_mendable(version)
    write_rows(DatasetFolder(tmp_path).mendable, [Row(turns("uua"), 7), Row(turns("uu"), 8)])
    assert is_mendable(version)
    assert done(version, "merge_turns") == [Change(NEW_ROW, (Row(in_turns(turns("uua")), 7),))]


ROW = row_to_json(chat("a?", "b"))
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("drop_rows", {}),
    ("drop_rows", {"finding": "../x"}),
    ("drop_row", {"place": 1}),
    ("drop_row", {"place": -1}),
    ("drop_row", {"place": "0"}),
    ("drop_row", {"place": True}),
    ("edit_row", {"place": 0}),
    ("edit_row", {"place": 0, "row": "text"}),
    ("add_row", {"row": {**ROW, "messages": [{"role": "root", "content": "x"}]}}),
    ("add_row", {"row": {**ROW, "messages": [{"role": "user", "content": 7}]}}),
    ("add_row", {"row": {**ROW, "kind": "code"}}),
    ("mask_personal", {"kinds": ["name"]}),
    ("mask_personal", {"kinds": "mail"}),
    ("balance_labels", {"most_rows": 2.5}),
    ("fill_placeholders", {"values": {"name": 7}}),
]


@pytest.mark.parametrize(("code", "values"), WRONG)
def test_a_wrong_value_is_refused_with_its_name(
    tmp_path: Path, code: str, values: dict[str, Any]
) -> None:
    version = make_version(tmp_path, [chat("a?", "It is a.")])
    with pytest.raises(StudioError) as refused:
        done(version, code, **values)
    assert refused.value.code == "data.bad_step"


@pytest.mark.parametrize("lang", languages())
def test_every_step_has_its_words(lang: str) -> None:
    assert all(translator(lang)(f"steps.{code}", finding="x", most_rows=1) for code in STEPS)


def test_a_label_survives_an_edit(tmp_path: Path) -> None:
    version = make_version(tmp_path, [labelled("a", "x"), labelled("b", "y")])
    new = row_to_json(replace(labelled("a", "y"), label="y"))
    (change,) = done(version, "edit_row", place=0, row=new)
    assert change.rows[0].label == "y"
