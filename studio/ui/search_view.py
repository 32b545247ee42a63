"""What a search is to vary, as rows to switch on and change, and the card that says what it would come to."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.domain.recipe import Recipe
from studio.domain.search_plan import SearchPlan
from studio.domain.search_space import combine_count, search_of, value_at
from studio.i18n import Translator
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.runs_view import value_text
from studio.ui.search_edits import Own, Row

WORDS = ("from", "to", "log", "values", "values_hint", "more", "now")


def knob_rows(elem_id: str) -> gr.HTML:
    """Give the list of what may be varied, empty at first; `vary` says that its value holds other edits."""
    return drawn("knobs", {}, elem_id=elem_id)


def knobs_value(
    t: Translator, recipe: Recipe, rows: Sequence[Row], mistakes: Mapping[str, str], own: Own
) -> dict[str, Any]:
    """Give the rows: the few that matter most, and the others, which are folded."""
    shown = [row_value(t, recipe, row, mistakes.get(row.offer.path, "")) for row in rows]
    return {
        "rows": [one for one, row in zip(shown, rows, strict=True) if row.offer.is_short],
        "more": [one for one, row in zip(shown, rows, strict=True) if not row.offer.is_short],
        "words": {word: t(f"search.words.{word}") for word in WORDS},
        "more_told": more_text(t, rows),
        **own,
    }


def more_text(t: Translator, rows: Sequence[Row]) -> str:
    """Give how many of the folded settings are varied, as long as there are any."""
    count = sum(row.is_on and not row.offer.is_short for row in rows)
    return t("search.more_on", n=count) if count else ""


def row_value(t: Translator, recipe: Recipe, row: Row, problem: str) -> dict[str, Any]:
    """Give one setting: its name and sentence, and what it may be."""
    path, own = row.offer.path, value_at(recipe, row.offer.path)
    return {
        # Gradio takes anything with a "path" for a file.
        "setting": path,
        "name": t(f"fields.{path}"),
        "info": t.help(path),
        "kind": row.kind,
        "on": row.is_on,
        "low": row.low,
        "high": row.high,
        "log": row.log,
        "listed": row.listed,
        "options": [
            {"value": str(one), "label": value_text(t, path, one), "on": str(one) in row.chosen}
            for one in row.offer.possible
        ],
        "own": t("settings.empty") if own is None else value_text(t, path, own),
        "problem": problem,
    }


def base_line(elem_id: str) -> gr.HTML:
    """Give an empty line that says what a search starts from; `train` asks for where that is made."""
    return drawn("base", {}, elem_id=elem_id)


def base_value(t: Translator, recipe: Recipe, names: tuple[str, str]) -> dict[str, Any]:
    """Give what the search starts from; `names` are those of the model and the data."""
    model, data = names
    method = t(f"choices.method.type.{recipe.method.type}")
    return {
        "text": t("search.base", model=model, data=data, method=method),
        "change": t("search.base_change"),
    }


def search_plan(elem_id: str) -> gr.HTML:
    """Give an empty card; `enough` carries the `minutes` in which there would be enough tries."""
    return drawn("budget", {}, elem_id=elem_id)


def told_value(t: Translator, problem: Mapping[str, Any]) -> dict[str, Any]:
    """Give why nothing can be searched."""
    return {"title": t("search.plan_title"), "problem": dict(problem)}


def plan_value(
    t: Translator, recipe: Recipe, plan: SearchPlan, enough: int | None
) -> dict[str, Any]:
    """Give what a search comes to; `enough` are the minutes in which there would be enough tries."""
    lines = [
        t("search.plan_try", time=amounts.about(t, plan.try_seconds)),
        t(f"search.basis.{plan.basis}"),
    ]
    search = search_of(recipe)
    if search.how == "grid":
        lines.append(t("search.plan_grid", n=combine_count(recipe)))
    if search.measure_noise and plan.tries > 1:
        lines.append(t("search.plan_noise"))
    if plan.may_end_sooner:
        lines.append(t("search.plan_sooner", n=search.no_better_tries))
    return {
        "title": t("search.plan_title"),
        "text": t("search.plan", n=plan.tries, time=amounts.about(t, plan.seconds)),
        "lines": lines,
        "few": t("search.plan_few", n=plan.tries) if enough else "",
        "enough": enough,
        "enough_label": t("search.plan_enough", minutes=enough) if enough else "",
    }
