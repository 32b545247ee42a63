"""Train, before the start: goals, the plan that moves with every control, and making it fit."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import gradio as gr

from studio.domain.recipe import Recipe, parse_recipe
from studio.errors import StudioError
from studio.services.model_checks import ModelCheck
from studio.ui.drafts import (
    Draft,
    goal_draft,
    going_on,
    held_out_percent,
    usual_draft,
    with_fitted,
    with_method,
    with_own,
    without_barred,
)
from studio.ui.forms import Form
from studio.ui.goals_view import goals_value
from studio.ui.mix_view import mix_text
from studio.ui.page import Page, new_key
from studio.ui.picker_view import dataset_title, error_value
from studio.ui.plan_view import plan_value, problem_value
from studio.ui.tabs.train_form import dataset_name, recipe_value, valid_settings, with_draft


def tell_goals(page: Page, draft: Draft) -> dict[str, Any]:
    """Give the goals: the chosen one, and the one that the data looks like."""
    recipe = parse_recipe(draft["values"])
    try:
        suggested = page.workspace.planner.suggest_goal(recipe)
    except StudioError:
        suggested = None
    sample = dataset_name(page, recipe.data.id) if draft["recipe"] == recipe.data.id else None
    return goals_value(page.t, draft["goal"], suggested, sample)


def tell_plan(page: Page, form: Form, draft: Draft, check: Any, settings: Sequence[Any]) -> Any:
    """Give what a training with these settings would do, or what is wrong with them."""
    t = page.t
    held = recipe_value(page, form, draft, settings)
    if "problem" in held:
        return problem_value(t, held["problem"])
    recipe = parse_recipe(held["values"])
    try:
        plan = page.workspace.planner.plan(recipe, check_of(check, recipe.model.id))
    except StudioError as error:
        return problem_value(t, error_value(t, error))
    names = (recipe.model.id, dataset_name(page, recipe.data.id))
    is_as_fitted = recipe == parse_recipe(draft["values"])
    return plan_value(t, plan, names, draft["changes"] if is_as_fitted else ())


def tell_mix(page: Page, draft: Draft, dataset_id: str | None) -> dict[str, Any]:
    """Give what the training will learn from where it mixes several data sets; nothing where it does not."""
    data = draft["values"]["data"]
    if not data.get("mix") or dataset_id not in (None, data["id"]):
        return {}
    seen = page.workspace.describe_mix(parse_recipe(draft["values"]))
    titles = {one.id: dataset_title(page.t, one) for one in page.workspace.datasets.list()}
    return {"kind": "info", "text": mix_text(page.t, seen, titles)}


def count_lengths(page: Page, is_open: bool, draft: Draft) -> Any:
    """Count the examples in the model's word pieces where nobody has; a new mark says that what is known has changed.

    Whatever keeps them from being counted is told by the plan.
    """
    if not is_open or not draft:
        return gr.skip()
    data, lengths = draft["values"]["data"], page.workspace.lengths
    model_id, has_counted = draft["values"]["model"]["id"], False
    with suppress(StudioError):
        for dataset_id in (data["id"], *data["mix"]):
            if lengths.known(dataset_id, model_id) is None:
                lengths.measure(dataset_id, model_id)
                has_counted = True
    return new_key() if has_counted else gr.skip()


def check_of(check: ModelCheck | None, model_id: str) -> ModelCheck | None:
    """Give the check if it is of this model."""
    return check if check is not None and check.id == model_id.partition("@")[0] else None


def choose_goal(
    page: Page, form: Form, goal: str, draft: Draft, check: Any, settings: Sequence[Any]
) -> Draft:
    """Fill in what a goal asks for, on the model and the data of the form."""
    recipe = chosen_recipe(page, form, draft, settings)
    fresh = goal_draft(page, goal, recipe, check_of(check, recipe.model.id))
    return going_on(fresh, page, recipe.model.continue_from)


def chosen_recipe(page: Page, form: Form, draft: Draft, settings: Sequence[Any]) -> Recipe:
    """Give a recipe of what is chosen alone: model and data, whatever else the form holds."""
    values = with_draft(form.read(settings), draft)
    before, chosen = draft["values"]["data"], values["data"]
    model = values["model"]
    if model["id"] != draft["values"]["model"]["id"]:
        # What was learned belongs to the model on which it was learned.
        model = {"id": model["id"]}
    data = {**before, "id": chosen["id"], "mix": chosen.get("mix", {}), "steps": ()}
    if chosen["id"] != before["id"]:
        data["held_out_percent"] = held_out_percent(page, data)
    return parse_recipe({"model": model, "data": data})


def settle(page: Page, form: Form, draft: Draft, check: Any, settings: Sequence[Any]) -> Draft:
    """Give a draft for another model or other data: recommended anew, with what somebody had changed."""
    chosen = chosen_recipe(page, form, draft, settings)
    own = valid_settings(page, form, draft, settings)
    known = check_of(check, chosen.model.id)
    if draft["goal"] is None:
        fresh = usual_draft(page, chosen.model.id, chosen.data.id, known)
    else:
        try:
            fresh = goal_draft(page, draft["goal"], chosen, known)
        except StudioError:
            # Nothing is known of this model yet; the plan says so.
            return with_chosen(draft, draft["values"], chosen)
    own_kept = without_barred(with_own(fresh, own, draft["recommended"]))
    return going_on(own_kept, page, chosen.model.continue_from)


def change_method(
    page: Page, form: Form, draft: Draft, check: Any, settings: Sequence[Any]
) -> Draft:
    """Give a draft for another method, with what somebody had changed but the learning rate, which is another scale.

    What an earlier training learned with another method cannot be gone on with.
    """
    method_type = str(settings[list(form.controls).index("method.type")])
    own = valid_settings(page, form, draft, settings)
    own = {**own, "method": {**own["method"], "type": method_type}}
    usual_rate = draft["recommended"]["training"]["learning_rate"]
    own = {**own, "training": {**own["training"], "learning_rate": usual_rate}}
    chosen = chosen_recipe(page, form, draft, settings)
    if draft["goal"] is None:
        fresh = with_method(with_chosen(draft, draft["recommended"], chosen), method_type)
    else:
        known = check_of(check, chosen.model.id)
        fresh = goal_draft(page, draft["goal"], chosen, known, method_type)
    return going_on(without_barred(with_own(fresh, own, draft["recommended"])), page, None)


def choose_start(
    page: Page, form: Form, draft: Draft, _check: Any, settings: Sequence[Any]
) -> Draft:
    """Give a draft that goes on from a training, or starts afresh, with everything else as it is."""
    values = with_draft(valid_settings(page, form, draft, settings), draft)
    run_id = form.read(settings)["model"]["continue_from"]
    return going_on({**draft, "values": {**draft["values"], **values}}, page, run_id)


def with_chosen(draft: Draft, values: dict[str, Any], chosen: Recipe) -> Draft:
    """Give the draft with these values on another model and other data."""
    subject = chosen.model_dump(include={"model", "data"})
    return {**draft, "values": {**values, **subject}, "changes": [], "mark": new_key()}


def make_fit(page: Page, form: Form, draft: Draft, check: Any, settings: Sequence[Any]) -> Draft:
    """Change the least harmful settings until it fits, and say which.

    Raises:
        StudioError: `plan.cannot_fit`.
    """
    recipe = parse_recipe(with_draft(form.read(settings), draft))
    fitted = page.workspace.planner.make_it_fit(recipe, check_of(check, recipe.model.id))
    if not fitted.fits:
        raise StudioError("plan.cannot_fit", id=recipe.model.id)
    now = {**draft, "values": recipe.model_dump()}
    return with_fitted(now, fitted)


def reset(page: Page, form: Form, draft: Draft, settings: Sequence[Any]) -> Draft:
    """Give the recommended settings back, on the model and the data of the form."""
    chosen = chosen_recipe(page, form, draft, settings)
    percent = draft["recommended"]["data"]["held_out_percent"]
    data = chosen.data.model_copy(update={"held_out_percent": percent})
    return with_chosen(draft, draft["recommended"], chosen.model_copy(update={"data": data}))
