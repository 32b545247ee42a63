"""A search whose processes are killed without warning: the runner is replaced, the worker, too, and no try that ended is lost."""

import os
import signal
from pathlib import Path

import pytest

from studio.domain.job import Job
from studio.domain.recipe import parse_recipe
from studio.domain.tries import Try, read_tries
from studio.services.locks import is_held
from studio.services.workspace import Workspace
from tests.survival.test_survival import (
    runner_pid,
    start_training,
    wait,
    worker_of,
    workspace,
)

pytestmark = pytest.mark.train
__all__ = ["workspace"]
TRIES = 3


def start_search(workspace: Workspace, tmp_path: Path) -> Job:
    short = start_training(workspace, tmp_path)
    workspace.jobs.request_cancel(short.id)
    recipe = parse_recipe({
        "model": {"id": "tiny"},
        "data": workspace.runs.recipe(short.id).data.model_dump(),
        "method": {"type": "lora"},
        "training": {"max_steps": 60, "batch_rows": 2, "max_length_tokens": 128},
        "search": {
            "vary": {"training.learning_rate": [0.02, 0.015, 0.01, 0.007, 0.005, 0.003, 0.002]},
            "tries": TRIES,
            "measure_noise": False,
            "end_early": "never",
        },
    })  # fmt: skip
    return workspace.submit_training(recipe, key="search")


def newest(job: Job) -> Try | None:
    tries = read_tries(job.folder, is_running=True)
    return tries[-1] if tries else None


def is_learning(job: Job, number: int) -> bool:
    """Tell whether a try has come as far as its first check, and not to its end."""
    one = newest(job)
    return one is not None and one.number >= number and one.state == "running" and bool(one.points)


def test_a_search_survives_its_runner_and_its_worker(workspace: Workspace, tmp_path: Path) -> None:
    job = start_search(workspace, tmp_path)
    workspace.ensure_runner()
    wait(lambda: is_learning(job, 1), 120)
    worker = worker_of(workspace, job)
    os.kill(runner_pid(workspace), signal.SIGKILL)
    wait(lambda: not is_held(workspace.settings.home.runner_lock), 10)
    workspace.ensure_runner()
    wait(lambda: is_held(workspace.settings.home.runner_lock), 30)
    wait(lambda: is_learning(job, 2), 60)
    assert worker_of(workspace, job) == worker
    killed = newest(job)
    os.kill(worker.pid, signal.SIGKILL)
    wait(lambda: workspace.jobs.get(job.id).is_final, 120)
    tries = read_tries(job.folder, is_running=False)
    assert workspace.jobs.get(job.id).state == "done"
    assert [one.number for one in tries] == list(range(1, TRIES + 2))
    (dead,) = [one for one in tries if not one.is_counted]
    assert killed is not None
    assert (dead.number, dead.state) == (killed.number, "failed")
    assert len({str(one.settings) for one in tries if one.is_counted}) == TRIES
    best = workspace.searches.board(job.id).best
    assert workspace.searches.learned(job.id, best) is not None
