"""Make it fit: the least harmful settings change first, and each change is told."""

import pytest

from studio.domain.make_fit import COSTS, does_fit, make_it_fit
from studio.domain.method import Lora
from studio.domain.recipe import Recipe, Training
from studio.domain.situation import MachineFacts
from studio.i18n import languages, translator
from tests.situations import HALF, LAPTOP, SEVEN, facts, situation

RECIPE = Recipe(method=Lora(), training=Training(batch_rows=16, max_length_tokens=4096))


def machine(gigabytes: float) -> MachineFacts:
    return MachineFacts("cuda", "GPU", 8, int(gigabytes * 2**30))


# Gigabytes of the card, tokens per example, and what has to change for half a billion weights.
BATCH = ["training.batch_rows", "training.accumulation_steps"]
TWICE = [*BATCH, "training.gradient_checkpointing"]
CASES = [
    (40, 300, []),
    (8, 300, BATCH),
    (2.9, 300, TWICE),
    (2.2, 300, [*TWICE, "method.type"]),
    (2.8, 2_500, [*TWICE, "method.type", "training.max_length_tokens"]),
]


@pytest.mark.parametrize(("gigabytes", "tokens", "paths"), CASES)
def test_the_least_harmful_settings_change_first(
    gigabytes: float, tokens: int, paths: list[str]
) -> None:
    where = situation(facts(tokens=tokens), HALF, machine(gigabytes))
    fitted = make_it_fit(RECIPE, where)
    assert fitted.fits
    assert does_fit(fitted.recipe, where)
    assert [change.path for change in fitted.changes] == paths


def test_smaller_batches_leave_the_result_as_it_is() -> None:
    training = make_it_fit(RECIPE, situation(facts(tokens=300), HALF, machine(12))).recipe.training
    assert training.batch_rows < 16
    assert training.batch_rows * training.accumulation_steps == 16


def test_where_nothing_helps_nothing_is_changed() -> None:
    fitted = make_it_fit(RECIPE, situation(model=SEVEN, machine=machine(2)))
    assert (fitted.fits, fitted.recipe, fitted.changes) == (False, RECIPE, ())


def test_at_least_half_of_the_conversations_stay_as_they_are() -> None:
    where = situation(facts(tokens=2_500), HALF, machine(2.8))
    fitted = make_it_fit(RECIPE, where)
    assert fitted.recipe.training.max_length_tokens >= where.data.median_tokens


@pytest.mark.parametrize("lang", languages())
def test_every_change_is_told_with_what_it_costs(lang: str) -> None:
    t = translator(lang)
    for code in COSTS.values():
        assert t(f"plan.change.{code}", before=8, after=4)
        assert t(f"goals.reason.{code}", before=8, after=4)


def test_what_fits_stays_as_it_is() -> None:
    assert make_it_fit(Recipe(), situation(machine=LAPTOP)).recipe == Recipe()
