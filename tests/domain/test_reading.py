"""What a curve means: made-up curves of every kind, each with the one sentence that is true of it."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from studio.domain.reading import Curve, perplexity, read_curve

STEPS = range(1, 101)


def points(loss_at: Callable[[int], float], every: int = 1) -> list[tuple[int, float]]:
    """Give the points of a made-up curve with the noise of real batches."""
    noise = np.random.default_rng(0).normal(0, 0.03, 101)
    return [(step, loss_at(step) * (1 + noise[step])) for step in STEPS if step % every == 0]


def falling(step: int) -> float:
    return 0.5 + 2.5 * math.exp(-step / 25)


def bowl(step: int) -> float:
    return 1.2 + ((step - 40) / 60) ** 2


def exact(loss_at: Callable[[int], float]) -> list[tuple[int, float]]:
    return [(step, loss_at(step)) for step in STEPS if step % 10 == 0]


def unlike(loss_at: Callable[[int], float]) -> list[tuple[int, float]]:
    """Give a curve of batches that are as unequally hard as those of a real training, the hard ones first by chance."""
    hard = np.random.default_rng(1).normal(0, 0.1, 60)
    return [(n + 1, loss_at(n) * (1 + hard[n] + (0.05 if n < 15 else -0.01))) for n in range(60)]


CASES = {
    "too little yet": (Curve(points(falling)[:7]), None),
    "learned easier, nobody checked": (Curve(points(falling)), "learning"),
    "nobody checked until the end": (Curve(points(falling), is_final=True), "learned"),
    "held-out fall and fall": (Curve(points(falling), exact(lambda s: 3 - s / 50)), "improving"),
    "at the end still falling": (
        Curve(points(falling), exact(lambda s: 3 - s / 50), is_final=True),
        "still_improving",
    ),
    "held-out level off": (Curve(points(falling), exact(lambda s: 1 + math.exp(-s / 8))), "levelled_off"),
    "held-out rise again": (Curve(points(falling), exact(bowl)), "memorising_since"),
    "the same at the end, best kept": (Curve(points(falling), exact(bowl), is_final=True), "best_kept"),
    "the same with few examples": (Curve(points(falling), exact(bowl), rows=20), "too_few_examples"),
    "held-out never move": (Curve(points(falling), exact(lambda s: 2.0)), "only_learned_ones"),
    "flat": (Curve(points(lambda s: 2.0)), "changed_nothing"),
    "flat, held-out too": (Curve(points(lambda s: 2.0), exact(lambda s: 2.0)), "changed_nothing"),
    "unequal batches, nothing learned": (
        Curve(unlike(lambda s: 8.0), exact(lambda s: 8.361), is_final=True), "changed_nothing",
    ),
    "unequal batches, nobody checked": (Curve(unlike(lambda s: 8.0), is_final=True), "changed_nothing"),
    "unequal batches, much learned": (Curve(unlike(falling), is_final=True), "learned"),
    "rising": (Curve(points(lambda s: 2 + s / 50)), "rate_too_high"),
    "jumps and stays": (Curve(points(lambda s: falling(s) if s < 60 else 4.0)), "rate_too_high"),
    "jumps with held-out": (
        Curve(points(lambda s: falling(s) if s < 60 else 4.0), exact(falling)),
        "rate_too_high",
    ),
    "rising in the first steps of many": (
        Curve(points(lambda s: 2 + s / 500), total_steps=1000), None,
    ),
    "flat while the rate still climbs": (Curve(points(lambda s: 2.0), total_steps=1000), None),
    "flat for long": (Curve(points(lambda s: 2.0), total_steps=200), "changed_nothing"),
    "stopped while held-out fall": (
        Curve(points(falling), exact(lambda s: 3 - s / 50), is_final=True, was_stopped=True),
        "stopped_improving",
    ),
    "stopped, nobody checked": (
        Curve(points(falling), is_final=True, was_stopped=True),
        "stopped_learning",
    ),
    "held-out rise, last state wanted": (
        Curve(points(falling), exact(bowl), keeps_best=False), "memorising",
    ),
    "the same at the end": (
        Curve(points(falling), exact(bowl), is_final=True, keeps_best=False), "memorised",
    ),
    "a tiny loss that jitters": (
        Curve(points(lambda s: 6.0 if s < 5 else 0.05 + 0.04 * (s > 60))), "learning",
    ),
    "tiny held-out losses that jitter": (
        Curve(points(falling), exact(lambda s: 3 * math.exp(-s / 6) + 0.02 + 0.004 * (s > 50)), is_final=True),
        "levelled_off",
    ),
    "one hard batch": (Curve(points(lambda s: 6.0 if s == 50 else falling(s))), "learning"),
}  # fmt: skip


@pytest.mark.parametrize(("curve", "code"), CASES.values(), ids=CASES.keys())
def test_a_curve_is_read_as_what_it_is(curve: Curve, code: str | None) -> None:
    reading = read_curve(curve)
    assert (reading.code if reading else None) == code


@pytest.mark.parametrize("is_final", [False, True])
def test_memorising_names_the_step_of_the_best_check(is_final: bool) -> None:
    reading = read_curve(Curve(points(falling), exact(bowl), is_final=is_final))
    assert reading is not None
    assert reading.values == {"step": 40, "loss": 1.2}


def test_levelling_off_names_the_step_from_which_little_was_gained() -> None:
    checks = [(10, 2.0), (20, 1.0), (30, 0.52), (40, 0.51), (50, 0.5), (60, 0.5)]
    reading = read_curve(Curve(points(falling), checks))
    assert reading is not None
    assert (reading.code, reading.values) == ("levelled_off", {"step": 30})


def test_a_single_worse_check_is_no_memorising() -> None:
    checks = [(10, 2.0), (20, 1.5), (30, 1.2), (40, 1.3), (50, 1.0)]
    reading = read_curve(Curve(points(falling), checks))
    assert reading is not None
    assert reading.code == "improving"


def test_perplexity_counts_the_choices_and_never_overflows() -> None:
    assert perplexity(math.log(7)) == pytest.approx(7)
    assert math.isfinite(perplexity(1e9))
