"""What is said of a search before its start, held against what it then takes."""

import pytest

from studio.domain.search_plan import TRY_SECONDS, SearchPlan
from studio.domain.tries import read_tries
from studio.services.workspace import Workspace
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

RATES = {"training.learning_rate": {"low": 1e-3, "high": 0.02, "log": True}}
# Where other programs take the processor meanwhile, it is looked at again.
ATTEMPTS = 3


def is_right(plan: SearchPlan, tries: int, seen: list[float]) -> bool:
    """Tell whether a quarter is kept of what tries were seen to take, from the quickest to the slowest one.

    What is said before any try has steps that were measured, but fixed seconds that are none of this machine's; they are
    as long as such a short try itself, and longer where the machine is busy.
    """
    unknown = TRY_SECONDS if plan.basis == "measured" else 0
    least, most = 0.75 * min(seen) - unknown, 1.25 * max(seen) + unknown
    return plan.tries == tries and least <= plan.try_seconds <= most


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
        seen = [one.seconds for one in read_tries(job.folder, is_running=False) + tries]
        told.append((before, half_way, seen))
        if is_right(before, len(tries), seen) and is_right(half_way, len(tries) - 1, seen):
            return
    pytest.fail(f"three times wrong: {told}")
