"""Downloads that are killed in any phase, and several at once: what looks finished is whole."""

import hashlib
import os
import signal
import zipfile

import pytest

from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.workspace import Workspace
from studio.worker.prepare import TaskWatch
from studio.worker.run import perform
from tests.worker.conftest import Train
from tests.worker.test_export import claim_and_finish

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
PHASES = {
    "adapter": ("proving", "comparing", "packing"),
    "merged": ("merging", "proving", "comparing", "packing"),
    "gguf-q8_0": ("converting", "proving", "comparing", "packing"),
}


def test_a_packing_that_is_killed_in_any_phase_leaves_nothing_that_looks_finished(
    tiny_workspace: Workspace, train: Train
) -> None:
    job, trained = train()
    claim_and_finish(tiny_workspace, job.id, trained)
    for target, stages in PHASES.items():
        for stage in stages:
            export = tiny_workspace.submit_export(job.id, target, key=f"{target} {stage}")
            status = in_a_copy_of_this_process(export, stage)
            assert os.WTERMSIG(status) == signal.SIGKILL, (target, stage)
            died = Outcome("failed", StudioError("worker.died"), {})
            left = [path for path in export.folder.exports.rglob("*") if path.is_file()]
            assert all("partial" in str(path.relative_to(export.folder.exports)) for path in left)
            claim_and_finish(tiny_workspace, export.id, died)
            with pytest.raises(StudioError, match=r"export\.unknown"):
                tiny_workspace.export_file(export.id)


def test_two_at_once_do_not_disturb_one_another(tiny_workspace: Workspace, train: Train) -> None:
    job, trained = train()
    claim_and_finish(tiny_workspace, job.id, trained)
    exports = [
        tiny_workspace.submit_export(job.id, target, key=f"at once {place}")
        for place, target in enumerate(("merged", "gguf-q8_0", "merged"))
    ]
    children = [start(export) for export in exports]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    for export in exports:
        outcome = export.folder.outcome()
        assert outcome is not None
        claim_and_finish(tiny_workspace, export.id, outcome)
        file = tiny_workspace.export_file(export.id)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == outcome.values["sha256"]
        assert outcome.values["proof"]["is_same"]
        with zipfile.ZipFile(file) as content:
            assert content.testzip() is None
        assert [path.name for path in export.folder.exports.iterdir()] == [file.name]


def in_a_copy_of_this_process(export: Job, stage: str) -> int:
    """Export, and be killed in a phase; give how it ended."""
    return os.waitpid(start(export, stage), 0)[1]


def start(export: Job, stage: str | None = None) -> int:
    """Export in a copy of this process, which is killed in the middle of a phase; give its number."""
    child = os.fork()
    if child == 0:
        if stage is not None:
            kill_at(stage)
        outcome = perform(export.folder)
        outcome.write(export.folder)
        os._exit(0 if outcome.state == "done" else 1)
    return child


def kill_at(stage: str) -> None:
    """Have this process killed in the middle of a stage, with something done already."""
    progress = TaskWatch.progress

    def and_die(self: TaskWatch, at: str, done: int, total: int) -> None:
        progress(self, at, done, total)
        if at == stage and done > 0:
            os.kill(os.getpid(), signal.SIGKILL)

    TaskWatch.progress = and_die  # ty: ignore[invalid-assignment]
