"""The loss chart: training loss raw and smoothed, held-out loss with markers, values under the pointer."""

from typing import Any

import gradio as gr

from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn


def loss_chart(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty chart."""
    return drawn("chart", curve_value(t, None), elem_id=elem_id)


def curve_value(t: Translator, snapshot: RunSnapshot | None) -> dict[str, Any]:
    """Give what the chart draws; `snapshot` has thinned its points already."""
    value: dict[str, Any] = {
        "train_label": t("tiles.loss"),
        "held_label": t("tiles.held_out"),
        "x_label": t("tiles.step"),
        "y_label": t("tiles.loss"),
        "empty": t("train.chart_empty"),
        "train": [],
        "held_out": [],
        "total": 0,
        "summary": t("train.chart"),
    }
    if snapshot is not None:
        value["train"] = [[step, round(loss, 4)] for step, loss in snapshot.train_points]
        value["held_out"] = [[step, round(loss, 4)] for step, loss in snapshot.held_out_points]
        value["total"] = snapshot.total_steps or 0
        figures = f"{t('tiles.loss')} {amounts.loss(snapshot.loss)}"
        value["summary"] = f"{t('train.chart')}: {t('tiles.step')} {snapshot.step}, {figures}"
    return value
