"""What a search comes to: so many tries in so much time, before its start and while it goes on."""

from dataclasses import replace
from typing import Any

import pytest

from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.search_plan import CUT_SHARE, NEVER_CUT, plan_rest, plan_search
from studio.domain.situation import Speed
from studio.domain.tries import Try
from tests.situations import GPU, situation

RATES = {"training.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}}


def searching(vary: dict[str, Any] | None = None, **named: Any) -> Recipe:
    search = {"vary": vary or RATES, "tries": None, **named}
    return parse_recipe({"search": search, "training": {"epochs": 2}})


def ended(number: int, seconds: float, state: Any = "done") -> Try:
    return Try(number, state, {}, seconds, 1.0, is_counted=state != "running")


@pytest.mark.parametrize(
    ("search", "tries", "ends_by"),
    [
        ({"tries": 12}, 12, "tries"),
        ({"how": "grid", "vary": {"method.rank": [4, 8], "training.epochs": [1, 2, 3]}}, 7, "grid"),
        ({"how": "grid", "tries": 5, "vary": {"method.rank": [2, 4, 6, 8, 9, 12]}}, 5, "tries"),
        # There are no more settings than these, and the first ones once more.
        ({"tries": 12, "vary": {"method.rank": [4, 8]}}, 3, "grid"),
        ({"no_better_tries": 4}, 5, "no_better"),
    ],
)
def test_tries_are_counted_until_the_first_limit(
    search: dict[str, Any], tries: int, ends_by: str
) -> None:
    plan = plan_search(situation(), searching(**search))
    assert (plan.tries, plan.ends_by, plan.may_end_sooner) == (tries, ends_by, False)


def test_a_method_brings_only_the_settings_that_it_knows() -> None:
    vary = {"method.type": ["lora", "full"], "method.rank": [4, 8, 16]}
    plan = plan_search(situation(), searching(vary, how="grid", measure_noise=False))
    assert plan.tries == 3 + 1


def test_minutes_hold_as_many_tries_as_begin_in_them() -> None:
    each = plan_search(situation(), searching(tries=1, end_early="never")).try_seconds
    plan = plan_search(situation(), searching(minutes=each * 5 / 60, end_early="never"))
    assert (plan.tries, plan.ends_by) == (5, "minutes")
    assert plan.seconds == pytest.approx(5 * each, rel=0.3)
    assert plan.basis == "guessed"


def test_bad_tries_that_end_early_make_room_for_more() -> None:
    never, median = (
        plan_search(situation(), searching(minutes=60, end_early=how))
        for how in ("never", "median")
    )
    assert median.tries > never.tries
    assert median.try_seconds < never.try_seconds


def test_what_varies_the_time_is_told_by_all_values_and_the_own_ones_come_first() -> None:
    vary = {"training.epochs": [2, 8]}
    own, mixed = (
        plan_search(situation(), searching(vary, tries=n, end_early="never")) for n in (2, 3)
    )
    assert mixed.seconds - own.seconds > own.try_seconds


def test_small_batches_are_slower_than_those_that_were_measured() -> None:
    speed = Speed("starter", "qlora", 1, 1000.0, batch_tokens=800.0)
    few, many = (
        plan_search(situation(speeds=(speed,)), searching({"training.batch_rows": [n]}, tries=1))
        for n in (2, 8)
    )
    assert few.try_seconds > many.try_seconds * 1.05
    assert few.basis == "measured"


def test_several_devices_share_the_tries() -> None:
    machine = replace(GPU, devices=4)
    one, four = (
        plan_search(situation(machine=m), searching(tries=40, end_early="never"))
        for m in (GPU, machine)
    )
    assert four.tries == one.tries
    assert four.seconds < one.seconds / 2


def test_a_running_search_is_judged_by_its_own_tries() -> None:
    recipe = searching(tries=10, end_early="never")
    tries = [ended(1, 10.0), ended(2, 14.0), ended(3, 5.0, "running")]
    plan = plan_rest(recipe, tries)
    assert plan is not None
    assert (plan.tries, plan.basis) == (8, "tries")
    assert plan.seconds == pytest.approx(8 * 12 - 5)
    assert plan_rest(recipe, tries[2:]) is None


def test_how_much_ends_early_is_learned_from_the_tries() -> None:
    recipe = searching(tries=20)
    begun = [ended(n, 10.0) for n in range(NEVER_CUT)]
    few, many = (
        plan_rest(recipe, [*begun, *(ended(9, 2.0, "pruned") for _ in range(n))]) for n in (0, 10)
    )
    assert few is not None
    assert many is not None
    assert few.try_seconds == pytest.approx(10 * CUT_SHARE["median"])
    assert 2 < many.try_seconds < few.try_seconds * 0.6


@pytest.mark.parametrize("limits", [{"tries": 2}, {"minutes": 0.4}, {"no_better_tries": 1}])
def test_when_it_is_enough_nothing_is_left(limits: dict[str, Any]) -> None:
    plan = plan_rest(searching(**limits), [ended(1, 10.0), ended(2, 14.0)])
    assert plan is not None
    assert (plan.tries, plan.seconds) == (0, 0.0)
