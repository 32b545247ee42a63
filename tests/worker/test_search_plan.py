"""What is said of a search before its start, held against what it then takes."""

import pytest

from studio.domain.search_plan import SearchPlan
from studio.domain.tries import Try, read_tries
from studio.services.workspace import Workspace
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

RATES = {"training.learning_rate": {"low": 1e-3, "high": 0.02, "log": True}}
# Where other programs take the processor meanwhile, it is looked at again.
ATTEMPTS = 3


def is_right(plan: SearchPlan, tries: list[Try]) -> bool:
    took = sum(one.seconds for one in tries)
    return len(tries) == plan.tries and abs(plan.try_seconds * plan.tries / took - 1) <= 0.25


def test_tries_and_minutes_are_right_within_a_quarter(
    search: Train, tiny_workspace: Workspace
) -> None:
    planner, told = tiny_workspace.planner, []
    sections = {
        "search": {"vary": RATES, "tries": 3, "end_early": "never", "measure_noise": False},
        "training": {"max_steps": 24, "eval_every_steps": 6},
    }
    for _ in range(ATTEMPTS):
        job, _ = search(**sections)
        tiny_workspace.lengths.measure(tiny_workspace.runs.recipe(job.id).data.id, "tiny")
        assert planner.speeds.learn(job) is not None
        recipe = tiny_workspace.runs.recipe(job.id)
        before = planner.plan_search(recipe)
        assert before.basis == "measured"
        again, _ = search(**sections)
        tries = read_tries(again.folder, is_running=False)
        half_way = planner.plan_search(recipe, tries=tries[:1])
        told.append((before, half_way, [one.seconds for one in tries]))
        if is_right(before, tries) and is_right(half_way, tries[1:]):
            return
    pytest.fail(f"three times wrong: {told}")
