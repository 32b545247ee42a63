"""What a training's curve means, in plain words: a code with values, by rules that made-up curves test.

Where several rules hold, the first one speaks: trouble before praise, held-out examples before learned ones.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Point = tuple[int, float]

FEWEST_POINTS = 8
FEWEST_CHECKS = 3
# A difference below this share is noise: two seeds of one recipe differ as much.
CLEAR_CHANGE = 0.03
# Batches are unequally hard: with nothing learned, the means of two quarters were 2.5 standard errors apart, and with very little
# learned 4.4 (docs/decisions.md, "Training, measured once more").
BATCH_ERRORS = 3.5
# A rise below this share of the way that the loss has come is noise, however many times a tiny loss it is.
NOTABLE_SHARE = 0.03
# A loss that jumps to this multiple of where it was shows steps that are too big.
JUMP = 1.5
# Held-out examples that still get this much easier from one check to the next are not done.
STILL_FALLING = 0.01
# Before this share of a training it is too early to say that it learns nothing, or that it gets worse.
EARLY_SHARE = 0.15
# With fewer examples a model has learned them by heart before it has seen what they have in common.
FEW_EXAMPLES = 50
LARGEST_LOSS = 50.0


@dataclass(frozen=True, slots=True)
class Curve:
    """What is known of a training so far. Points are (step, loss); `rows` counts the learned examples.

    `is_final`: nothing more comes; `was_stopped`: more was meant to come. `keeps_best`: of its states the one is kept that
    did best on held-out examples, not the last.
    """

    train: Sequence[Point]
    held_out: Sequence[Point] = ()
    is_final: bool = False
    was_stopped: bool = False
    keeps_best: bool = True
    rows: int | None = None
    total_steps: int | None = None

    @property
    def is_young(self) -> bool:
        """Tell whether too little is done to speak of trouble that a calm start would show, too."""
        done = self.train[-1][0] / self.total_steps if self.total_steps else 1.0
        return not self.is_final and done < EARLY_SHARE


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence of the locale files (`curve.<code>`) with its values."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def read_curve(curve: Curve) -> Reading | None:
    """Give what the curve says, or None while it says too little."""
    if len(curve.train) < FEWEST_POINTS:
        return None
    return next((reading for rule in RULES if (reading := rule(curve)) is not None), None)


def is_rate_too_high(curve: Curve) -> Reading | None:
    """Tell where the loss rises as a whole, or where it jumps and does not come back."""
    first, last = ends(curve.train)
    lowest, highest, last_step = math.inf, 0.0, curve.train[-1][0]
    for step, loss in smooth(curve.train):
        lowest, highest = min(lowest, loss), max(highest, loss)
        has_jumped = loss > lowest * JUMP and is_notable(last - lowest, highest - lowest)
        if has_jumped and last >= lowest * JUMP:
            return Reading("rate_too_high", {"step": step})
    if last > first * (1 + CLEAR_CHANGE) and not curve.is_young:
        return Reading("rate_too_high", {"step": last_step})
    return None


def has_memorised(curve: Curve) -> Reading | None:
    """Tell since when held-out examples get harder while the learned ones get easier."""
    best_step, best_loss = best_check(curve)
    later = [loss for step, loss in curve.held_out if step > best_step]
    if len(curve.held_out) < FEWEST_CHECKS or not later:
        return None
    newest = min(later[-2:])
    fall = curve.held_out[0][1] - best_loss
    if newest <= best_loss * (1 + CLEAR_CHANGE) or not is_notable(newest - best_loss, fall):
        return None
    values = {"step": best_step, "loss": best_loss}
    if curve.rows is not None and curve.rows < FEW_EXAMPLES:
        return Reading("too_few_examples", {**values, "n": curve.rows})
    if not curve.keeps_best:
        return Reading("memorised" if curve.is_final else "memorising", values)
    return Reading("best_kept" if curve.is_final else "memorising_since", values)


def has_changed_nothing(curve: Curve) -> Reading | None:
    """Tell where neither learned nor held-out examples got easier."""
    return None if has_eased(curve) or curve.is_young else Reading("changed_nothing")


def is_improving(curve: Curve) -> Reading | None:
    """Tell where the newest check of the held-out examples is still clearly the best."""
    if len(curve.held_out) < FEWEST_CHECKS:
        return None
    before, newest = curve.held_out[-2][1], curve.held_out[-1][1]
    if newest >= before * (1 - STILL_FALLING) or newest > best_check(curve)[1]:
        return None
    return Reading(tense(curve, "improving", "still_improving", "stopped_improving"))


def carries_over(curve: Curve) -> Reading | None:
    """Tell where held-out examples got easier and now stay so."""
    if len(curve.held_out) < FEWEST_CHECKS:
        return None
    first, (_, best) = curve.held_out[0][1], best_check(curve)
    if best < first * (1 - CLEAR_CHANGE):
        level = [step for step, loss in curve.held_out if not is_notable(loss - best, first - best)]
        return Reading("levelled_off", {"step": level[0]})
    # The learned examples got easier, the held-out ones did not.
    return Reading("only_learned_ones")


def is_learning(curve: Curve) -> Reading | None:
    """Tell that the learned examples get easier; nobody has looked at held-out ones often enough."""
    if not has_eased(curve):
        return None
    return Reading(tense(curve, "learning", "learned", "stopped_learning"))


def tense(curve: Curve, going_on: str, ended: str, stopped: str) -> str:
    """Give the code that fits how far the training is."""
    if not curve.is_final:
        return going_on
    return stopped if curve.was_stopped else ended


RULES: tuple[Callable[[Curve], Reading | None], ...] = (
    is_rate_too_high,
    has_memorised,
    has_changed_nothing,
    is_improving,
    carries_over,
    is_learning,
)


def best_check(curve: Curve) -> Point:
    """Give the check at which held-out examples were easiest, the earliest of equals."""
    return min(curve.held_out, key=lambda point: point[1], default=(0, math.inf))


def has_eased(curve: Curve) -> bool:
    """Tell whether learned or held-out examples got clearly easier."""
    first, last = ends(curve.train)
    fall = first - last
    has_moved = fall > first * CLEAR_CHANGE and fall > batch_noise(curve.train)
    if curve.held_out:
        has_moved = has_moved or curve.held_out[-1][1] < curve.held_out[0][1] * (1 - CLEAR_CHANGE)
    return has_moved


def is_notable(rise: float, fall: float) -> bool:
    """Tell whether a rise counts beside the fall that came before it."""
    return rise > NOTABLE_SHARE * fall


def ends(points: Sequence[Point]) -> tuple[float, float]:
    """Give the mean loss of the first and of the newest quarter."""
    quarter = max(2, len(points) // 4)
    losses = [loss for _, loss in points]
    return statistics.fmean(losses[:quarter]), statistics.fmean(losses[-quarter:])


def batch_noise(points: Sequence[Point]) -> float:
    """Give how far the means of the first and of the newest quarter may be apart by chance."""
    quarter = max(2, len(points) // 4)
    newest = [loss for _, loss in points[-quarter:]]
    return BATCH_ERRORS * statistics.stdev(newest) * math.sqrt(2 / quarter)


def smooth(points: Sequence[Point]) -> list[Point]:
    """Give the running median of five: single batches that are harder than others do not count."""
    losses = [loss for _, loss in points]
    return [
        (step, statistics.median(losses[max(0, place - 2) : place + 3]))
        for place, (step, _) in enumerate(points)
    ]


def perplexity(loss: float) -> float:
    """Give among how many word pieces the model is undecided on average."""
    return math.exp(min(loss, LARGEST_LOSS))
