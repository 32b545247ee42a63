"""What is said of a search before its start, held against what it then takes."""

import pytest

from studio.domain.search_plan import TRY_SECONDS, SearchPlan
from studio.domain.tries import Try, read_tries
from studio.services.workspace import Workspace
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

RATES = {"training.learning_rate": {"low": 1e-3, "high": 0.02, "log": True}}
# Where other programs take the processor meanwhile, it is looked at again.
ATTEMPTS = 3


def is_right(plan: SearchPlan, tries: list[Try]) -> bool:
    """Tell whether a quarter is kept. The fixed seconds of a try, as a busy machine takes them, outweigh such short ones."""
    told, took = plan.try_seconds * plan.tries, sum(one.seconds for one in tries)
    most = 1.25 * took + (TRY_SECONDS if plan.basis == "measured" else 0) * len(tries)
    return len(tries) == plan.tries and 0.75 * took <= told <= most


def test_tries_and_minutes_are_right_within_a_quarter(
    search: Train, tiny_workspace: Workspace
) -> None:
    planner, told = tiny_workspace.planner, []
    sections = {
        "search": {"vary": RATES, "tries": 3, "end_early": "never", "measure_noise": False},
        "training": {"max_steps": 60, "eval_every_steps": 30},
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
