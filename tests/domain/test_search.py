"""The search of a recipe: what it may vary, and which settings come of it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.domain.recipe import Recipe, dump_recipe, load_recipe, parse_recipe
from studio.domain.search_space import (
    combine,
    keep_meaningful,
    own_settings,
    read_knobs,
    with_settings,
)
from studio.errors import StudioError

RATES = {"low": 1e-4, "high": 1e-2, "log": True, "points": 3}


def searching(vary: dict[str, Any], **named: Any) -> Recipe:
    return parse_recipe({"search": {"vary": vary, **named}})


@pytest.mark.parametrize(
    ("search", "told"),
    [
        ({"vary": {"training.learning_rat": [1, 2]}}, "search.vary.training.learning_rat = [1, 2]"),
        ({"vary": {"model.id": ["a", "b"]}}, "search.vary.model.id"),
        ({"vary": {"training.seed": [1, 2]}}, "search.vary.training.seed"),
        ({"vary": {"method.trained_layers": [1, 2]}}, "search.vary.method.trained_layers"),
        ({"vary": {"method.rank": [8, 900]}}, "search.vary.method.rank = 900"),
        ({"vary": {"method.rank": {"low": 0, "high": 8}}}, "search.vary.method.rank = 0"),
        ({"vary": {"training.schedule": {"low": 1, "high": 2}}}, "training.schedule = 1 … 2"),
        ({"vary": {"method.rank": {"low": 9, "high": 8}}}, "search.vary.method.rank = "),
        ({"vary": {"method.rank": {"lo": 9}}}, "search.vary.method.rank.lo = 9"),
        ({"vary": {"method.type": ["lora", "magic"]}}, "search.vary.method.type = magic"),
        ({"vary": {}}, "search.vary"),
        ({"tries": 4}, "search.vary"),
        ({"vary": {"method.rank": [8]}, "tries": None}, "search"),
        ({"vary": {"method.rank": [8]}, "how": "clever"}, "search.how = clever"),
    ],
)
def test_what_cannot_be_searched_is_a_mistake(search: dict[str, Any], told: str) -> None:
    with pytest.raises(StudioError, match=r"recipe\.invalid") as caught:
        parse_recipe({"search": search})
    assert told in caught.value.values["settings"]


def test_what_goes_on_with_an_earlier_training_keeps_its_method() -> None:
    model = {"continue_from": 3}
    parse_recipe({"model": model, "search": {"vary": {"training.epochs": [1, 2]}}})
    with pytest.raises(StudioError, match=r"model\.continue_from = 3"):
        parse_recipe({"model": model, "search": {"vary": {"method.rank": [4, 8]}}})


def test_whole_texts_are_judged_by_their_loss_only() -> None:
    search = {"vary": {"method.rank": [4, 8]}, "judge_by": "exact_match"}
    parse_recipe({"search": search})
    with pytest.raises(StudioError, match=r"search\.judge_by = exact_match"):
        parse_recipe({"objective": {"type": "text"}, "search": search})


def test_all_mistakes_are_told_together() -> None:
    with pytest.raises(StudioError) as caught:
        searching({"training.x": [1], "method.rank": [0, 900]})
    assert caught.value.values["count"] == 3


def test_a_search_reads_back_from_a_dump_and_a_recipe_without_one_has_none() -> None:
    recipe = searching({"training.learning_rate": RATES, "method.rank": [4, 8]}, minutes=3)
    assert parse_recipe(yaml.safe_load(dump_recipe(recipe))) == recipe
    assert "search:" not in dump_recipe(Recipe())


def test_a_limit_is_changed_from_outside(tmp_path: Path) -> None:
    path = tmp_path / "search.yaml"
    path.write_text("search: {vary: {method.rank: [4, 8]}}")
    recipe = load_recipe(path, ["search.tries=4", "search.how=grid"])
    assert recipe.search is not None
    assert (recipe.search.tries, recipe.search.how) == (4, "grid")


def test_settings_are_put_in_and_the_rest_stays() -> None:
    recipe = searching({"method.rank": [4, 8]})
    tried = with_settings(recipe, {"method.rank": 4, "training.learning_rate": 0.5})
    assert tried == parse_recipe({"method": {"rank": 4}, "training": {"learning_rate": 0.5}})


def test_what_a_method_does_not_know_is_left_out() -> None:
    recipe = searching({"method.type": ["lora", "full"], "method.rank": [4, 8]})
    assert with_settings(recipe, {"method.type": "full"}).method.type == "full"
    assert combine(recipe, read_knobs(recipe)) == [
        {"method.type": "lora", "method.rank": 4},
        {"method.type": "lora", "method.rank": 8},
        {"method.type": "full"},
    ]
    assert keep_meaningful({"method.rank": 4}, "full") == {}


def test_a_grid_has_even_factors_and_whole_numbers() -> None:
    recipe = searching({
        "training.learning_rate": RATES,
        "method.rank": {"low": 2, "high": 32, "log": True, "points": 5},
        "training.epochs": {"low": 1, "high": 2, "points": 3},
    })  # fmt: skip
    grids = {knob.path: knob.grid() for knob in read_knobs(recipe)}
    assert grids["training.learning_rate"] == (1e-4, 1e-3, 1e-2)
    assert grids["method.rank"] == (2, 4, 8, 16, 32)
    assert grids["training.epochs"] == (1.0, 1.5, 2.0)


def test_choices_mean_what_the_field_says_and_the_recipes_own_values_come_first() -> None:
    recipe = searching({"training.learning_rate": ["1e-3", 2e-4], "method.rank": [4, 8]})
    knobs = read_knobs(recipe)
    assert knobs[0].choices == (0.001, 0.0002)
    # Rank 16 is none of the choices.
    assert own_settings(recipe, knobs) == {"training.learning_rate": 0.0002}
