"""How a training stands: state, stage, progress bar, figures."""

from typing import Any

import gradio as gr

from studio.domain.formats import Notice
from studio.domain.job import Job
from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.picker_view import error_value

# Beginnings of the codes of notes that tell of something that did not go as planned.
UNPLANNED = (
    "memory_",
    "checkpoint_",
    "stopped_",
    "resumed_afresh",
    "rows_too_long",
    "rows_not_written",
)


def run_status(t: Translator, empty_key: str, elem_id: str) -> gr.HTML:
    """Give the status card's content, empty at first."""
    return drawn("status", {"empty": t(empty_key)}, elem_id=elem_id)


def run_name(t: Translator, run_id: int, name: str) -> str:
    """Give how a training is called on the page."""
    return t("runs.run_name", id=run_id, name=name)


def state_label(t: Translator, job: Job) -> str:
    """Give the state of a training or a search in a word."""
    is_searching = job.kind == "search" and job.state == "running"
    return t("board.running") if is_searching else t(f"states.{job.state}")


def status_value(t: Translator, snapshot: RunSnapshot) -> dict[str, Any]:
    """Give what the status shows of a training."""
    job = snapshot.job
    is_stopping = job.state == "running" and job.folder.cancel.exists()
    total = snapshot.total_steps
    share = 1.0 if job.state == "done" else (snapshot.step / total if total else None)
    return {
        "state": job.state,
        "state_label": state_label(t, job),
        "name": run_name(t, job.id, job.name),
        "aside": amounts.duration(t, snapshot.elapsed_seconds) if job.started else "",
        "share": share,
        "bar_label": t("tiles.step"),
        "stage": stopping_text(t, job) if is_stopping else stage_text(t, snapshot),
        "problem": error_value(t, job.error) if job.error else None,
        "tiles": tiles(t, snapshot) if snapshot.step else [],
        "notes": [note_value(t, note) for note in snapshot.notes],
    }


def stopping_text(t: Translator, job: Job) -> str:
    """Give that a training is being stopped, and what will be kept of it."""
    return t("stages.discarding" if job.folder.discard.exists() else "stages.stopping")


def stage_text(t: Translator, snapshot: RunSnapshot) -> str:
    """Give what is happening now, in one sentence; of a training that failed nothing, its error says it."""
    job = snapshot.job
    if job.state == "queued":
        return t("stages.queue_place", n=job.queue_place) if job.queue_place else t("stages.queued")
    if job.state == "running":
        return t(f"stages.{snapshot.stage or 'starting'}")
    return "" if job.state == "failed" else end_text(t, snapshot)


def end_text(t: Translator, snapshot: RunSnapshot) -> str:
    """Give how a training ended, and which of its states is kept."""
    job = snapshot.job
    if job.state == "done":
        ended = t("stages.done")
    elif job.folder.discard.exists():
        return t("stages.cancelled_discarded")
    elif job.folder.tuned is None:
        return t("stages.cancelled")
    else:
        ended = t("stages.cancelled_kept", step=snapshot.step)
    kept = t(f"stages.kept_{snapshot.kept}", step=snapshot.kept_step) if snapshot.kept else ""
    return f"{ended} {kept}".strip()


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


def note_value(t: Translator, note: Notice) -> dict[str, Any]:
    """Give a decision that was taken for the user, in a sentence; `warn` where something went another way than planned."""
    values = {"n": note.values.get("rows", 0), **note.values}
    values["n"] = note.values.get("count", values["n"])
    if "part" in values:
        values["part"] = t(f"notes.part.{values['part']}")
    key = f"notes.{note.code}"
    is_known = t.has(key) or t.has(f"{key}.other")
    text = t(key, **values) if is_known else t("notes.other", code=note.code)
    return {"text": text, "kind": "warn" if note.code.startswith(UNPLANNED) else ""}
