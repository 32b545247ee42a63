"""How a training stands: state, stage, progress bar, figures, and what the curve means in one sentence."""

from typing import Any

import gradio as gr

from studio.domain.formats import Notice
from studio.i18n import Translator
from studio.services.runs import Point, RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn

# A reading needs some points to stand on, and a change that is more than noise.
FEWEST_POINTS = 8
FEWEST_HELD_OUT_POINTS = 3
CLEAR_CHANGE_RATIO = 0.03


def run_status(t: Translator, empty_key: str, elem_id: str) -> gr.HTML:
    """Give the status card's content, empty at first."""
    return drawn("status", {"empty": t(empty_key)}, elem_id=elem_id)


def run_name(t: Translator, run_id: int, name: str) -> str:
    """Give how a training is called on the page."""
    return t("runs.run_name", id=run_id, name=name)


def status_value(t: Translator, snapshot: RunSnapshot) -> dict[str, Any]:
    """Give what the status shows of a training."""
    job = snapshot.job
    is_stopping = job.state == "running" and job.folder.cancel.exists()
    total = snapshot.total_steps
    share = 1.0 if job.state == "done" else (snapshot.step / total if total else None)
    return {
        "state": job.state,
        "state_label": t(f"states.{job.state}"),
        "name": run_name(t, job.id, job.name),
        "aside": amounts.duration(t, snapshot.elapsed_seconds) if job.started else "",
        "share": share,
        "bar_label": t("tiles.step"),
        "stage": t("stages.stopping") if is_stopping else stage_text(t, snapshot),
        "tiles": tiles(t, snapshot) if snapshot.step else [],
        "notes": [note_text(t, note) for note in snapshot.notes],
    }


def stage_text(t: Translator, snapshot: RunSnapshot) -> str:
    """Give what is happening now, in one sentence."""
    job = snapshot.job
    if job.state == "queued":
        return t("stages.queue_place", n=job.queue_place) if job.queue_place else t("stages.queued")
    if job.state == "running":
        stage = t(f"stages.{snapshot.stage or 'starting'}")
        reading = read_curve(snapshot.train_points, snapshot.held_out_points)
        is_learning = snapshot.stage in ("training", "evaluating")
        return t(f"reading.{reading}") if reading and is_learning else stage
    if job.error is not None:
        error = t.error(job.error)
        return f"{error.title}. {error.what} {error.fix}"
    if job.state == "cancelled":
        return t("stages.cancelled_kept" if job.folder.adapter.is_dir() else "stages.cancelled")
    reading = read_curve(snapshot.train_points, snapshot.held_out_points)
    return t(f"reading_done.{reading}") if reading else t("stages.done")


def read_curve(train: list[Point], held_out: list[Point]) -> str | None:
    """Give what the curve says so far (a code), or None while it says too little.

    Held-out loss decides where there is enough of it: rising at least 3 % above its lowest is memorising. Otherwise
    the mean of the newest quarter of the training loss is compared with that of the first.
    """
    if len(train) < FEWEST_POINTS:
        return None
    quarter = max(2, len(train) // 4)
    first = sum(loss for _, loss in train[:quarter]) / quarter
    last = sum(loss for _, loss in train[-quarter:]) / quarter
    if last > first * (1 + CLEAR_CHANGE_RATIO):
        return "rising"
    losses = [loss for _, loss in held_out]
    if len(losses) >= FEWEST_HELD_OUT_POINTS:
        lowest = min(losses)
        if min(losses[-2:]) > lowest * (1 + CLEAR_CHANGE_RATIO):
            return "memorising"
        if losses[-1] < losses[0] * (1 - CLEAR_CHANGE_RATIO):
            return "held_best"
    return "falling" if last < first * (1 - CLEAR_CHANGE_RATIO) else "flat"


def tiles(t: Translator, snapshot: RunSnapshot) -> list[dict[str, str]]:
    """Give the figures under the bar."""
    is_final = snapshot.job.is_final
    left = snapshot.elapsed_seconds if is_final else snapshot.remaining_seconds
    of = f"/ {snapshot.total_steps:,}" if snapshot.total_steps else ""
    return [
        {"label": t("tiles.step"), "value": amounts.count(snapshot.step), "of": of},
        {
            "label": t("tiles.loss"),
            "value": amounts.loss(snapshot.loss),
            "hint": t("tiles.loss_hint"),
        },
        {
            "label": t("tiles.held_out"),
            "value": amounts.loss(snapshot.held_out_loss),
            "hint": t("tiles.held_out_hint"),
        },
        {"label": t("tiles.speed"), "value": amounts.count(snapshot.tokens_per_second)},
        {"label": t("tiles.memory"), "value": amounts.size(snapshot.memory_bytes)},
        {
            "label": t("tiles.took" if is_final else "tiles.left"),
            "value": amounts.duration(t, left),
        },
    ]


def note_text(t: Translator, note: Notice) -> str:
    """Give the sentence of a decision that was taken for the user."""
    key = f"notes.{note.code}"
    return t(key, **note.values) if t.has(key) else t("notes.other", code=note.code)
