"""Train, what is followed: the training to show, what it waits for, and what it learns from."""

from collections.abc import Sequence
from typing import Any

from studio.domain.job import Job
from studio.domain.recipe import parse_recipe
from studio.ui.drafts import Draft
from studio.ui.mix_view import mix_text
from studio.ui.page import Page
from studio.ui.picker_view import dataset_title


def tell_mix(page: Page, draft: Draft, dataset_id: str | None) -> dict[str, Any]:
    """Give what the training will learn from where it mixes several data sets; nothing where it does not."""
    data = draft["values"]["data"]
    if not data.get("mix") or dataset_id not in (None, data["id"]):
        return {}
    seen = page.workspace.describe_mix(parse_recipe(draft["values"]))
    titles = {one.id: dataset_title(page.t, one) for one in page.workspace.datasets.list()}
    return {"kind": "info", "text": mix_text(page.t, seen, titles)}


def waiting_text(page: Page, job: Job) -> dict[str, str]:
    """Give that a training waits for its model to be downloaded; nothing where it does not."""
    if job.state != "queued" or job.parent is None or page.workspace.jobs.get(job.parent).is_final:
        return {}
    return {"stage": page.t("stages.model")}


def follow(jobs: Sequence[Job], run_id: int | None) -> int | None:
    """Give the training to show: the followed one while it goes on, else the one that runs, else the newest."""
    followed = next((job for job in jobs if job.id == run_id), None)
    if followed is not None and not followed.is_final:
        return followed.id
    active = sorted(
        (job for job in jobs if not job.is_final), key=lambda job: (job.state != "running", job.id)
    )
    if active:
        return active[0].id
    return followed.id if followed else (jobs[0].id if jobs else None)
