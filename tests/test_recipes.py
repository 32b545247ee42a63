"""Every recipe that ships: it loads, names what exists, and says what it is for."""

import pytest

from studio.domain.recipe import Recipe, dump_recipe, parse_recipe
from studio.services.recipes import RECIPES, RecipeLibrary
from studio.services.workspace import Workspace

NAMES = RecipeLibrary().names()


def test_all_recipes_are_seen() -> None:
    assert {"quickstart", "ticket-routing", "house-style", "search-quickstart"} <= set(NAMES)
    assert len(NAMES) == len(list(RECIPES.rglob("*.yaml")))


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_loads_and_names_what_exists(name: str, workspace: Workspace) -> None:
    recipe = workspace.recipes.load(name)
    assert workspace.models.get(recipe.model.id).parameters > 0
    assert workspace.datasets.get(recipe.data.id).train_rows > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_sparse_and_explains_itself(name: str) -> None:
    text = (RECIPES / f"{name}.yaml").read_text(encoding="utf-8")
    header = [line for line in text.splitlines() if line.startswith("#")]
    assert len(header) >= 3
    assert f"studio run {name}" in text
    complete = dump_recipe(parse_recipe({}))
    assert len(
        [line for line in text.splitlines() if ":" in line and not line.startswith("#")]
    ) < len(complete.splitlines())


def test_the_first_recipe_is_the_quick_start() -> None:
    assert NAMES[0] == "quickstart"
    assert RecipeLibrary().load("quickstart").method.type == "qlora"
    assert isinstance(RecipeLibrary().load("quickstart"), Recipe)
