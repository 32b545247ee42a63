"""When examples are packed, and how much there is to calculate then."""

from dataclasses import replace

import numpy as np
import pytest

from studio.domain.method import Lora, Method, Prefix, Prompt
from studio.domain.packing import filled_share, is_packed, largest_batch
from studio.domain.recipe import Recipe, Training
from studio.domain.workload import measure_workload
from tests.situations import STARTER, facts, model_facts, situation

SHAPE = model_facts(STARTER).shape
UNEVEN, EVEN = np.arange(1, 201), np.full(200, 100)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_what_would_be_filled_up_is_what_random_batches_fill_up(rows: int) -> None:
    batches = np.random.default_rng(0).choice(UNEVEN, size=(20_000, rows))
    calculated = rows * batches.max(axis=1).sum()
    assert filled_share(UNEVEN, rows) == pytest.approx(1 - batches.sum() / calculated, abs=0.01)


@pytest.mark.parametrize(
    ("method", "training", "lengths", "packed"),
    [
        (Lora(), Training(), UNEVEN, True),
        (Lora(), Training(packing="never"), UNEVEN, False),
        (Lora(), Training(batch_rows=1), UNEVEN, False),
        (Lora(), Training(), EVEN, False),
        (Lora(), Training(), EVEN[:0], False),
        (Prefix(), Training(), UNEVEN, False),
        (Prompt(), Training(), UNEVEN, False),
    ],
)
def test_examples_are_packed_where_it_is_allowed_and_worth_it(
    method: Method, training: Training, lengths: np.ndarray, packed: bool
) -> None:
    recipe = Recipe(method=method, training=training)
    assert is_packed(recipe, SHAPE, lengths) is packed
    assert not is_packed(recipe, replace(SHAPE, can_pack=False), lengths)


def test_the_largest_batch_has_the_longest_examples() -> None:
    assert largest_batch(UNEVEN, 2, is_packed=False).tokens == 400
    packed = largest_batch(UNEVEN, 2, is_packed=True)
    assert (packed.tokens, packed.longest_tokens) == (399, 200)


def test_packing_changes_what_is_calculated_and_nothing_that_is_learned() -> None:
    where = situation(facts(400, 90))
    packed, filled = (
        measure_workload(where, Recipe(training=Training(packing=packing)))
        for packing in ("auto", "never")
    )
    assert (packed.steps, packed.sequences_seen, packed.tokens_seen) == (
        filled.steps, filled.sequences_seen, filled.tokens_seen,
    )  # fmt: skip
    assert packed.calculated(1000) == 1000 < filled.calculated(1000)
    assert packed.largest.tokens < filled.largest.tokens
