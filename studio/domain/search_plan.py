"""What a search comes to: so many tries in so much time. Before its start from the speed of the machine, then from its own tries.

seconds   ├ load ┤├ first ┤├ again ┤├ try ┤├ try┤├ try ┤├ t ┤├ try┤ …      the later ones are shorter: bad ones end early
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from studio.domain.duration import Basis, learning_duration, load_seconds
from studio.domain.recipe import Recipe
from studio.domain.search import Range, Search
from studio.domain.search_space import (
    TYPE,
    Knob,
    Settings,
    applies,
    combine_count,
    own_settings,
    possible_methods,
    read_knobs,
    search_of,
    with_settings,
)
from studio.domain.situation import Situation
from studio.domain.tries import EndReason, Try, reason_to_end, spent_seconds
from studio.domain.workload import measure_workload

PlanBasis = Literal[Basis, "tries"]
# So many settings, spread over all that may be tried, stand for them.
SAMPLED = 24
SEED = 0
# The modules around the weights, the trainer, and what is written at the end.
TRY_SECONDS = 0.6
# Each check is written down with the state that belongs to it, which is read back.
CHECK_SECONDS = 0.12
# So many tries always come to their end: there is nothing yet to be worse than.
NEVER_CUT = 3
# What a later try takes of its whole time, on average, where bad ones end early (docs/measurements.md, "Search").
CUT_SHARE = {"median": 0.5, "hyperband": 0.5, "never": 1.0}
# Before the tries so far outweigh that, there have to be more of them than these.
CUT_TRIES = 2
MOST_TRIES = 10_000
BASES: tuple[PlanBasis, ...] = ("tries", "measured", "scaled", "guessed")


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """So many `tries` are still to come and take so many `seconds` together, loading the model included.

    `ends_by` is the limit that is met first; `may_end_sooner`: where no try is better for a while. Where that is the only
    limit, `tries` are the fewest there can be.
    """

    tries: int
    seconds: float
    try_seconds: float
    """The time of one, bad ones that end early counted in."""
    basis: PlanBasis
    ends_by: EndReason
    may_end_sooner: bool


def plan_search(situation: Situation, recipe: Recipe) -> SearchPlan:
    """Give what a search comes to that has not begun."""
    search, knobs = search_of(recipe), read_knobs(recipe)
    devices = devices_for(recipe, situation.machine.devices)
    # Each device does tries of its own.
    alone = replace(situation, machine=replace(situation.machine, devices=1))
    own = own_settings(recipe, knobs)
    first = try_duration(alone, with_settings(recipe, own))
    drawn = [
        try_duration(alone, with_settings(recipe, settings)) for settings in sample(recipe, knobs)
    ]
    usual = statistics.mean(seconds for seconds, _ in drawn)
    # Of settings outside of the limits nobody knows which ones will be drawn instead.
    is_own_first = search.how != "grid" and len(own) == len(knobs)
    begun_with_own = (1 + search.measure_noise) if is_own_first else 0

    def cost(number: int) -> float:
        whole = first[0] if number < begun_with_own else usual
        return whole if number < NEVER_CUT else whole * CUT_SHARE[search.end_early]

    basis = max((basis for _, basis in (first, *drawn)), key=BASES.index)
    return lay_out(recipe, cost, load_seconds(situation), basis, devices)


def plan_rest(recipe: Recipe, tries: Sequence[Try], available: int = 1) -> SearchPlan | None:
    """Give what is still to come of a search, judged by its tries so far; None where none has ended by itself.

    So many devices are `available`.
    """
    devices = devices_for(recipe, available)
    counted = [one for one in tries if one.is_counted]
    whole = [one.seconds for one in counted if one.state == "done"]
    if not whole:
        return None
    later = [one.seconds for one in counted[NEVER_CUT:]]
    expected = statistics.mean(whole) * CUT_SHARE[search_of(recipe).end_early]
    cut = (CUT_TRIES * expected + sum(later)) / (CUT_TRIES + len(later))

    def cost(number: int) -> float:
        return statistics.mean(whole) if number < NEVER_CUT else cut

    now = sum(min(one.seconds, cut) for one in tries if one.state == "running")
    return lay_out(recipe, cost, -now / devices, "tries", devices, counted)


def lay_out(
    recipe: Recipe,
    cost: Callable[[int], float],
    before: float,
    basis: PlanBasis,
    devices: int,
    counted: Sequence[Try] = (),
) -> SearchPlan:
    """Count the tries until a limit is met, each at its `cost`, after those that are `counted` already."""
    search = search_of(recipe)
    most, ends_by = most_tries(search, recipe)
    spent, number = spent_seconds(counted) / devices, len(counted)
    if reason_to_end(search, counted, devices) is not None:
        most = number
    begun = spent
    while number < most:
        if search.minutes is not None and spent + cost(number) / 2 / devices > search.minutes * 60:
            ends_by = "minutes"
            break
        spent += cost(number) / devices
        number += 1
    left = number - len(counted)
    each = (spent - begun) * devices / left if left else cost(number)
    seconds = max(0.0, before + spent - begun) if left else 0.0
    may_end_sooner = search.no_better_tries is not None and ends_by != "no_better"
    return SearchPlan(left, seconds, each, basis, ends_by, may_end_sooner)


def devices_for(recipe: Recipe, available: int) -> int:
    """Give how many devices do tries at the same time."""
    return min(available, recipe.training.devices or available)


def most_tries(search: Search, recipe: Recipe) -> tuple[int, EndReason]:
    """Give how many tries there are at most, whatever they take, and why."""
    limits: list[tuple[int, EndReason]] = [(MOST_TRIES, "minutes")]
    if search.minutes is None and search.tries is None and search.no_better_tries is not None:
        limits.append((search.no_better_tries + 1, "no_better"))
    if search.how == "grid" or not any(isinstance(v, Range) for v in search.vary.values()):
        limits.append((combine_count(recipe) + search.measure_noise, "grid"))
    if search.tries is not None:
        limits.append((search.tries, "tries"))
    return min(limits, key=lambda limit: limit[0])


def try_duration(situation: Situation, recipe: Recipe) -> tuple[float, Basis]:
    """Give the time of one try that comes to its end, and where that is from."""
    work = measure_workload(situation, recipe)
    learning = learning_duration(situation, recipe, work)
    return learning.seconds + TRY_SECONDS + work.checks * CHECK_SECONDS, learning.basis


def sample(recipe: Recipe, knobs: Sequence[Knob]) -> list[Settings]:
    """Give settings that are spread over all that may be tried, always the same ones."""
    methods = possible_methods(recipe)
    places = np.random.default_rng(SEED).random((SAMPLED, len(knobs)))
    drawn = []
    for row in places:
        settings = {knob.path: knob.at(share) for knob, share in zip(knobs, row, strict=True)}
        method = str(settings.get(TYPE, methods[0]))
        drawn.append({path: value for path, value in settings.items() if applies(path, method)})
    return drawn
