"""The data sets: stored whole or not at all, and read back as they were."""

from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.services.row_views import RowView
from studio.services.shelf import clean_name
from studio.services.workspace import Workspace

CSV = (
    "question,answer\n" + "".join(f"What is {i}?,It is {i}.\n" for i in range(40)) + "What now?,\n"
)


SAMPLES = {"quickstart", "house-style", "ticket-routing"}


def folders(workspace: Workspace) -> set[str]:
    """Give what lies in the home's folder of data sets, half ones included."""
    return {path.name for path in workspace.settings.home.datasets.iterdir() if path.is_dir()}


def add(workspace: Workspace, folder: Path, text: str = CSV, name: str = "shop.csv") -> str:
    path = folder / "upload"
    path.write_text(text, encoding="utf-8")
    return workspace.datasets.add_file(path, name).id


def test_a_file_is_kept_with_its_examples(workspace: Workspace, tmp_path: Path) -> None:
    dataset = workspace.datasets.get(add(workspace, tmp_path))
    assert (dataset.name, dataset.rows, dataset.used) == ("shop.csv", 41, 40)
    assert (dataset.train_rows, dataset.held_out_rows) == (30, 10)
    assert [(skip.line, skip.reason) for skip in dataset.skipped] == [(42, "empty_answer")]
    source = workspace.datasets.folder(dataset.id).source / "000"
    assert source.read_text(encoding="utf-8") == CSV


def test_rows_follow_the_order_of_the_file(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = add(workspace, tmp_path)
    places = workspace.datasets.select(dataset_id, RowView(part="train"))
    pages = [workspace.datasets.rows(dataset_id, places[i : i + 10]) for i in (0, 10, 20, 30)]
    lines = [row.line for page in pages for row in page]
    assert [len(page) for page in pages] == [10, 10, 10, 0]
    assert lines == sorted(lines)


def test_a_refused_file_leaves_nothing_behind(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"data\.header_only"):
        add(workspace, tmp_path, "question,answer\n")
    assert folders(workspace) == SAMPLES


def test_a_write_that_fails_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("studio.domain.row_files.row_to_line", full)
    with pytest.raises(OSError, match="No space"):
        add(workspace, tmp_path)
    assert folders(workspace) == SAMPLES


@pytest.mark.parametrize(
    "dataset_id", ["../jobs", "/etc", "", ".", "A", "x" * 200, "a/b", "nothing-here"]
)
def test_an_id_is_a_name_and_never_a_path(workspace: Workspace, dataset_id: str) -> None:
    with pytest.raises(StudioError, match=r"data\.unknown"):
        workspace.datasets.get(dataset_id)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\y.csv", "y.csv"), ("a\x00b\u202e.csv", "ab.csv"), ("", "data"), ("n" * 300, "n" * 80)],
)  # fmt: skip
def test_a_file_name_is_only_ever_text(name: str, shown: str) -> None:
    assert clean_name(name) == shown


def test_two_files_of_one_name_are_two_data_sets(workspace: Workspace, tmp_path: Path) -> None:
    assert add(workspace, tmp_path) != add(workspace, tmp_path)
    assert [dataset.is_sample for dataset in workspace.datasets.list()][-2:] == [False, False]
