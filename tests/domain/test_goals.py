"""Goals: every one gives a whole recipe with a reason per value that has words, for any data, model and machine."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from studio.domain.goal import GOALS, MEASURES
from studio.domain.goals import Proposal, propose, suggest_goal
from studio.domain.memory import estimate_memory
from studio.domain.recipe import Data, parse_recipe
from studio.domain.situation import DataFacts, Situation
from studio.domain.workload import measure_workload
from studio.i18n import languages, translator
from tests.situations import GPU, HALF, LAPTOP, SEVEN, SMALL_LAPTOP, STARTER, facts, situation

EXPLAINED = {
    "method.type",
    "method.rank",
    "method.alpha",
    "training.epochs",
    "training.learning_rate",
    "training.batch_rows",
    "training.max_length_tokens",
    "training.too_long",
    "training.warmup_steps",
}
DATA = (
    facts(12, 30),
    facts(400),
    facts(20_000, 300),
    facts(60, 4_000, shape="text"),
    facts(300, 20, labels=5),
    facts(400, held_out=0),
    facts(0),
)
PLACES = ((STARTER, LAPTOP), (HALF, SMALL_LAPTOP), (SEVEN, GPU), (SEVEN, SMALL_LAPTOP))
SITUATIONS = [situation(data, *place) for data in DATA for place in PLACES]


def proposed(goal: str, where: Situation) -> Proposal:
    return propose(goal, where, Data())


@pytest.mark.parametrize("goal", GOALS)
def test_every_value_that_a_goal_sets_has_a_reason_in_every_language(goal: str) -> None:
    for where in SITUATIONS:
        proposal = proposed(goal, where)
        assert proposal.reasons.keys() >= EXPLAINED
        for lang, reason in itertools.product(languages(), proposal.reasons.values()):
            assert translator(lang)(f"goals.reason.{reason.code}", **reason.values)


@pytest.mark.parametrize("goal", GOALS)
def test_a_goal_gives_a_recipe_of_whole_rounds_that_can_be_written_down(goal: str) -> None:
    for where in SITUATIONS:
        recipe = proposed(goal, where).recipe
        assert recipe.training.epochs == int(recipe.training.epochs) >= 1
        assert recipe.training.max_length_tokens <= where.model.shape.context_tokens
        assert parse_recipe(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize("goal", GOALS)
def test_what_a_goal_proposes_fits_wherever_anything_does(goal: str) -> None:
    for where in SITUATIONS:
        proposal = proposed(goal, where)
        work = measure_workload(where, proposal.recipe)
        memory = estimate_memory(where.model, proposal.recipe, work.largest, where.machine)
        verdict = memory.verdict(where.machine.memory_bytes)
        assert (verdict == "fits") == proposal.fits
        assert proposal.fits or where.model.id == SEVEN


@pytest.mark.parametrize("goal", GOALS)
def test_a_goal_says_in_every_language_what_it_is_and_what_is_measured(goal: str) -> None:
    for lang in languages():
        assert translator(lang)(f"goals.{goal}.title")
        assert translator(lang)(f"goals.{goal}.what")
        assert all(translator(lang)(f"goals.measure.{name}") for name in GOALS[goal].measures)
    assert set(GOALS[goal].measures) <= set(MEASURES)


@pytest.mark.parametrize(
    ("data", "goal"),
    [
        (facts(shape="text"), "text"),
        (facts(labels=4), "categories"),
        (facts(), "faq"),
    ],
)
def test_data_suggests_its_goal(data: DataFacts, goal: str) -> None:
    assert suggest_goal(situation(data)) == goal


def test_smaller_models_get_bigger_steps_and_more_rounds() -> None:
    small, large = (proposed("faq", situation(model=m, machine=GPU)) for m in (STARTER, SEVEN))
    assert small.recipe.training.learning_rate == pytest.approx(3e-3)
    assert large.recipe.training.learning_rate == pytest.approx(1e-4)
    assert small.recipe.training.epochs > large.recipe.training.epochs


def test_full_precision_is_taken_where_half_the_memory_holds_it() -> None:
    methods = [
        proposed("tone", situation(model=model, machine=machine)).recipe.method.type
        for model, machine in ((STARTER, SMALL_LAPTOP), (HALF, GPU), (SEVEN, GPU))
    ]
    assert methods == ["lora", "lora", "qlora"]


def test_texts_are_split_and_conversations_are_never_cut() -> None:
    text = proposed("text", situation(facts(shape="text"))).recipe.training
    talk = proposed("tone", situation()).recipe.training
    assert (text.too_long, talk.too_long) == ("split", "drop")


def test_a_few_giants_do_not_set_the_length() -> None:
    data = facts(1_000)
    data = replace(data, lengths=np.append(data.lengths, [5_000, 6_000]))
    proposal = proposed("tone", situation(data, HALF, GPU))
    assert proposal.recipe.training.max_length_tokens == 192
    assert proposal.reasons["training.max_length_tokens"].code == "length_most"


def test_guessed_lengths_get_twice_the_room() -> None:
    measured = facts()
    guessed = replace(measured, is_measured=False)
    limits = [
        proposed("tone", situation(data)).recipe.training.max_length_tokens
        for data in (measured, guessed)
    ]
    assert limits == [192, 384]


def test_a_quick_try_is_quick_on_slow_machines_too() -> None:
    steps = [
        proposed("quick", situation(facts(4_000), model)).recipe.training.max_steps
        for model in (STARTER, SEVEN)
    ]
    assert steps == [60, 10]


@pytest.mark.parametrize("goal", GOALS)
def test_a_goal_stops_early_where_held_out_examples_can_tell(goal: str) -> None:
    patience = proposed(goal, situation(facts(400))).recipe.training.patience_evals
    assert patience == (None if goal == "quick" else 3)
    assert proposed(goal, situation(facts(400, held_out=0))).recipe.training.patience_evals is None
