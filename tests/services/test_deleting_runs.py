"""A training is deleted as a whole or not at all, also where the process is killed in the middle."""

import os
import signal
import subprocess
import sys

import pytest

from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace, open_workspace

HANDLE = Handle(pid=4_000_000, born=1.0)
# Deletes job 1, and is killed right after its folder has got another name.
KILLED = """
import os, pathlib, signal, sys
from studio.settings import Settings
from studio.services.jobs import JobQueue
rename = pathlib.Path.rename
def and_die(self, target):
    rename(self, target)
    os.kill(os.getpid(), signal.SIGKILL)
pathlib.Path.rename = and_die
JobQueue(Settings.from_env().home).delete([1])
"""


def ended(workspace: Workspace, key: str = "k") -> Job:
    job = workspace.jobs.submit("train", "a", {}, key=key)
    workspace.jobs.claim(HANDLE)
    workspace.jobs.finish(job.id, Outcome("done", None, {}))
    job.folder.adapter.mkdir()
    return workspace.jobs.get(job.id)


def left(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in workspace.settings.home.jobs.iterdir())


def test_a_deleted_training_is_gone_with_its_downloads(workspace: Workspace) -> None:
    run, other = ended(workspace), ended(workspace, "other")
    packed = workspace.submit_export(run.id, None, "export")
    workspace.jobs.claim(HANDLE)
    workspace.jobs.finish(packed.id, Outcome("done", None, {}))
    workspace.delete_run(run.id)
    assert [job.id for job in workspace.jobs.list()] == [other.id]
    assert left(workspace) == [other.folder.path.name]
    with pytest.raises(StudioError, match=r"job\.unknown"):
        workspace.delete_run(run.id)


def test_what_goes_on_is_not_deleted(workspace: Workspace) -> None:
    run = ended(workspace)
    workspace.submit_export(run.id, None, "export")
    with pytest.raises(StudioError, match=r"job\.busy"):
        workspace.delete_run(run.id)
    waiting = workspace.jobs.submit("train", "b", {}, key="b")
    with pytest.raises(StudioError, match=r"job\.busy"):
        workspace.delete_run(waiting.id)
    assert run.folder.adapter.is_dir()
    assert len(workspace.jobs.list()) == 3


def test_a_training_whose_folder_is_gone_can_be_deleted(workspace: Workspace) -> None:
    run = ended(workspace)
    run.folder.adapter.rmdir()
    run.folder.spec.unlink()
    run.folder.path.rmdir()
    workspace.delete_run(run.id)
    assert workspace.jobs.list() == []


def test_killed_before_the_row_is_gone_the_training_is_there_again(workspace: Workspace) -> None:
    run = ended(workspace)
    killed = subprocess.run([sys.executable, "-c", KILLED], env=os.environ, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert left(workspace) == [".trash-000001"]
    again = open_workspace(workspace.settings)
    assert again.jobs.get(run.id).folder.tuned is not None
    assert left(workspace) == ["000001"]
    again.close()


def test_killed_after_the_row_is_gone_the_rest_is_removed(workspace: Workspace) -> None:
    (workspace.jobs.trash(7) / "adapter").mkdir(parents=True)
    open_workspace(workspace.settings).close()
    assert left(workspace) == []
