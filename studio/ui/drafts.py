"""A draft: the recipe that the Train form is to be filled with, and what is recommended for it and why.

`goal` is the one that worked the settings out; None where they come from the recipe of a sample or of a training.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from studio.domain.goals import Proposal
from studio.domain.make_fit import Fitted, SettingChange
from studio.domain.rates import scaled_rate
from studio.domain.recipe import TURNED_OFF, Data, Model, Recipe, barred_settings, parse_recipe
from studio.errors import StudioError
from studio.services.model_checks import ModelCheck
from studio.ui.page import Page, new_key

Draft = dict[str, Any]
DEFAULT_RECIPE = "quickstart"
# What a goal works out; model and data are chosen, not recommended.
WORKED_OUT = ("objective", "method", "training")


def new_draft(
    page: Page, data: str | None = None, like: int | None = None, *, further: bool = False
) -> Draft:
    """Give a draft for a data set, or like an earlier training, or to train it `further`. Every draft is another value.

    So the same choice made twice fills the form twice.
    """
    if like is None:
        return usual_draft(page, Recipe().model.id, data or DEFAULT_RECIPE)
    recipe = page.workspace.runs.recipe(like)
    if further:
        model = recipe.model.model_copy(update={"continue_from": like})
        recipe = recipe.model_copy(update={"model": model})
    return draft_like(page, recipe)


def draft_like(page: Page, recipe: Recipe) -> Draft:
    """Give a draft with the settings of a recipe, beside what is usual for its model and its data."""
    values = recipe.model_dump()
    usual = usual_draft(page, values["model"]["id"], values["data"]["id"])["recommended"]
    return make_draft(values, {**usual, "model": values["model"], "data": values["data"]})


def usual_draft(page: Page, model: str, data: str, check: ModelCheck | None = None) -> Draft:
    """Give what is usual for a model and a data set: the sample's own recipe, else the goal that the data looks like."""
    library = page.workspace.recipes
    name = data if data in library.names() else DEFAULT_RECIPE
    recipe = library.load(name)
    is_made_for = name == data and model == recipe.model.id
    values = recipe.model_dump()
    values["model"]["id"], values["data"]["id"] = model, data
    values["data"]["held_out_percent"] = held_out_percent(page, values["data"])
    if not is_made_for:
        # Where nothing can be worked out the usual settings do; the plan says what is missing.
        with suppress(StudioError):
            return goal_draft(page, None, parse_recipe(values), check)
    return make_draft(values, values, name=name)


def make_draft(values: Draft, recommended: Draft, name: str | None = None) -> Draft:
    """Give a draft that no goal has worked out."""
    return {
        "values": values,
        "recommended": recommended,
        "recipe": name,
        "goal": None,
        "reasons": {},
        "changes": [],
        "seen": None,
        "mark": new_key(),
    }


def goal_draft(
    page: Page,
    goal: str | None,
    recipe: Recipe,
    check: ModelCheck | None = None,
    method_type: str | None = None,
) -> Draft:
    """Give the settings that a goal asks for on the model and the data of `recipe`; None: the goal they look like.

    `method_type` is what somebody has chosen.

    Raises:
        StudioError: see `Planner.situation`; `goal.unknown`.
    """
    planner = page.workspace.planner
    # A sparse recipe: what the goal does not choose is as usual.
    base = Recipe(model=Model(id=recipe.model.id), data=Data(**recipe.data.model_dump()))
    found = planner.propose(goal or planner.suggest_goal(base, check), base, check, method_type)
    return proposed(found)


def proposed(found: Proposal) -> Draft:
    """Give what a goal has worked out as a draft."""
    values = found.recipe.model_dump()
    reasons = {path: [reason.code, reason.values] for path, reason in found.reasons.items()}
    return {
        **make_draft(values, values),
        "goal": found.goal,
        "reasons": reasons,
        "changes": [asdict(change) for change in found.changes],
    }


def with_own(draft: Draft, values: Draft, recommended: Draft) -> Draft:
    """Give the draft with what somebody had changed: where `values` were not as `recommended` then."""
    own = {
        section: {
            name: value
            for name, value in values[section].items()
            if name in draft["values"][section] and value != recommended[section].get(name)
        }
        for section in WORKED_OUT
    }
    kept = {section: {**draft["values"][section], **own[section]} for section in WORKED_OUT}
    return {**draft, "values": {**draft["values"], **kept}}


def with_method(draft: Draft, method_type: str) -> Draft:
    """Give the draft with another method: its usual settings, and the learning rate that goes with it."""
    recommended = draft["recommended"]
    before = recommended["method"]["type"]
    usual = parse_recipe({"method": {"type": method_type}}).method.model_dump()
    # LoRA and QLoRA share what was worked out for them.
    shared = {name: value for name, value in recommended["method"].items() if name in usual}
    rate = scaled_rate(recommended["training"]["learning_rate"], before, method_type)
    fresh = {
        **recommended,
        "method": {**usual, **shared, "type": method_type},
        "training": {**recommended["training"], "learning_rate": rate},
    }
    return {**draft, "values": {**draft["values"], **fresh}, "recommended": fresh}


def without_barred(draft: Draft) -> Draft:
    """Give the draft with everything off that its method rules out."""
    method = Recipe.model_validate({**draft["values"]}).method
    values = {name: dict(section) for name, section in draft["values"].items()}
    for path in barred_settings(method):
        section, name = path.split(".")
        values[section][name] = TURNED_OFF[path]
    return {**draft, "values": values}


def going_on(draft: Draft, page: Page, run_id: int | None) -> Draft:
    """Give the draft that goes on from a training with the settings of its method; None: one that starts afresh."""
    model = {**draft["values"]["model"], "continue_from": run_id}
    changed: Draft = {"model": model}
    if run_id is not None:
        changed["method"] = page.workspace.runs.recipe(run_id).method.model_dump()
    return {
        **draft,
        "values": {**draft["values"], **changed},
        "recommended": {**draft["recommended"], **changed},
        "mark": new_key(),
    }


def with_fitted(draft: Draft, fitted: Fitted) -> Draft:
    """Give the draft changed to fit the memory; what was changed for that is recommended from now on."""
    recommended = {name: dict(section) for name, section in draft["recommended"].items()}
    for change in fitted.changes:
        section, name = change.path.split(".")
        recommended[section][name] = change.after
    return {
        **draft,
        "values": {**draft["values"], **fitted.recipe.model_dump(include=set(WORKED_OUT))},
        "recommended": recommended,
        "reasons": {**draft["reasons"], **change_reasons(fitted.changes)},
        "changes": [asdict(change) for change in fitted.changes],
        "mark": new_key(),
    }


def change_reasons(changes: Sequence[SettingChange]) -> dict[str, list[Any]]:
    """Give why settings were changed, as a goal says why it chose them."""
    return {
        change.path: [change.code, {"before": change.before, "after": change.after}]
        for change in changes
    }


def held_out_percent(page: Page, data: Mapping[str, Any]) -> float:
    """Give the share by which the data set is split already, so that a training takes the same examples."""
    percent = None
    # A recipe may name a data set that is gone; the form will say so.
    with suppress(StudioError):
        percent = page.workspace.datasets.get(data["id"]).held_out_percent
    return data["held_out_percent"] if percent is None else percent


def with_values(draft: Draft, section: str, changed: Mapping[str, Any]) -> Draft:
    """Give another draft with some values of a section replaced."""
    values = {**draft["values"], section: {**draft["values"][section], **changed}}
    return {**draft, "values": values, "mark": new_key()}
