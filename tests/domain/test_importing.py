"""An import: every row is used or named, in bounded memory, and what fails leaves nothing."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from studio.domain.dataset_folder import DatasetFolder, Version
from studio.domain.importing import MOST_SKIPPED_KEPT, ImportOrder, Source, import_files
from studio.domain.watching import Cancelled, Unwatched
from studio.errors import StudioError


class StopsAt(Unwatched):
    """Calls the work off when a stage is reached."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def progress(self, stage: str, done: int, total: int) -> None:
        self.is_cancelled = stage == self.stage


def pairs(numbers: Iterable[int]) -> str:
    return "".join(
        json.dumps({"prompt": f"What is {i}?", "completion": f"It is {i}."}) + "\n" for i in numbers
    )


def source(folder: Path, text: str, name: str = "rows.jsonl") -> Source:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return Source(path, name)


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    path = tmp_path / "dataset"
    path.mkdir()
    return DatasetFolder(path)


def run(folder: DatasetFolder, *sources: Source, **options: object) -> Version:
    return import_files(folder, ImportOrder(sources, **options), Unwatched())  # ty: ignore[invalid-argument-type]


def test_every_row_is_used_or_named(folder: DatasetFolder, tmp_path: Path) -> None:
    text = pairs(range(16)) + '{"prompt": "and?", "completion": ""}\n' + pairs(range(17, 20))
    version = run(folder, source(tmp_path, text))
    facts = version.facts()
    assert (facts.rows, facts.used, facts.skipped_rows) == (20, 19, 1)
    assert [(skip.line, skip.reason) for skip in facts.skipped] == [(17, "empty_answer")]
    assert [row.line for row in version.rows()] == [*range(1, 17), *range(18, 21)]
    assert folder.head() == version


def test_only_the_first_thousand_reasons_are_kept(folder: DatasetFolder, tmp_path: Path) -> None:
    broken = '{"prompt": "and?", "completion": ""}\n' * (MOST_SKIPPED_KEPT + 5)
    facts = run(folder, source(tmp_path, pairs(range(5)) + broken)).facts()
    assert (len(facts.skipped), facts.skipped_rows) == (MOST_SKIPPED_KEPT, MOST_SKIPPED_KEPT + 5)


def test_several_files_become_one_data_set(folder: DatasetFolder, tmp_path: Path) -> None:
    table = "question,answer\n" + "".join(f"Who is {i}?,Nobody {i}.\n" for i in range(8))
    version = run(folder, source(tmp_path, pairs(range(8))), source(tmp_path, table, "people.csv"))
    assert [row.source for row in version.rows()] == [0] * 8 + [1] * 8
    assert version.facts().step.values["files"] == ["rows.jsonl", "people.csv"]
    assert version.facts().format == "jsonl, csv"


def test_the_users_own_held_out_file_is_held_out_whole(
    folder: DatasetFolder, tmp_path: Path
) -> None:
    own = source(tmp_path, pairs(range(100, 106)), "own.jsonl")
    version = run(folder, source(tmp_path, pairs(range(50))), held_out_source=own)
    facts = version.facts()
    assert (facts.train_rows, facts.held_out_rows, facts.held_out_percent) == (50, 6, None)
    assert next(row.answer() for row in version.rows(version.places("held_out"))) == "It is 100."


@pytest.mark.parametrize(("rows", "held_out"), [(1, 0), (20, 2), (50, 10), (200, 20)])
def test_ten_percent_are_held_out_and_at_least_ten(
    folder: DatasetFolder, tmp_path: Path, rows: int, held_out: int
) -> None:
    words = [f"{i * 7919 % 1009} apples, {i * 104729 % 9973} pears" for i in range(rows)]
    text = "".join(json.dumps({"prompt": w, "completion": f"No: {w}"}) + "\n" for w in words)
    facts = run(folder, source(tmp_path, text)).facts()
    assert facts.train_rows + facts.held_out_rows == rows
    assert facts.held_out_rows == held_out


def test_categories_are_counted_and_named_in_the_question(
    folder: DatasetFolder, tmp_path: Path
) -> None:
    rows = "".join(f"I want my money {i},refund\nIt is broken {i},repair\n" for i in range(5))
    version = run(folder, source(tmp_path, "text,category\n" + rows, "t.csv"))
    assert version.facts().labels == {"refund": 5, "repair": 5}
    first = next(iter(version.rows()))
    assert first.label == first.answer() == "refund"
    assert "refund" in first.question()
    assert "repair" in first.question()


def test_placeholders_are_found(folder: DatasetFolder, tmp_path: Path) -> None:
    text = pairs(range(3)) + '{"prompt": "Who are you?", "completion": "{{name}}, not {{7*7}}"}\n'
    assert run(folder, source(tmp_path, text)).facts().placeholders == ("name",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "data.empty_file"),
        ('{"prompt": "a", "completion": ""}\n' * 3, "data.no_examples"),
        ('{"colour": "red"}\n' * 3, "data.unknown_columns"),
    ],
)
def test_what_cannot_be_used_leaves_nothing(
    folder: DatasetFolder, tmp_path: Path, text: str, code: str
) -> None:
    with pytest.raises(StudioError, match=code.replace(".", r"\.")):
        run(folder, source(tmp_path, text))
    assert list(folder.path.iterdir()) == []


@pytest.mark.parametrize("stage", ["reading", "splitting", "saving"])
def test_an_import_that_is_called_off_leaves_nothing(
    folder: DatasetFolder, tmp_path: Path, stage: str
) -> None:
    order = ImportOrder((source(tmp_path, pairs(range(1_500))),))
    with pytest.raises(Cancelled):
        import_files(folder, order, StopsAt(stage))
    assert list(folder.path.iterdir()) == []


def test_an_order_survives_its_way_through_a_job(tmp_path: Path) -> None:
    own = Source(tmp_path / "own", "own.csv")
    order = ImportOrder((Source(tmp_path / "a", "a.csv"),), {"x": "question"}, 20.0, own, 3)
    assert ImportOrder.from_json(json.loads(json.dumps(order.to_json()))) == order


def test_why_rows_were_skipped_is_counted_for_all_of_them(
    folder: DatasetFolder, tmp_path: Path
) -> None:
    broken = '{"prompt": "and?", "completion": ""}\n' * (MOST_SKIPPED_KEPT + 5) + "{oops}\n"
    facts = run(folder, source(tmp_path, pairs(range(5)) + broken)).facts()
    assert facts.reasons == {"empty_answer": MOST_SKIPPED_KEPT + 5, "bad_json": 1}
    assert facts.skipped[0].said == "and?"


def test_files_of_different_kinds_are_learned_together_as_conversations(
    folder: DatasetFolder, tmp_path: Path
) -> None:
    story = source(tmp_path, "Once upon a time there was a fox.\n", "story.txt")
    facts = run(folder, story, source(tmp_path, pairs(range(8)))).facts()
    assert (facts.shape, facts.used) == ("prompt-completion", 9)
    assert [notice.code for notice in facts.notices] == ["mixed_shapes"]


def test_a_mistake_names_its_file_where_there_are_several(
    folder: DatasetFolder, tmp_path: Path
) -> None:
    strange = source(tmp_path, "colour,size\nred,3\n", "strange.csv")
    with pytest.raises(StudioError, match=r"data\.unknown_columns") as caught:
        run(folder, source(tmp_path, pairs(range(8))), strange)
    assert caught.value.values["file"] == "strange.csv"
