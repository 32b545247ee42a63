"""How much there is to do: sequences, steps and tokens, counted as the trainer counts them."""

from dataclasses import replace

import numpy as np
import pytest

from studio.domain.duration import estimate_duration, token_rate
from studio.domain.method import Lora
from studio.domain.recipe import Model, Recipe, Text, Training
from studio.domain.situation import DataFacts, Speed, guess_lengths
from studio.domain.workload import chunk_ranges, measure_workload
from tests.situations import GPU, HALF, LAPTOP, STARTER, facts, situation

LENGTHS = np.array([10, 20, 30, 100])
DATA = DataFacts(4, 2, LENGTHS, is_measured=True)


@pytest.mark.parametrize(
    ("changes", "sequences", "tokens", "left_out", "shortened"),
    [
        ({}, 4, 160, 0, 0),
        ({"max_length_tokens": 40}, 3, 60, 1, 0),
        ({"max_length_tokens": 40, "too_long": "cut"}, 4, 100, 0, 1),
        # 100 tokens in pieces of 40 that repeat 10 of the one before: 0-40, 30-70, 60-100.
        ({"max_length_tokens": 40, "too_long": "split", "overlap_tokens": 10}, 6, 180, 0, 1),
    ],
)
def test_a_limit_makes_of_examples_what_the_recipe_says(
    changes: dict[str, int | str], sequences: int, tokens: int, left_out: int, shortened: int
) -> None:
    work = measure_workload(situation(DATA), Recipe(training=Training.model_validate(changes)))
    assert (work.sequences, work.tokens) == (sequences, tokens)
    assert (work.rows_left_out, work.rows_shortened) == (left_out, shortened)


def test_texts_are_always_split() -> None:
    recipe = Recipe(training=Training(max_length_tokens=40))
    work = measure_workload(situation(replace(DATA, shape="text")), recipe)
    assert work.sequences > 4


def test_a_sample_stands_for_all_rows() -> None:
    recipe = Recipe(training=Training(max_length_tokens=40))
    work = measure_workload(situation(replace(DATA, train_rows=4_000)), recipe)
    assert (work.sequences, work.tokens, work.rows_left_out) == (3_000, 60_000, 1_000)


@pytest.mark.parametrize(
    ("changes", "steps", "seen"),
    [
        ({}, 153, 1221),
        ({"accumulation_steps": 4}, 39, 1221),
        ({"max_steps": 10}, 10, 80),
        ({"epochs": 0.5}, 26, 207),
    ],
)
def test_steps_are_counted_as_the_trainer_counts_them(
    changes: dict[str, float], steps: int, seen: int
) -> None:
    recipe = Recipe(training=Training.model_validate(changes))
    work = measure_workload(situation(facts(407)), recipe)
    assert work.steps == steps
    assert work.sequences_seen == pytest.approx(seen, abs=3)


def test_no_data_is_no_work() -> None:
    work = measure_workload(situation(facts(0)), Recipe())
    assert (work.steps, work.tokens_seen, work.checks) == (0, 0, 0)


def test_more_bytes_are_guessed_to_be_more_tokens() -> None:
    guessed = guess_lengths(np.array([10, 400, 4_000], dtype=np.uint32))
    assert (np.diff(guessed) > 0).all()
    assert guessed[0] > 0


SPEEDS = (Speed(HALF, "lora", 494_000_000, 100.0), Speed(STARTER, "lora", 4_000_000, 5_000.0))


@pytest.mark.parametrize(
    ("model", "speeds", "rate", "basis"),
    [
        (HALF, SPEEDS, 100.0, "measured"),
        (HALF, SPEEDS[1:], 5_000 * 4 / 494, "scaled"),
        (HALF, (), 2 * 20e9 / (4 * 494e6), "guessed"),
    ],
)
def test_a_measured_speed_is_better_than_a_scaled_one_and_that_than_a_guess(
    model: str, speeds: tuple[Speed, ...], rate: float, basis: str
) -> None:
    where = situation(model=model, machine=LAPTOP, speeds=speeds)
    found = token_rate(where, Recipe(model=Model(id=model), method=Lora()))
    assert found == (pytest.approx(rate, rel=0.01), basis)


def test_a_training_takes_longer_with_more_to_do_and_on_slower_machines() -> None:
    recipe = Recipe(method=Lora())
    seconds = [
        estimate_duration(where, recipe, measure_workload(where, recipe)).seconds
        for where in (
            situation(machine=GPU),
            situation(),
            situation(facts(4_000)),
            situation(facts(4_000), HALF),
        )
    ]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("total", [2, 39, 40, 42, 70, 71, 400])
@pytest.mark.parametrize("overlap", [0, 1, 10, 99])
def test_chunks_learn_every_token_once_and_repeat_the_overlap(total: int, overlap: int) -> None:
    ranges = [*chunk_ranges(total, 40, overlap)]
    assert [place for _, stop, new in ranges for place in range(new, stop)] == [*range(total)]
    assert all(stop - start <= 40 for start, stop, _ in ranges)
    assert all(new - start == min(overlap, 20) for start, _, new in ranges[1:])


def test_a_single_token_makes_no_chunk() -> None:
    assert [[*chunk_ranges(total, 40, 0)] for total in (0, 1, 41)] == [[], [], [(0, 40, 0)]]


def test_texts_in_chunks_are_counted_as_they_are_cut() -> None:
    training = Training(max_length_tokens=40, overlap_tokens=10)
    where = situation(replace(DATA, shape="text"))
    work = measure_workload(where, Recipe(objective=Text(), training=training))
    assert (work.sequences, work.tokens, work.largest.longest_tokens) == (5, 200, 40)
