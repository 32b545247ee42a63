"""Downloads as jobs: one for everybody who asks, a training that waits for its model, and models given away again."""

import os
import subprocess
import sys
from contextlib import closing

import pytest

from studio.domain.job import Job, Outcome
from studio.domain.recipe import Model, Recipe
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace
from studio.worker.run import perform
from studio.worker.task import Task
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault
from tests.model_folders import model_files

TINY = "models/shop/tiny"
ME = Handle(os.getpid(), 1.0)


@pytest.fixture(autouse=True)
def tiny_on_the_hub(hub: FakeHub) -> FakeHub:
    """Let every test find the shop's tiny model."""
    hub.commit(TINY, model_files())
    return hub


def train(workspace: Workspace, key: str = "train") -> Job:
    return workspace.submit_training(Recipe(model=Model(id="shop/tiny")), key)


def test_a_process_without_torch_brings_the_model(workspace: Workspace) -> None:
    job = workspace.submit_download("shop/tiny", "one")
    program = "import sys; from studio.worker import prepare; prepare.main(); assert 'torch' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", program],
        input=f"{job.folder.path}\n".encode(),
        check=True,
        timeout=120,
    )
    outcome = job.folder.outcome()
    assert outcome is not None
    model = workspace.models.get("shop/tiny")
    assert outcome.values == {"model": "shop/tiny", "revision": model.revision}
    progress = workspace.progress(job)
    assert progress is not None
    total = sum(map(len, model_files().values()))
    assert (progress.stage, progress.unit, progress.total) == ("downloading", "bytes", total)


def test_who_asks_for_the_same_model_waits_for_the_same_download(
    hub: FakeHub, workspace: Workspace
) -> None:
    first = workspace.submit_download("shop/tiny", "one")
    asked = len(hub.seen)
    assert workspace.submit_download("shop/tiny", "one").id == first.id
    assert len(hub.seen) == asked
    assert workspace.submit_download("shop/tiny", "two").id == first.id
    assert train(workspace, "three").parent == first.id


def test_what_cannot_be_tuned_is_refused_before_it_is_queued(
    hub: FakeHub, workspace: Workspace
) -> None:
    hub.commit(TINY, model_files(architectures=["MambaForCausalLM"]))
    with pytest.raises(StudioError, match=r"model\.unsupported"):
        workspace.submit_download("shop/tiny", "one")
    with pytest.raises(StudioError, match=r"model\.unsupported"):
        train(workspace)
    with pytest.raises(StudioError, match=r"model\.is_here"):
        workspace.submit_download("starter", "two")
    assert workspace.jobs.list() == []


def test_a_training_starts_after_the_download_of_its_model(
    hub: FakeHub, workspace: Workspace
) -> None:
    waiting = train(workspace)
    ready = workspace.submit_training(Recipe(), "two")
    assert workspace.jobs.claim(ME, "download") is not None
    claimed = workspace.jobs.claim(ME)
    assert claimed is not None
    assert claimed.id == ready.id
    workspace.jobs.finish(ready.id, Outcome("done", None, {}))
    assert workspace.jobs.claim(ME) is None
    assert waiting.parent is not None
    perform(workspace.jobs.get(waiting.parent).folder)
    workspace.jobs.finish(waiting.parent, Outcome("done", None, {}))
    claimed = workspace.jobs.claim(ME)
    assert claimed is not None
    assert claimed.id == waiting.id
    with closing(Task.open(claimed.folder.path)) as task:
        assert task.model_path == workspace.models.get("shop/tiny").path
        assert task.spec["model"]["revision"] == hub.repos[TINY].refs["main"]


def test_a_training_whose_download_failed_says_so(hub: FakeHub, workspace: Workspace) -> None:
    waiting = train(workspace)
    assert waiting.parent is not None
    hub.faults.append(Fault("/resolve/", status=403))
    failed = perform(workspace.jobs.get(waiting.parent).folder)
    assert failed.error is not None
    assert failed.error.code == "hub.forbidden"
    workspace.jobs.claim(ME)
    workspace.jobs.finish(waiting.parent, failed)
    assert workspace.jobs.claim(ME) is not None
    with closing(Task.open(waiting.folder.path)) as task:
        with pytest.raises(StudioError, match=r"model\.not_here"):
            _ = task.model_path


def test_one_download_runs_at_a_time(hub: FakeHub, workspace: Workspace) -> None:
    hub.commit("models/shop/other", model_files())
    first = workspace.submit_download("shop/tiny", "one")
    workspace.submit_download("shop/other", "two")
    claimed = workspace.jobs.claim(ME)
    assert claimed is not None
    assert (claimed.id, workspace.jobs.claim(ME)) == (first.id, None)


def test_without_the_hub_a_downloaded_model_is_still_tuned(
    hub: FakeHub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform(workspace.submit_download("shop/tiny", "one").folder)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    asked = len(hub.seen)
    assert train(workspace).parent is None
    assert workspace.model_checks.check("shop/tiny").problems == ()
    assert len(hub.seen) == asked
    with pytest.raises(StudioError, match=r"hub\.switched_off"):
        workspace.submit_download("shop/other", "two")


def test_a_model_is_deleted_when_nobody_needs_it(workspace: Workspace) -> None:
    job = workspace.submit_download("shop/tiny", "one")
    perform(job.folder)
    with pytest.raises(StudioError, match=r"model\.busy"):
        workspace.downloads.delete("shop/tiny")
    workspace.jobs.claim(ME)
    workspace.jobs.finish(job.id, Outcome("done", None, {}))
    waiting = train(workspace)
    with pytest.raises(StudioError, match=r"model\.busy"):
        workspace.downloads.delete("shop/tiny")
    workspace.jobs.request_cancel(waiting.id)
    workspace.downloads.delete("shop/tiny")
    assert list(workspace.settings.home.models.iterdir()) == []
    with pytest.raises(StudioError, match=r"model\.not_downloaded"):
        workspace.downloads.delete("shop/tiny")
    with pytest.raises(StudioError, match=r"model\.stays"):
        workspace.downloads.delete("starter")


def test_what_a_cancelled_download_left_is_kept_until_it_is_deleted(
    hub: FakeHub, workspace: Workspace
) -> None:
    hub.faults.append(Fault("/lfs/", status=403))
    job = workspace.submit_download("shop/tiny", "one")
    workspace.jobs.claim(ME)
    workspace.jobs.finish(job.id, perform(job.folder))
    models = workspace.settings.home.models
    workspace.downloads.remove_leftovers()
    assert len(list(models.iterdir())) == 1
    workspace.downloads.delete("shop/tiny")
    assert list(models.iterdir()) == []
    (models / ".shop--x.deleted").mkdir()
    workspace.downloads.remove_leftovers()
    assert list(models.iterdir()) == []
