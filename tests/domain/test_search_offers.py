"""What a search is offered to vary: limits from the recipe, the model and the data, and all of them allowed."""

import pytest

from studio.domain.method import METHODS
from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.search import Range
from studio.domain.search_offers import Offer, offer_settings


def offers(recipe: Recipe, rows: int | None = 300, layers: int | None = 4) -> dict[str, Offer]:
    return {offer.path: offer for offer in offer_settings(recipe, rows, layers)}


@pytest.mark.parametrize("method", METHODS)
def test_everything_that_is_offered_is_allowed(method: str) -> None:
    recipe = parse_recipe({"method": {"type": method}})
    found = offers(recipe)
    assert len(found) > 10
    vary = {
        path: offer.varied.model_dump() if isinstance(offer.varied, Range) else offer.varied
        for path, offer in found.items()
    }
    assert parse_recipe({**recipe.model_dump(), "search": {"vary": vary}}).search is not None


def test_the_limits_lie_around_what_the_recipe_has() -> None:
    recipe = parse_recipe(
        {"method": {"rank": 8}, "training": {"learning_rate": 0.002, "epochs": 2, "batch_rows": 8}}
    )
    found = offers(recipe)
    assert found["training.learning_rate"].varied == Range(low=0.0004, high=0.01, log=True)
    assert found["method.rank"].varied == (2, 4, 8, 16)
    assert found["training.epochs"].varied == (1.0, 2.0, 4.0)
    assert found["training.batch_rows"].varied == (4, 8, 16)
    assert found["method.target_modules"].possible == ("all-linear", "attention")
    assert found["method.type"].varied == ("qlora", "lora")


def test_the_limits_go_no_further_than_model_and_data() -> None:
    found = offers(Recipe(), rows=20, layers=2)
    assert found["training.batch_rows"].varied == (4, 8)
    assert found["method.last_layers"].varied == (2,)
    unknown = offers(Recipe(), rows=None, layers=None)
    assert unknown["method.last_layers"].varied == (2, 4, 8)


def test_what_usually_matters_most_comes_first_and_two_of_it_are_on() -> None:
    found = list(offers(Recipe()).values())
    assert [offer.path for offer in found if offer.is_on] == [
        "training.learning_rate",
        "method.rank",
    ]
    assert [offer.is_short for offer in found] == sorted(
        (offer.is_short for offer in found), reverse=True
    )
    without_rank = offers(parse_recipe({"method": {"type": "full"}}))
    assert [path for path, offer in without_rank.items() if offer.is_on] == [
        "training.learning_rate",
        "training.epochs",
    ]


def test_what_was_learned_before_keeps_its_method() -> None:
    further = Recipe.model_validate({"model": {"continue_from": 3}})
    assert not any(path.startswith("method.") for path in offers(further))
