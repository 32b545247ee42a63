"""The tries of a search, read from their folders, and everything that is said of them: pure functions on what is stored.

A try's folder looks like a training's. What the search knows of it stands in its `job.yaml` under `try` and, once it has
ended, in the values of its `result.json`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from studio.domain.importance import rank, weigh
from studio.domain.job import JobFolder, read_events
from studio.domain.search import Scalar, Search
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError

TryState = Literal["running", "done", "pruned", "failed", "stopped"]
EndReason = Literal["tries", "minutes", "no_better", "grid"]
Point = tuple[int, float]
# Two settings can be told apart with fewer tries by luck only.
FEWEST_FOR_IMPORTANCE = 4
LOSS = "held_out_loss"
# What 0.9 and 0.8 differ by is not quite 0.1.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Try:
    """One try. `value` is what the search judges by (`judged_by`): the lowest loss so far, or another measure of what it kept.

    `is_counted`: the budget counts it, since it ended by itself. `is_twin`: the first settings once more with another seed. `clone_of` is the try that somebody has changed something of,
    `wish` the name of that. `trial` is its number in the study, `worker` that of who does it.
    """

    number: int
    state: TryState
    settings: dict[str, Scalar]
    seconds: float = 0.0
    value: float | None = None
    is_twin: bool = False
    is_counted: bool = False
    error: StudioError | None = None
    points: list[Point] = field(default_factory=list)
    clone_of: int | None = None
    wish: str | None = None
    trial: int | None = None
    worker: int = 0
    judged_by: str = LOSS

    @property
    def cost(self) -> float | None:
        """Give what is the lower the better; None where nothing was reached."""
        return self.value if self.judged_by == LOSS or self.value is None else -self.value

    @property
    def standing(self) -> tuple[bool, float] | None:
        """Give what tries can be ranked by; where only finished ones have the measure, the others come after, by their loss."""
        if self.cost is not None and self.state in ("done", "pruned"):
            return False, self.cost
        losses = [loss for _, loss in self.points]
        return (True, min(losses)) if self.state == "pruned" and losses else None


@dataclass(frozen=True, slots=True)
class Board:
    """What a search has found so far. `noise` is the difference that another seed alone makes (None: not known yet)."""

    tries: list[Try]
    best: Try | None
    noise: float | None
    ties: list[int]
    importance: dict[str, float]
    judged_by: str = LOSS


def read_board(folder: JobFolder, *, is_running: bool) -> Board:
    """Read the board of a search; `is_running`: its worker is at work."""
    tries = read_tries(folder, is_running=is_running)
    noise = measure_noise(tries)
    asked = (read_spec(folder) or {}).get("recipe", {}).get("search") or {}
    judged_by = asked.get("judge_by", LOSS)
    ties, weights = find_ties(tries, noise), weigh_settings(tries)
    return Board(tries, find_best(tries), noise, ties, weights, judged_by)


def read_tries(folder: JobFolder, *, is_running: bool) -> list[Try]:
    """Read the tries of a search in order. One that has not ended is running, or its worker has died."""
    found = [JobFolder(path) for path in sorted(folder.tries.glob("[0-9]*"))]
    specs = [(one, read_spec(one)) for one in found]
    return [read_try(one, spec, is_running=is_running) for one, spec in specs if spec is not None]


def read_spec(folder: JobFolder) -> dict[str, Any] | None:
    """Give what a try was asked; None before that is written."""
    try:
        return parse_yaml(folder.spec.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def read_try(folder: JobFolder, spec: dict[str, Any], *, is_running: bool) -> Try:
    """Read one try."""
    asked, outcome = spec["try"], folder.outcome()
    events, _ = read_events(folder.events, 0)
    points = [(e.values["step"], e.values["held_out_loss"]) for e in events if e.kind == "eval"]
    named: dict[str, Any] = {
        "number": asked["number"],
        "settings": asked["settings"],
        "is_twin": asked["is_twin"],
        "points": points,
        "clone_of": asked.get("clone_of"),
        "wish": asked.get("wish"),
        "trial": asked.get("trial"),
        "worker": asked.get("worker", 0),
        "judged_by": asked.get("judged_by", LOSS),
    }
    if outcome is None:
        is_loss = named["judged_by"] == LOSS
        value = min((loss for _, loss in points), default=None) if is_loss else None
        seconds = events[-1].time - events[0].time if events else 0.0
        if is_running:
            return Try(state="running", value=value, seconds=seconds, **named)
        died = StudioError("search.try_died")
        return Try(state="failed", value=value, seconds=seconds, error=died, **named)
    values = outcome.values
    return Try(
        state=values["state"],
        seconds=values["seconds"],
        value=values["value"],
        is_counted=values["is_counted"],
        error=outcome.error,
        **named,
    )


def count_vain_starts(folder: JobFolder) -> int:
    """Give how often a worker has begun on a search since a try has ended."""
    events, _ = read_events(folder.events, 0)
    ended = [place for place, event in enumerate(events) if event.kind == "tried"]
    since = events[ended[-1] :] if ended else events
    return sum(e.kind == "stage" and e.values["stage"] == "starting" for e in since)


def find_best(tries: Sequence[Try]) -> Try | None:
    """Give the finished try that did best, the earliest of equals; None where none has finished."""
    done = [one for one in tries if one.state == "done" and one.cost is not None]
    return min(done, key=lambda one: math.inf if one.cost is None else one.cost, default=None)


def measure_noise(tries: Sequence[Try]) -> float | None:
    """Give how much two seeds make of a difference with the same settings; None before both have finished."""
    twin = next((one for one in tries if one.is_twin and one.state == "done"), None)
    if twin is None or twin.value is None:
        return None
    same = [
        one.value
        for one in tries
        if not one.is_twin and one.state == "done" and one.settings == twin.settings
    ]
    return next((abs(value - twin.value) for value in same if value is not None), None)


def find_ties(tries: Sequence[Try], noise: float | None) -> list[int]:
    """Give the numbers of the finished tries that are not better or worse than the best one by more than the noise."""
    best = find_best(tries)
    if best is None or best.cost is None or noise is None:
        return []
    return [
        one.number
        for one in tries
        if one.state == "done"
        and one.number != best.number
        and one.cost is not None
        and one.cost - best.cost <= noise + ROUNDING
    ]


def weigh_settings(tries: Sequence[Try]) -> dict[str, float]:
    """Give how much of the differences between tries each setting explains, as shares of one; empty where they are few."""
    judged = {one.number: one for one in tries if one.standing is not None and not one.is_twin}
    if len(judged) < FEWEST_FOR_IMPORTANCE:
        return {}
    standings = {number: one.standing for number, one in judged.items() if one.standing is not None}
    return weigh({number: one.settings for number, one in judged.items()}, rank(standings))


def spent_seconds(tries: Sequence[Try]) -> float:
    """Give the time that the budget counts: that of the tries that have ended by themselves."""
    return sum(one.seconds for one in tries if one.is_counted)


def reason_to_end(search: Search, tries: Sequence[Try], devices: int = 1) -> EndReason | None:
    """Give why no further try begins, or None; `devices`: so many do tries at the same time."""
    counted = [one for one in tries if one.is_counted]
    if search.tries is not None and len(counted) >= search.tries:
        return "tries"
    if search.minutes is not None:
        usual = float(np.median([one.seconds for one in counted])) if counted else 0.0
        # One that would be over for longer than it lasts within is not begun.
        if (spent_seconds(tries) + usual / 2) / devices > search.minutes * 60:
            return "minutes"
    best = find_best(counted)
    since = 0 if best is None else sum(one.number > best.number for one in counted)
    if search.no_better_tries is not None and since >= search.no_better_tries:
        return "no_better"
    return None


def explain_nothing(tries: Sequence[Try]) -> StudioError:
    """Give the error of a search in which no setting worked: what most of them failed with decides what to change."""
    count = len(tries)
    codes = [one.error.code for one in tries if one.error is not None]
    if codes and all(code.endswith("out_of_memory") for code in codes):
        return StudioError("search.all_out_of_memory", count=count)
    if codes and all(code.startswith("train.diverged") for code in codes):
        return StudioError("search.all_diverged", count=count)
    return StudioError("search.nothing_worked", count=count)


def board_value(board: Board, adapter: str | None) -> dict[str, Any]:
    """Give the board as JSON, as the command line prints it; `adapter` is the folder of the best try's."""
    best = board.best
    tries = [
        {
            "number": one.number,
            "state": one.state,
            "seconds": round(one.seconds, 2),
            "value": one.value,
            "settings": one.settings,
            "is_twin": one.is_twin,
            "clone_of": one.clone_of,
            "error": one.error.as_dict() if one.error else None,
        }
        for one in board.tries
    ]
    found = best and {
        "number": best.number,
        "value": best.value,
        "settings": best.settings,
        "adapter": adapter,
    }
    told = {
        "tries": tries,
        "best": found,
        "judged_by": board.judged_by,
        "ties": board.ties,
        "noise": board.noise,
        "importance": board.importance,
    }
    return json.loads(json.dumps(told))
