"""What can be done with a training now: stop it, go on with it, compare it, take it home."""

from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.i18n import Translator
from studio.services.runs import RunSnapshot, resume_refusal, resume_step
from studio.ui.drawn import drawn
from studio.ui.runs_view import usable

# What cannot be taken back.
ASKING = frozenset({"discard", "remove"})
# Of these the first that is there is what most people want next.
LEADING = ("resume", "compare")


def act_row(elem_id: str) -> gr.HTML:
    """Give an empty row of buttons; each event is named after its act and carries the training's `id`."""
    return drawn("acts", {}, elem_id=elem_id)


def acts_value(
    t: Translator, snapshot: RunSnapshot, further: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Give the buttons for a training as it stands, those of an ended one followed by `further`."""
    job = snapshot.job
    codes = list_acts(job, further)
    leading = next((code for code in LEADING if code in codes), None)
    acts = [
        {
            "id": "keep" if code == "leave" else code,
            "label": t(f"acts.{code}", step=resume_step(job)),
            "kind": "danger" if code in ASKING else "primary" if code == leading else "",
            "ask": question(t, code) if code in ASKING else None,
            "href": f"/files/runs/{job.id}/recipe.yaml" if code == "recipe" else "",
        }
        for code in codes
    ]
    return {"run": job.id, "acts": acts, "hint": hint(t, snapshot)}


def list_acts(job: Job, further: tuple[str, ...]) -> list[str]:
    """Give the codes of what can be done; their texts are `acts.<code>`."""
    if job.state == "queued":
        return ["leave"]
    if not job.is_final:
        return [] if job.folder.cancel.exists() else ["keep", "discard"]
    resume = ["resume"] if job.state != "done" and resume_refusal(job) is None else []
    onward = ["compare", "take", "further"] if usable([job]) else []
    return [*resume, *onward, "again", *further]


def question(t: Translator, code: str) -> dict[str, str]:
    """Give what is asked before something that cannot be taken back."""
    return {name: t(f"acts.ask.{code}.{name}") for name in ("text", "yes", "no")}


def hint(t: Translator, snapshot: RunSnapshot) -> str:
    """Give what stopping keeps, or where resuming would start and why it cannot."""
    job = snapshot.job
    if job.state == "running":
        return "" if job.folder.cancel.exists() else t("acts.hint.running")
    if job.state not in ("failed", "cancelled"):
        return ""
    refusal = resume_refusal(job)
    if refusal is not None:
        return t(f"acts.hint.{refusal}")
    total = snapshot.total_steps
    return t("acts.hint.resume", step=resume_step(job), total=f"{total:,}" if total else "?")
