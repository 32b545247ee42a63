"""Steps: each makes a version, nothing that was there is altered, and what fails changes nothing."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.domain.changing import apply_step
from studio.domain.dataset_folder import DatasetFolder, Step, Version
from studio.domain.importing import ImportOrder, Source, import_files
from studio.domain.records import Message, Row, row_to_json
from studio.domain.watching import Cancelled, Unwatched
from studio.errors import StudioError

NEW = row_to_json(Row((Message("user", "New?"), Message("assistant", "Yes, new.")), 0))
UNUSABLE = row_to_json(Row((Message("user", "New?"), Message("assistant", " ")), 0))


class Stopped(Unwatched):
    """Calls the work off at the first look."""

    is_cancelled = True


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    folder = DatasetFolder(tmp_path / "dataset")
    folder.source.mkdir(parents=True)
    rows = [{"prompt": f"Question {i} of {i * i}", "completion": f"Answer {i}"} for i in range(60)]
    rows[7] = {"prompt": "I am {{name}}", "completion": "Hello {{name}}"}
    folder.source_file(0).write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = Source(folder.source_file(0), "rows.jsonl")
    import_files(folder, ImportOrder((source,)), Unwatched())
    return folder


def do(folder: DatasetFolder, code: str, **values: Any) -> Version:
    return apply_step(folder, Step(code, values), Unwatched())


def answers(version: Version) -> list[str]:
    return [row.answer() for row in version.rows()]


def contents(folder: DatasetFolder) -> dict[str, str]:
    """Give the fingerprint of every file, by name."""
    files = (path for path in folder.path.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("code", "values", "change"),
    [
        ("drop_row", {"place": 3}, lambda old: old[:3] + old[4:]),
        ("copy_row", {"place": 3}, lambda old: old[:4] + old[3:]),
        ("edit_row", {"place": 3, "row": NEW}, lambda old: [*old[:3], "Yes, new.", *old[4:]]),
        ("add_row", {"row": NEW}, lambda old: [*old, "Yes, new."]),
    ],
)
def test_a_step_changes_its_rows_and_no_others(
    folder: DatasetFolder, code: str, values: dict[str, Any], change: Any
) -> None:
    before = answers(folder.head())
    version = do(folder, code, **values)
    assert answers(version) == change(before)
    assert folder.head() == version
    facts = version.facts()
    assert (facts.used, facts.step.code, facts.changed_rows) == (len(change(before)), code, 1)
    assert facts.train_rows + facts.held_out_rows == facts.used == len(version.keys())


def test_nothing_that_was_there_is_altered(folder: DatasetFolder) -> None:
    before = contents(folder)
    do(folder, "edit_row", place=0, row=NEW)
    do(folder, "drop_row", place=1)
    after = contents(folder)
    head = str(folder.head_file)
    assert {k: v for k, v in before.items() if k != head} == {
        k: after[k] for k in before if k != head
    }


def test_a_changed_row_stays_in_its_part(folder: DatasetFolder) -> None:
    place = int(folder.head().places("held_out")[0])
    version = do(folder, "edit_row", place=place, row=NEW)
    assert place in version.places("held_out")


@pytest.mark.parametrize(
    ("code", "values", "said"),
    [
        ("no_such_step", {}, "data.unknown_step"),
        ("edit_row", {"place": 0, "row": UNUSABLE}, "data.row_unusable"),
        ("drop_rows", {"finding": "personal_card"}, "data.nothing_to_change"),
    ],
)
def test_a_refused_step_changes_nothing(
    folder: DatasetFolder, code: str, values: dict[str, Any], said: str
) -> None:
    before = contents(folder)
    with pytest.raises(StudioError, match=said.replace(".", r"\.")):
        do(folder, code, **values)
    assert contents(folder) == before


def test_a_step_that_is_called_off_changes_nothing(folder: DatasetFolder) -> None:
    before = contents(folder)
    with pytest.raises(Cancelled):
        apply_step(folder, Step("edit_row", {"place": 0, "row": NEW}), Stopped())
    assert contents(folder) == before


def test_filled_placeholders_are_no_longer_asked_for(folder: DatasetFolder) -> None:
    assert folder.head().facts().placeholders == ("name",)
    version = do(folder, "fill_placeholders", values={"name": "Ada"})
    assert version.facts().placeholders == ()
    assert answers(version)[7] == "Hello Ada"


def test_another_share_is_held_out_by_the_same_rows_each_time(folder: DatasetFolder) -> None:
    first = do(folder, "hold_out", percent=30, seed=1)
    again = do(folder, "hold_out", percent=30, seed=1)
    assert first.facts().held_out_rows == 18
    assert np.array_equal(first.places("held_out"), again.places("held_out"))
    assert first.facts().held_out_percent == 30


def test_a_file_of_held_out_rows_frees_the_others(folder: DatasetFolder) -> None:
    own = folder.source / "held-out-1"
    own.write_text('{"prompt": "Mine?", "completion": "Mine."}\n')
    version = do(folder, "hold_out_file", file=own.name, name="mine.jsonl")
    facts = version.facts()
    assert (facts.train_rows, facts.held_out_rows, facts.held_out_percent) == (60, 1, None)
    assert [row.answer() for row in version.rows(version.places("held_out"))] == ["Mine."]


def test_other_columns_read_the_source_again(folder: DatasetFolder) -> None:
    version = do(folder, "columns", mapping={"prompt": "answer", "completion": "question"})
    first = next(version.rows([0]))
    assert (first.question(), first.answer()) == ("Answer 0", "Question 0 of 0")
    assert [version.number for version in folder.versions()] == [0, 1]


def test_a_number_is_never_used_twice(folder: DatasetFolder) -> None:
    do(folder, "drop_row", place=0)
    undone = do(folder, "drop_row", place=0)
    folder.set_history([0, 1])
    newest = do(folder, "drop_row", place=0)
    assert newest.number > undone.number
    assert folder.history() == [0, 1, newest.number]
    assert not undone.path.exists()


def test_a_step_on_a_version_that_no_longer_holds_is_refused(
    folder: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(folder, "drop_row", place=0)
    count = "studio.domain.next_version.find_all_placeholders"
    monkeypatch.setattr(count, lambda *_: folder.set_history([0]) or ())
    with pytest.raises(StudioError, match=r"data\.changed_meanwhile"):
        do(folder, "drop_row", place=0)
    assert folder.history() == [0]
