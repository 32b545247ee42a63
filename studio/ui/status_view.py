"""How a training stands: state, stage, progress bar, figures."""

from typing import Any

import gradio as gr

from studio.domain.formats import Notice
from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn


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
        return t(f"stages.{snapshot.stage or 'starting'}")
    if job.error is not None:
        error = t.error(job.error)
        return f"{error.title}. {error.what} {error.fix}"
    if job.state == "cancelled":
        return t("stages.cancelled" if job.folder.tuned is None else "stages.cancelled_kept")
    return t("stages.done")


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
