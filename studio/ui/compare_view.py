"""Two trainings side by side: how each went, and only the settings in which they differ."""

from typing import Any

import gradio as gr

from studio.domain.recipe import Recipe
from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.runs_view import settings_rows
from studio.ui.status_view import run_name


def comparison(elem_id: str) -> gr.HTML:
    """Give an empty table."""
    return drawn("comparison", {}, elem_id=elem_id)


def comparison_value(
    t: Translator, mine: tuple[RunSnapshot, Recipe], theirs: tuple[RunSnapshot, Recipe]
) -> dict[str, Any]:
    """Give results and differing settings of two trainings, the first on the left."""
    results = zip(results_of(t, mine[0]), results_of(t, theirs[0]), strict=True)
    settings = [settings_rows(t, recipe, {}) for _, recipe in (mine, theirs)]
    differing = [path for path in {**settings[0], **settings[1]} if not is_same(path, settings)]
    rows = [
        [t(f"fields.{path}"), *(rows.get(path, t("settings.empty")) for rows in settings)]
        for path in differing
    ]
    return {
        "heads": [run_name(t, one.job.id, one.job.name) for one, _ in (mine, theirs)],
        "groups": [
            {"title": t("runs.results"), "rows": [[*left, right[1]] for left, right in results]},
            {"title": t("runs.differences"), "rows": rows},
        ],
        "note": "" if rows else t("runs.same_settings"),
    }


def is_same(path: str, settings: list[dict[str, str]]) -> bool:
    """Tell whether both have the same value in words."""
    return settings[0].get(path) == settings[1].get(path)


def results_of(t: Translator, snapshot: RunSnapshot) -> list[list[str]]:
    """Give how a training went, as names and values."""
    best = min((loss for _, loss in snapshot.held_out_points), default=None)
    steps = amounts.count(snapshot.step) if snapshot.step else amounts.loss(None)
    return [
        [t("runs.state"), t(f"states.{snapshot.job.state}")],
        [t("tiles.step"), steps],
        [t("tiles.loss"), amounts.loss(snapshot.loss)],
        [t("runs.best_held_out"), amounts.loss(best)],
        [t("tiles.took"), amounts.duration(t, snapshot.elapsed_seconds)],
        [t("tiles.speed"), amounts.count(snapshot.tokens_per_second)],
        [t("tiles.memory"), amounts.size(snapshot.memory_bytes)],
    ]
