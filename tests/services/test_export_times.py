"""How long a download takes: told from earlier ones of this machine, and not at all where there was none."""

from dataclasses import replace

import pytest

from studio.domain.catalog import ModelInfo
from studio.domain.job import Job, Outcome
from studio.domain.recipe import Recipe
from studio.runner.runner import Runner
from studio.services.exports import base_of
from studio.services.jobs import Handle
from studio.services.machine import Machine
from studio.services.workspace import Workspace
from tests.runner.test_runner import FakeExecutor

HERE, ELSEWHERE = Machine("cpu", "CPU", 2, 2**34), Machine("cuda", "GPU", 8, 2**35)


@pytest.fixture
def run(workspace: Workspace) -> Job:
    """Give a finished training of the starter."""
    job = workspace.submit_training(Recipe(), "run")
    job.folder.adapter.mkdir()
    return end(workspace, job)


@pytest.fixture
def starter(run: Job) -> ModelInfo:
    model = base_of(run.folder)
    assert model is not None
    return model


def end(workspace: Workspace, job: Job, outcome: Outcome | None = None) -> Job:
    workspace.jobs.claim(Handle(4_000_000, 1.0))
    workspace.jobs.finish(job.id, outcome or Outcome("done", None, {}))
    return workspace.jobs.get(job.id)


def packed(workspace: Workspace, run: Job, target: str, seconds: float) -> Job:
    """Give a download that was made in so many seconds."""
    job = end(workspace, workspace.submit_export(run.id, target, f"{target} {seconds}"))
    assert job.started is not None
    return replace(job, finished=job.started + seconds)


def test_the_time_of_a_form_is_that_of_the_newest_download(
    workspace: Workspace, run: Job, starter: ModelInfo
) -> None:
    times = workspace.exports.times
    for target, seconds in (("gguf-q8_0", 20.0), ("gguf-q8_0", 12.0), ("adapter", 5.0)):
        times.learn(packed(workspace, run, target, seconds), HERE)
    assert times.about("gguf-q8_0", starter, HERE) == 12.0
    assert times.about("adapter", starter, HERE) == 5.0
    assert times.about("merged", starter, HERE) is None
    assert times.about("gguf-q8_0", starter, ELSEWHERE) is None


@pytest.mark.parametrize(
    ("factor", "seconds"), [(2.1, None), (1.5, 18.0), (0.6, 12.0), (0.4, None)]
)
def test_only_a_model_of_about_that_size_tells_of_another(
    workspace: Workspace, run: Job, starter: ModelInfo, factor: float, seconds: float | None
) -> None:
    times = workspace.exports.times
    times.learn(packed(workspace, run, "merged", 12.0), HERE)
    other = replace(starter, id="other", parameters=round(starter.parameters * factor))
    about = times.about("merged", other, HERE)
    assert (about if about is None else round(about, 1)) == seconds


def test_what_did_not_end_well_or_made_several_forms_tells_nothing(
    workspace: Workspace, run: Job
) -> None:
    times = workspace.exports.times
    failed = workspace.submit_export(run.id, "merged", "failed")
    assert times.learn(end(workspace, failed, Outcome("cancelled", None, {})), HERE) is None
    assert times.learn(packed(workspace, run, "gguf-f16,gguf-q8_0", 9.0), HERE) is None
    assert times.learn(run, HERE) is None


def test_the_runner_keeps_the_time_and_the_form_shows_it(workspace: Workspace, run: Job) -> None:
    before = {choice.target.name: choice.seconds for choice in workspace.exports.choices(run.id)}
    export = workspace.submit_export(run.id, "adapter", "e")
    runner = Runner(workspace.settings.home, FakeExecutor(), keeps_standby=False)
    runner.jobs.claim(Handle(5_000_001, 1.0))
    Outcome("done", None, {}).write(export.folder)
    runner.tick()
    after = {choice.target.name: choice.seconds for choice in workspace.exports.choices(run.id)}
    assert before["adapter"] is None
    assert after["adapter"] is not None
    assert after["merged"] is None


def test_nothing_is_learned_of_a_training_that_is_gone(workspace: Workspace, run: Job) -> None:
    job = packed(workspace, run, "adapter", 5.0)
    run.folder.spec.unlink()
    assert workspace.exports.times.learn(job, HERE) is None
