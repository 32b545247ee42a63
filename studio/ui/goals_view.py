"""Goals as cards to choose from, and why each setting is what it is, in words."""

from typing import Any

import gradio as gr

from studio.domain.goal import GOALS
from studio.domain.recipe import parse_recipe
from studio.i18n import Translator
from studio.ui.drafts import Draft
from studio.ui.drawn import drawn
from studio.ui.forms import value_at
from studio.ui.runs_view import value_text


def goal_cards(elem_id: str) -> gr.HTML:
    """Give an empty row of cards; `pick` carries the goal's code."""
    return drawn("goals", {"items": []}, elem_id=elem_id)


def reason_list(elem_id: str) -> gr.HTML:
    """Give an empty list that can be unfolded."""
    return drawn("reasons", {"items": []}, elem_id=elem_id)


def goals_value(
    t: Translator, chosen: str | None, suggested: str | None, sample: str | None
) -> dict[str, Any]:
    """Give the cards; where `sample` (its title) brings its own settings, this is said."""
    items = [
        {
            "id": code,
            "title": t(f"goals.{code}.title"),
            "what": t(f"goals.{code}.what"),
            "tag": t("train.goal_suggested") if code == suggested else "",
        }
        for code in GOALS
    ]
    note = t("train.goal_sample", name=sample) if sample else ""
    return {"items": items, "chosen": chosen, "label": t("goals.title"), "note": note}


def reasons_value(t: Translator, draft: Draft) -> dict[str, Any]:
    """Give every setting that a goal has chosen with its reason."""
    recipe = parse_recipe(draft["recommended"])
    items = [
        {
            "label": t(f"fields.{path}"),
            "value": value_text(t, path, value_at(recipe, path)),
            "text": t(f"goals.reason.{code}", **values),
        }
        for path, (code, values) in draft["reasons"].items()
    ]
    return {"title": t("train.reasons"), "items": items}
