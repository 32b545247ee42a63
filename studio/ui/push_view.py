"""What was brought to the Hub: one entry per repository, with how it stands."""

from typing import Any

from studio.domain.job import Job
from studio.domain.pushing import can_update
from studio.i18n import Translator
from studio.services.exports import Exports
from studio.services.pushes import Pushes
from studio.ui.exports_view import ENDED_BADLY, licence_value, problem, title_of, working_value


def pushes_value(t: Translator, pushes: Pushes, run_id: int | None) -> dict[str, Any]:
    """Give every repository that downloads of a training were brought to."""
    jobs = [] if run_id is None else pushes.of_run(run_id)
    return {"items": [push_value(t, pushes, job) for job in jobs]}


def push_value(t: Translator, pushes: Pushes, job: Job) -> dict[str, Any]:
    """Give one repository: what goes there, and what can be done about it now."""
    asked = pushes.asked(job)
    seen_by = t("push.private" if asked["is_private"] else "push.public")
    told = {
        "id": str(job.id),
        "title": asked["repository"],
        "size": seen_by,
        "text": title_of(t, asked["target"]),
    }
    if job.state in ENDED_BADLY:
        why = problem(t, job)
        again = {"action": t("export.again"), "does": "take", "problem": why}
        update = {"also": {"text": t("push.update"), "does": "update"}}
        also = update if can_update(job.error) else {}
        return {**told, **again, **also}
    if job.state == "done":
        outcome = job.folder.outcome()
        page = outcome.values["page"] if outcome else ""
        return {**told, "page": {"text": t("push.open"), "link": page}}
    return {**told, **working_value(t, pushes.exports, job)}


def panel_value(t: Translator, exports: Exports, run_id: int | None) -> dict[str, Any]:
    """Give whose conditions hold for what is brought to the Hub."""
    licence = None if run_id is None else licence_value(t, exports.model_id(run_id))
    return {"items": [], "licence": licence}
