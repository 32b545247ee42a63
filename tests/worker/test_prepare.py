"""The light worker's jobs, done here and now: what they leave behind, and what they leave alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.domain.dataset_folder import Step
from studio.domain.importing import ImportOrder, Source
from studio.domain.job import Job, Outcome
from studio.services.workspace import Workspace
from studio.worker.run import perform

ROWS = "".join(
    json.dumps({"prompt": f"Question {i} of {i * i}", "completion": f"Answer {i}"}) + "\n"
    for i in range(60)
)


def submit(workspace: Workspace, tmp_path: Path, text: str = ROWS, key: str = "k") -> Job:
    path = tmp_path / "upload"
    path.write_text(text)
    job = workspace.submit_import(ImportOrder((Source(path, "shop.jsonl"),)), "shop.jsonl", key)
    path.unlink()
    return job


def imported(workspace: Workspace, tmp_path: Path) -> str:
    outcome = perform(submit(workspace, tmp_path).folder)
    assert outcome.error is None
    return outcome.values["dataset"]


def own(workspace: Workspace) -> list[str]:
    return [dataset.id for dataset in workspace.datasets.list() if not dataset.is_sample]


def test_an_import_is_checked_and_has_topics(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = imported(workspace, tmp_path)
    dataset = workspace.datasets.get(dataset_id)
    assert (dataset.name, dataset.rows, dataset.version) == ("shop.jsonl", 60, 0)
    assert workspace.datasets.health(dataset_id) is not None
    assert workspace.datasets.topics(dataset_id) is not None
    assert workspace.submit_check(dataset_id) is None


def test_a_data_set_is_seen_when_it_is_complete(workspace: Workspace, tmp_path: Path) -> None:
    job = submit(workspace, tmp_path)
    assert own(workspace) == []
    perform(job.folder)
    assert len(own(workspace)) == 1


@pytest.mark.parametrize(
    ("text", "code"), [("", "data.empty_file"), ('{"colour": "red"}\n', "data.unknown_columns")]
)
def test_a_refused_file_leaves_nothing(
    workspace: Workspace, tmp_path: Path, text: str, code: str
) -> None:
    outcome = perform(submit(workspace, tmp_path, text).folder)
    assert outcome.error is not None
    assert outcome.error.code == code
    assert [*workspace.settings.home.datasets.glob(".*.partial")] == []


def test_a_cancelled_import_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    job = submit(workspace, tmp_path)
    job.folder.cancel.touch()
    assert perform(job.folder) == Outcome("cancelled", None, {})
    assert own(workspace) == []
    assert [*workspace.settings.home.datasets.glob(".*.partial")] == []


def test_a_double_click_imports_once(workspace: Workspace, tmp_path: Path) -> None:
    assert submit(workspace, tmp_path).id == submit(workspace, tmp_path).id
    assert len([*workspace.settings.home.datasets.glob(".*.partial")]) == 1


def test_a_step_makes_a_version_and_its_check(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = imported(workspace, tmp_path)
    job = workspace.submit_change(dataset_id, Step("drop_row", {"place": 0}), "c")
    assert perform(job.folder).values == {"dataset": dataset_id, "version": 1}
    assert workspace.datasets.get(dataset_id).used == 59
    assert workspace.datasets.health(dataset_id) is not None
    assert workspace.datasets.undo(dataset_id).used == 60


def test_a_place_means_a_row_of_the_version_that_was_seen(
    workspace: Workspace, tmp_path: Path
) -> None:
    dataset_id = imported(workspace, tmp_path)
    jobs = [
        workspace.submit_change(dataset_id, Step("drop_row", {"place": 0}), key) for key in "ab"
    ]
    first, second = [perform(job.folder) for job in jobs]
    assert first.state == "done"
    assert second.error is not None
    assert second.error.code == "data.changed_meanwhile"


def test_a_cancelled_check_keeps_the_rows(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = imported(workspace, tmp_path)
    workspace.submit_change(dataset_id, Step("drop_row", {"place": 0}), "c")
    job = workspace.jobs.find("c")
    assert job is not None
    job.folder.hurry.touch()
    assert perform(job.folder).state == "done"
    assert workspace.datasets.get(dataset_id).used == 59
    assert workspace.datasets.health(dataset_id) is None


def test_progress_is_told_in_bytes_and_rows(workspace: Workspace, tmp_path: Path) -> None:
    job = submit(workspace, tmp_path, ROWS * 40)
    assert workspace.progress(job) is None
    perform(job.folder)
    events = [json.loads(line) for line in job.folder.events.read_text().splitlines()]
    told = [event for event in events if event["kind"] == "progress"]
    assert {"reading", "splitting", "saving"} <= {event["stage"] for event in told}
    assert all(0 <= event["done"] <= event["total"] for event in told if event["total"])
    assert workspace.progress(job) is not None


def test_a_file_of_held_out_rows_comes_with_a_step(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = imported(workspace, tmp_path)
    path = tmp_path / "mine.jsonl"
    path.write_text('{"prompt": "Mine?", "completion": "Mine."}\n')
    job = workspace.submit_held_out_file(dataset_id, Source(path, path.name), "h")
    assert perform(job.folder).error is None
    dataset = workspace.datasets.get(dataset_id)
    assert (dataset.train_rows, dataset.held_out_rows) == (60, 1)


def test_the_light_worker_never_loads_the_training_stack() -> None:
    program = "import sys, studio.worker.prepare; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # fmt: skip
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded & {"torch", "transformers", "sklearn", "gradio", "sqlite3"} == set()
