"""The shelf: samples come by themselves, leftovers go, and what somebody works on stays."""

import shutil
from pathlib import Path

import pytest

from studio.domain.changing import apply_step
from studio.domain.dataset_folder import DatasetFolder, Step
from studio.domain.importing import ImportOrder, Source
from studio.domain.watching import Unwatched
from studio.errors import StudioError
from studio.services import samples
from studio.services.workspace import Workspace, open_workspace


def drop_first(folder: DatasetFolder) -> None:
    apply_step(folder, Step("drop_row", {"place": 0}), Unwatched())


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the shipped samples that may be changed."""
    copied = tmp_path / "samples"
    shutil.copytree(samples.SAMPLES, copied)
    monkeypatch.setattr(samples, "SAMPLES", copied)
    return copied


def test_samples_are_ordinary_data_sets_with_their_own_split(workspace: Workspace) -> None:
    listed = [dataset for dataset in workspace.datasets.list() if dataset.is_sample]
    assert [dataset.id for dataset in listed] == ["quickstart", "house-style", "ticket-routing"]
    assert all(dataset.held_out_percent is None for dataset in listed)
    assert listed[0].train_rows == len(
        (samples.SAMPLES / "quickstart/train.jsonl").read_text().splitlines()
    )


def test_a_sample_whose_files_changed_is_brought_again(workspace: Workspace, shipped: Path) -> None:
    before = workspace.datasets.get("quickstart").rows
    lines = (shipped / "quickstart" / "train.jsonl").read_text().splitlines(keepends=True)
    (shipped / "quickstart" / "train.jsonl").write_text("".join(lines[:-5]))
    open_workspace(workspace.settings).close()
    assert workspace.datasets.get("quickstart").rows == before - 5


def test_a_sample_that_somebody_worked_on_stays(workspace: Workspace, shipped: Path) -> None:
    drop_first(workspace.datasets.folder("quickstart"))
    before = workspace.datasets.get("quickstart")
    (shipped / "quickstart" / "train.jsonl").write_text("")
    open_workspace(workspace.settings).close()
    assert workspace.datasets.get("quickstart") == before


def test_a_sample_is_not_removed_but_its_changes_are_undone(workspace: Workspace) -> None:
    with pytest.raises(StudioError, match=r"data\.is_sample"):
        workspace.delete_dataset("quickstart")
    with pytest.raises(StudioError, match=r"data\.nothing_to_undo"):
        workspace.datasets.undo("quickstart")
    rows = workspace.datasets.get("quickstart").rows
    drop_first(workspace.datasets.folder("quickstart"))
    assert workspace.datasets.undo("quickstart").rows == rows


def test_leftovers_of_killed_processes_go_at_the_next_start(workspace: Workspace) -> None:
    for name in (".old-1.partial", ".old-2.deleted"):
        (workspace.settings.home.datasets / name / "source").mkdir(parents=True)
    open_workspace(workspace.settings).close()
    assert [*workspace.settings.home.datasets.glob(".old-*")] == []


def test_what_waits_for_its_import_is_no_leftover(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n')
    job = workspace.submit_import(ImportOrder((Source(path, "rows.jsonl"),)), "rows", "k")
    open_workspace(workspace.settings).close()
    assert len([*workspace.settings.home.datasets.glob(".rows-*.partial")]) == 1
    workspace.jobs.request_cancel(job.id)
    open_workspace(workspace.settings).close()
    assert [*workspace.settings.home.datasets.glob(".rows-*.partial")] == []


def test_a_data_set_is_removed_unless_a_job_works_on_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n')
    dataset_id = workspace.datasets.add_file(path, path.name).id
    job = workspace.submit_check(dataset_id)
    assert job is not None
    assert workspace.submit_check(dataset_id) is None
    with pytest.raises(StudioError, match=r"data\.busy"):
        workspace.delete_dataset(dataset_id)
    workspace.jobs.request_cancel(job.id)
    workspace.delete_dataset(dataset_id)
    with pytest.raises(StudioError, match=r"data\.unknown"):
        workspace.datasets.get(dataset_id)
