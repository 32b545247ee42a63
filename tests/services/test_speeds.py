"""Speeds: what a training showed is what the next estimate stands on."""

import json
from collections.abc import Sequence

import pytest

from studio.domain.job import Job, Outcome
from studio.domain.method import Lora
from studio.domain.recipe import Recipe
from studio.domain.search import Search
from studio.runner.runner import Runner
from studio.services.jobs import Handle
from studio.services.machine import Machine
from studio.services.workspace import Workspace
from tests.made_tries import store_try
from tests.runner.test_runner import FakeExecutor

HERE, ELSEWHERE = Machine("cpu", "CPU", 2, 2**34), Machine("cuda", "GPU", 8, 2**35)
RATES = [1.0, 50.0, 400.0, 420.0, 410.0]


def trained(
    workspace: Workspace, rates: Sequence[float | None], recipe: Recipe | None = None
) -> Job:
    """Give a training that told these speeds."""
    key = f"{rates} {recipe}"
    job = workspace.submit_training(recipe or Recipe(), key)
    lines = [
        {"seq": i, "time": 1.0, "kind": "log", "step": i, "loss": 1.0, "tokens_per_second": rate}
        for i, rate in enumerate(rates)
    ]
    job.folder.events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return job


def test_the_median_without_the_first_steps_is_kept_by_machine(workspace: Workspace) -> None:
    speeds = workspace.planner.speeds
    speed = speeds.learn(trained(workspace, RATES), HERE)
    assert speed is not None
    assert speed.tokens_per_second == 410.0
    assert speeds.known(HERE) == (speed,)
    assert speeds.known(ELSEWHERE) == ()


def test_a_newer_speed_takes_the_place_of_the_older(workspace: Workspace) -> None:
    speeds = workspace.planner.speeds
    for rates in (RATES, [*RATES, 900.0, 900.0, 900.0]):
        speeds.learn(trained(workspace, rates), HERE)
    speeds.learn(trained(workspace, RATES, Recipe(method=Lora())), HERE)
    kept = {speed.method: speed.tokens_per_second for speed in speeds.known(HERE)}
    assert kept == {"lora": 410.0, "qlora": 660.0}


def test_the_tries_of_a_search_tell_their_speed_and_their_batches(workspace: Workspace) -> None:
    search = Search(vary={"method.rank": (4, 8)})
    job = workspace.submit_training(Recipe(search=search), "search")
    for number, (state, rate) in enumerate((("done", 400.0), ("pruned", 300.0)), 1):
        ended = {"state": state, "value": 1.0, "seconds": 9.0, "is_counted": True}
        own = store_try(job.folder, number, Outcome("done", None, {**ended, "filled_share": 0.2}))
        own.spec.write_text(job.folder.spec.read_text())
        lines = [
            {
                "seq": n,
                "time": n / 2,
                "kind": "log",
                "step": n,
                "loss": 1.0,
                "tokens_per_second": rate,
            }
            for n in range(8)
        ]
        own.events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert job.kind == "search"
    speed = workspace.planner.speeds.learn(job, HERE)
    assert speed is not None
    assert (speed.tokens_per_second, speed.batch_tokens) == (500.0, 250.0)


@pytest.mark.parametrize("rates", [[], [400.0] * 4, [None] * 9])
def test_what_is_too_short_to_tell_is_not_kept(workspace: Workspace, rates: list[float]) -> None:
    assert workspace.planner.speeds.learn(trained(workspace, rates), HERE) is None
    assert workspace.planner.speeds.known(HERE) == ()


def test_the_runner_keeps_the_speed_of_what_has_ended(workspace: Workspace) -> None:
    job = trained(workspace, RATES)
    runner = Runner(workspace.settings.home, FakeExecutor(), keeps_standby=False)
    runner.jobs.claim(Handle(5_000_001, 1.0))
    Outcome("done", None, {}).write(job.folder)
    runner.tick()
    (speed,) = workspace.planner.speeds.known(workspace.machine())
    assert (speed.model, speed.tokens_per_second) == ("starter", 410.0)
    assert workspace.planner.plan(Recipe()).basis == "measured"
