"""What a board says, in codes with their values: which setting matters, where it is best, and what makes no difference."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from studio.domain.search import Scalar
from studio.domain.search_space import Knob
from studio.domain.tries import Board, Try

# A setting that explains so much of the differences is said to matter.
MATTERS = 0.25
# The value that is best is read from so many of the best tries, and told with so many digits.
BEST_SHARE = 0.25
FEWEST_BEST = 2
DIGITS = 1
# So near to the end of its range, measured as a share of it, the best value may well lie beyond.
EDGE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that can be said; its sentence is `findings.<code>`."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def read_findings(board: Board, knobs: Sequence[Knob], own: Mapping[str, Any]) -> list[Finding]:
    """Give what a board says, the most important first; how little it says while few tries have finished.

    `own` are the settings that the recipe has itself.
    """
    done = finished(board)
    if board.best is None:
        return []
    if not board.importance or len(done) < 2:
        return [Finding("too_few", {"n": len(done)})]
    return [
        *say_most(board, knobs, done),
        *say_no_more(board, knobs, done),
        *say_progress(board, done, own),
    ]


def finished(board: Board) -> list[Try]:
    """Give the tries whose result counts, the best first."""
    done = [one for one in board.tries if one.state == "done" and one.value is not None]
    return sorted(done, key=cost_of)


def cost_of(one: Try) -> float:
    """Give the result of a try, the lower the better; one that has none is worse than all others."""
    return math.inf if one.cost is None else one.cost


def say_most(board: Board, knobs: Sequence[Knob], done: Sequence[Try]) -> Iterator[Finding]:
    """Say which setting matters most, and where it is best."""
    path, share = max(board.importance.items(), key=lambda item: item[1])
    spread = cost_of(done[-1]) - cost_of(done[0])
    if share < MATTERS or spread <= (board.noise or 0.0):
        yield Finding("nothing_matters")
        return
    knob = next((knob for knob in knobs if knob.path == path), None)
    if knob is None:
        # Only what somebody has cloned by hand differs in it.
        return
    best = best_value(knob, done)
    if best is not None:
        code = "matters_choice" if knob.choices else "matters_most"
        yield Finding(code, {"path": path, "value": best})
    edge = find_edge(knob, board.best)
    if edge is not None:
        yield Finding(f"edge_{edge}", {"path": path})


def best_value(knob: Knob, done: Sequence[Try]) -> Scalar | None:
    """Give where a setting is best: of choices that of the best try, of numbers the middle of the best few."""
    having = [one.settings[knob.path] for one in done if knob.path in one.settings]
    if not having:
        return None
    if knob.choices:
        return having[0]
    numbers = [float(value) for value in having[: max(FEWEST_BEST, round(len(done) * BEST_SHARE))]]
    if knob.is_log:
        middle = math.exp(sum(math.log(number) for number in numbers) / len(numbers))
    else:
        middle = sum(numbers) / len(numbers)
    return round(middle) if knob.is_whole else float(f"{middle:.{DIGITS}g}")


def find_edge(knob: Knob, best: Try | None) -> str | None:
    """Tell at which end of its values the best try lies: "low", "high", or None."""
    if best is None or knob.path not in best.settings:
        return None
    value = best.settings[knob.path]
    if knob.choices:
        if not all_numbers(knob.choices) or len(knob.choices) < 3:
            return None
        ends = {min(knob.choices): "low", max(knob.choices): "high"}
        return ends.get(value)
    place = place_of(knob, float(value))
    return "low" if place < EDGE_SHARE else "high" if place > 1 - EDGE_SHARE else None


def place_of(knob: Knob, value: float) -> float:
    """Give where a number lies between the ends of its range, from 0 to 1; one beyond them lies at its end."""
    low, high = knob.low, knob.high
    value = min(max(value, low), high)
    if knob.is_log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def say_no_more(board: Board, knobs: Sequence[Knob], done: Sequence[Try]) -> Iterator[Finding]:
    """Say from which value on a number makes no difference that another seed would not make as well."""
    if board.noise is None:
        return
    for knob in knobs:
        by_value = best_by_value(knob.path, done)
        if len(by_value) < 2:
            continue
        values, losses = list(by_value), list(by_value.values())
        is_even = max(losses) - min(losses) <= board.noise
        if not is_even and board.importance.get(knob.path, 1.0) >= MATTERS:
            continue
        if is_even:
            yield Finding("no_difference", {"path": knob.path})
        elif all_numbers(values):
            enough = enough_of(by_value, board.noise)
            if enough is not None:
                yield Finding("no_more", {"path": knob.path, "value": enough})


def best_by_value(path: str, done: Sequence[Try]) -> dict[Scalar, float]:
    """Give the best result with each value of a setting, numbers in their order."""
    found: dict[Scalar, float] = {}
    for one in done:
        if path in one.settings:
            found.setdefault(one.settings[path], cost_of(one))
    return dict(sorted(found.items())) if all_numbers(list(found)) else found


def enough_of(by_value: Mapping[Scalar, float], noise: float) -> Scalar | None:
    """Give the smallest number whose best result no larger one betters beyond the noise; None where that is the largest."""
    values, losses = list(by_value), list(by_value.values())
    for place, (loss, _) in enumerate(pairwise(losses)):
        if loss - min(losses[place:]) <= noise:
            return values[place]
    return None


def all_numbers(values: Sequence[Scalar]) -> bool:
    """Tell whether all values can be put in order."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def say_progress(board: Board, done: Sequence[Try], own: Mapping[str, Any]) -> Iterator[Finding]:
    """Say how much better the best is than the settings that the search began with, and how many are as good."""
    best = board.best
    first = next((one for one in board.tries if one.settings == own and not one.is_twin), None)
    if best is None or best.value is None:
        return
    if first is not None and first.state == "done" and first.value is not None:
        gain = cost_of(first) - cost_of(best)
        if gain <= (board.noise or 0.0):
            yield Finding("own_is_as_good")
        else:
            yield Finding("better_than_own", {"before": first.value, "after": best.value})
    others = [number for number in board.ties if number != (first.number if first else None)]
    if others:
        yield Finding("ties", {"n": len(others)})
