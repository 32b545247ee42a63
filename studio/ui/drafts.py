"""A draft: the recipe that the Train form is to be filled with."""

from typing import Any

from studio.ui.page import Page, new_key

Draft = dict[str, Any]
DEFAULT_RECIPE = "quickstart"


def new_draft(
    page: Page, recipe: str | None = None, data: str | None = None, like: int | None = None
) -> Draft:
    """Give a draft from a recipe by name, for a data set, or like an earlier training.

    Without a recipe's name the one made for the data set is taken, else the default one. Every draft is another
    value, so that the same choice made twice fills the form twice.
    """
    library = page.workspace.recipes
    names = library.names()
    if like is not None:
        values = page.workspace.runs.recipe(like).model_dump()
        data = values["data"]["id"]
    name = next((wanted for wanted in (recipe, data, DEFAULT_RECIPE) if wanted in names), names[0])
    if like is None:
        values = library.load(name).model_dump()
        values["data"]["id"] = data or values["data"]["id"]
    return {"recipe": name, "values": values, "mark": new_key()}
