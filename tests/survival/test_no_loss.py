"""Kill -9 at any moment of an import or a change: what was there is whole, and half of what was to come is not seen."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from studio.domain.dataset_folder import DatasetFolder, Step
from studio.domain.importing import ImportOrder, Source
from studio.domain.job import Job
from studio.services.workspace import Workspace, open_workspace

pytestmark = pytest.mark.slow
KILLS = 5
ROWS = 3_000
# Longer than any of these jobs takes to make its rows whole.
LATEST_SECONDS = 2.5


def write_rows(path: Path) -> None:
    words = [f"{i * 7919 % 10007} apples and {i * 104729 % 9973} pears" for i in range(ROWS)]
    rows = (json.dumps({"prompt": f"{w}?", "completion": f"Mail {w} to a@b.org"}) for w in words)
    path.write_text("\n".join(rows))


def kill_in(job: Job, seconds: float) -> bool:
    """Start a light worker on a job, kill it after so long, and tell whether it had finished."""
    command = [sys.executable, "-m", "studio.worker.prepare"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        assert worker.stdin is not None
        worker.stdin.write(f"{job.folder.path}\n".encode())
        worker.stdin.close()
        deadline = time.monotonic() + 30
        while not job.folder.events.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        try:
            worker.wait(seconds)
        except subprocess.TimeoutExpired:
            os.kill(worker.pid, signal.SIGKILL)
    return worker.returncode == 0


def fingerprint(folder: DatasetFolder) -> str:
    """Give what a data set says: the rows of its head, in order."""
    whole = hashlib.sha256()
    for line in folder.head().lines():
        whole.update(line)
    return whole.hexdigest()


def settle(workspace: Workspace, job: Job) -> Workspace:
    """End the job as the runner would, and start anew."""
    workspace.jobs.request_cancel(job.id)
    workspace.close()
    return open_workspace(workspace.settings)


def moments() -> list[float]:
    return np.random.default_rng(int(time.time())).uniform(0, LATEST_SECONDS, KILLS).tolist()


def test_a_killed_import_is_seen_whole_or_not_at_all(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path)
    for number, seconds in enumerate(moments()):
        order = ImportOrder((Source(path, path.name),))
        job = workspace.submit_import(order, path.name, f"import-{number}")
        kill_in(job, seconds)
        workspace = settle(workspace, job)
        for dataset in workspace.datasets.list():
            places = np.arange(dataset.used)
            assert len(workspace.datasets.rows(dataset.id, places)) == dataset.used
            assert dataset.is_sample or dataset.used == ROWS
        assert [*workspace.settings.home.datasets.glob(".*.partial")] == []


def test_a_killed_change_leaves_the_version_before_it(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path)
    dataset_id = workspace.datasets.add_file(path, path.name).id
    folder = workspace.datasets.folder(dataset_id)
    step = Step("mask_personal", {"kinds": ["mail"]})
    for number, seconds in enumerate(moments()):
        before, history = fingerprint(folder), folder.history()
        job = workspace.submit_change(dataset_id, step, f"change-{number}")
        kill_in(job, seconds)
        workspace = settle(workspace, job)
        if folder.history() == history:
            assert fingerprint(folder) == before
        else:
            assert workspace.datasets.get(dataset_id).changed_rows == ROWS
            assert fingerprint(folder) != before
            workspace.datasets.undo(dataset_id)
            assert fingerprint(folder) == before
