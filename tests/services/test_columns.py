"""Who can answer in the playground, and from which folders."""

import pytest

from studio.domain.checkpoint_files import MANIFEST
from studio.domain.column import Column
from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.models import STARTER
from studio.services.workspace import Workspace


@pytest.fixture
def running(workspace: Workspace) -> Job:
    """Give a training at work that has completed the checkpoint of step 40; that of step 50 is being written."""
    job = workspace.submit_training(workspace.recipes.load("quickstart"), "key")
    workspace.jobs.claim(Handle(1, 1.0))
    for step in (40, 50):
        (job.folder.checkpoints / f"checkpoint-{step}").mkdir(parents=True)
    (job.folder.checkpoints / "checkpoint-40" / MANIFEST).touch()
    return workspace.jobs.get(job.id)


def test_a_training_at_work_answers_with_its_complete_checkpoints_only(
    workspace: Workspace, running: Job
) -> None:
    library = workspace.playground.columns
    keys = [choice.column.key for choice in library.choices()]
    assert keys[0] == f"{running.id}@40"
    assert "starter" in keys
    source = library.source(Column(run_id=running.id, step=40))
    assert (source.base, source.tuned) == (STARTER, running.folder.checkpoints / "checkpoint-40")
    for column in (Column(run_id=running.id, step=50), Column(run_id=running.id)):
        with pytest.raises(StudioError, match=r"chat\.adapter_missing"):
            library.source(column)


def test_a_finished_training_answers_beside_its_base(workspace: Workspace, running: Job) -> None:
    running.folder.adapter.mkdir()
    workspace.jobs.finish(running.id, Outcome("done", None, {}))
    library = workspace.playground.columns
    assert [column.key for column in library.usual(running.id)] == ["starter", str(running.id)]
    assert library.source(Column(run_id=running.id)).tuned == running.folder.adapter


def test_what_is_not_there_is_told(workspace: Workspace) -> None:
    library = workspace.playground.columns
    with pytest.raises(StudioError, match=r"job\.unknown"):
        library.source(Column(run_id=7))
    with pytest.raises(StudioError, match=r"model\.unknown"):
        library.source(Column(model_id="../secrets"))


def test_what_was_learned_on_the_starter_outlives_its_installation(
    workspace: Workspace, running: Job
) -> None:
    spec = running.folder.spec
    spec.write_text(spec.read_text().replace(str(STARTER), "/an/earlier/place/starter"))
    assert "/an/earlier/place" in spec.read_text()
    source = workspace.playground.columns.source(Column(run_id=running.id, step=40))
    assert source.base == STARTER
