"""Two trainings side by side: how each went, and only the settings in which they differ."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.status_view import run_name


def comparison(elem_id: str) -> gr.HTML:
    """Give an empty table."""
    return drawn("comparison", {}, elem_id=elem_id)


def comparison_value(
    t: Translator, snapshots: Sequence[RunSnapshot], settings: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """Give results and differing settings (in words by path) of two trainings, the first on the left."""
    results = zip(*(results_of(t, snapshot) for snapshot in snapshots), strict=True)
    paths = dict.fromkeys(path for one in settings for path in one)
    rows = [
        [t(f"fields.{path}"), *(one.get(path, t("settings.empty")) for one in settings)]
        for path in paths
        if not is_same(path, settings)
    ]
    return {
        "heads": [run_name(t, one.job.id, one.job.name) for one in snapshots],
        "groups": [
            {"title": t("runs.results"), "rows": [[*left, right[1]] for left, right in results]},
            {"title": t("runs.differences"), "rows": rows},
        ],
        "note": "" if rows else t("runs.same_settings"),
    }


def is_same(path: str, settings: Sequence[Mapping[str, str]]) -> bool:
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
