"""What is being read or changed now, and what of it failed."""

from collections.abc import Iterable
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.i18n import Translator
from studio.services.data_jobs import Progress
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.picker_view import error_value


def work_list(elem_id: str) -> gr.HTML:
    """Give an empty list; `stop` and `close` carry the job's number."""
    return drawn("work", {}, elem_id=elem_id)


def work_value(
    t: Translator, active: Iterable[tuple[Job, Progress | None]], failed: Iterable[Job]
) -> dict[str, Any]:
    """Give a bar per job that is at work, and a sentence per job that failed."""
    items = [failed_value(t, job) for job in failed if job.error is not None]
    items += [active_value(t, job, progress) for job, progress in active]
    return {"items": items, "stop_label": t("work.stop"), "close_label": t("work.close")}


def active_value(t: Translator, job: Job, progress: Progress | None) -> dict[str, Any]:
    """Give how far a job is."""
    stage = "waiting" if job.state == "queued" else progress.stage if progress else "starting"
    if job.folder.cancel.exists():
        stage = "stopping"
    key = f"work.stage.{stage}"
    return {
        "id": job.id,
        "title": job.name,
        "stage": t(key if t.has(key) else "work.stage.working"),
        "aside": figures(t, progress) if progress else "",
        "share": share(progress),
        "is_waiting": job.state == "queued",
        "can_stop": stage != "stopping",
    }


def figures(t: Translator, progress: Progress) -> str:
    """Give what is done, in bytes or in examples."""
    say = amounts.size if progress.unit == "bytes" else amounts.count
    if progress.total:
        return t("work.of", done=say(progress.done), total=say(progress.total))
    return say(progress.done) if progress.done else ""


def share(progress: Progress | None) -> float | None:
    """Give how much is done in whole percent, or None where nobody knows."""
    if progress is None or not progress.total:
        return None
    return round(min(1.0, progress.done / progress.total), 2)


def failed_value(t: Translator, job: Job) -> dict[str, Any]:
    """Give why a job failed."""
    told = error_value(t, job.error) if job.error else {}
    name = job.error.values.get("file", job.name) if job.error else job.name
    return {"kind": "error", "id": job.id, "title": f"{name}: {told['title']}"} | {
        "text": told["text"],
        "fix": told["fix"],
    }
