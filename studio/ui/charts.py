"""The loss chart: training loss raw and smoothed, held-out loss with markers, and what all this means in words."""

from typing import Any

import gradio as gr

from studio.domain.reading import Curve, perplexity, read_curve
from studio.i18n import Translator
from studio.services.runs import RunSnapshot, few_rows
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
        "best": None,
        "best_label": t("curve.best_so_far"),
        "resumed": None,
        "resumed_label": t("curve.resumed"),
        "other": None,
        "summary": t("train.chart"),
        "reading": "",
        "figures": [],
    }
    if snapshot is not None:
        value["train"] = [[step, round(loss, 4)] for step, loss in snapshot.train_points]
        value["held_out"] = [[step, round(loss, 4)] for step, loss in snapshot.held_out_points]
        value["total"] = snapshot.total_steps or 0
        value["best"] = best_point(snapshot)
        value["resumed"] = snapshot.resumed_step
        if snapshot.kept is not None:
            value["best_label"] = t("curve.best_kept_point")
        told = f"{t('tiles.loss')} {amounts.loss(snapshot.loss)}"
        value["reading"] = reading_text(t, snapshot)
        value["figures"] = figures(t, snapshot)
        value["summary"] = f"{t('train.chart')}: {t('tiles.step')} {snapshot.step}, {told}"
    return value


def with_other(value: dict[str, Any], other: RunSnapshot, name: str) -> dict[str, Any]:
    """Give what the chart draws with the curves of another training behind its own."""
    drawn_points = {
        "train": [[step, round(loss, 4)] for step, loss in other.train_points],
        "held_out": [[step, round(loss, 4)] for step, loss in other.held_out_points],
    }
    return {**value, "other": {"label": name, **drawn_points}}


def reading_text(t: Translator, snapshot: RunSnapshot) -> str:
    """Give what the curve says in one sentence; nothing while it says too little."""
    curve = Curve(
        snapshot.train_points,
        snapshot.held_out_points,
        is_final=snapshot.job.is_final,
        was_stopped=snapshot.job.state in ("cancelled", "failed"),
        keeps_best=snapshot.keeps_best,
        rows=few_rows(snapshot.job),
        total_steps=snapshot.total_steps,
    )
    reading = read_curve(curve)
    return t(f"curve.{reading.code}", **reading.values) if reading else ""


def best_point(snapshot: RunSnapshot) -> list[float] | None:
    """Give the check whose state is kept, or would be if the training ended now; None where that is the last state."""
    checks = snapshot.held_out_points
    if not snapshot.keeps_best or not checks or snapshot.kept == "last":
        return None
    step, loss = min(checks, key=lambda check: check[1])
    return [step, round(loss, 4)]


def figures(t: Translator, snapshot: RunSnapshot) -> list[dict[str, str]]:
    """Give perplexity and token accuracy, each with what it means."""
    shown = []
    loss = snapshot.loss if snapshot.held_out_loss is None else snapshot.held_out_loss
    if loss is not None:
        where = "learned" if snapshot.held_out_loss is None else "held_out"
        shown.append(("perplexity", f"{perplexity(loss):,.1f}", t(f"curve.on_{where}")))
    right = snapshot.held_out_token_accuracy
    where = "learned" if right is None else "held_out"
    right = snapshot.token_accuracy if right is None else right
    if right is not None:
        shown.append(("token_accuracy", f"{100 * right:.0f} %", t(f"curve.on_{where}")))
    return [
        {
            "label": t(f"curve.{name}"),
            "value": value,
            "where": where,
            "hint": t(f"curve.{name}_hint"),
        }
        for name, value, where in shown
    ]
