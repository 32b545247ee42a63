"""What can be done with a search now: stop it, use its best try, give it more time."""

from typing import Any

from studio.domain.job import Job
from studio.domain.tries import Board
from studio.i18n import Translator
from studio.ui.acts_view import ASKING, question

# What people give a search that goes on, before they say otherwise.
MORE_MINUTES = 10
# Of these the first that is there is what most people want next.
LEADING = ("use", "resume", "more")


def search_acts_value(t: Translator, job: Job, board: Board, *, is_kept: bool) -> dict[str, Any]:
    """Give the buttons for a search as it stands; `is_kept`: what its best try learned is there."""
    codes = list_acts(job, board, is_kept=is_kept)
    leading = next((code for code in LEADING if code in codes and job.is_final), None)
    acts = [
        {
            "id": "keep" if code == "leave" else code,
            "label": t(f"board.search_acts.{code}"),
            "kind": "danger" if code in ASKING else "primary" if code == leading else "",
            "ask": ask(t, code),
            "href": "",
        }
        for code in codes
    ]
    return {"run": job.id, "acts": acts, "hint": hint(t, job, board, is_kept=is_kept)}


def list_acts(job: Job, board: Board, *, is_kept: bool) -> list[str]:
    """Give the codes of what can be done; their texts are `board.search_acts.<code>`."""
    if job.state == "queued":
        return ["leave"]
    if not job.is_final:
        stopping = [] if job.folder.cancel.exists() else ["keep", "discard"]
        return [*(["use"] if is_kept else []), *stopping]
    onward = ["use", "further", "again"] if is_kept else ["again"] if board.best else []
    rest = ["resume"] if was_cut_short(job) else []
    return [*onward, *rest, *([] if is_exhausted(job) else ["more"]), "remove"]


def was_cut_short(job: Job) -> bool:
    """Tell whether a search has ended before its budget was spent, with nothing wrong with what it varies."""
    is_refused = job.error is not None and job.error.code.startswith("search.")
    return job.state in ("cancelled", "failed") and not is_refused


def is_exhausted(job: Job) -> bool:
    """Tell whether a search has tried everything there is."""
    outcome = job.folder.outcome()
    return outcome is not None and outcome.values.get("reason") == "grid"


def ask(t: Translator, code: str) -> dict[str, Any] | None:
    """Give what is asked before something that cannot be taken back, or that needs a number."""
    if code == "more":
        fields = [
            {"name": name, "label": t(f"board.more.{name}"), "value": usual}
            for name, usual in (("minutes", str(MORE_MINUTES)), ("tries", ""))
        ]
        said = {name: t(f"board.more.{name}") for name in ("text", "yes", "no")}
        return {**said, "fields": fields}
    if code not in ASKING:
        return None
    return {name: t(f"board.ask.{code}.{name}") for name in question(t, code)}


def hint(t: Translator, job: Job, board: Board, *, is_kept: bool) -> str:
    """Give what stopping keeps, or what is left where nothing can be used."""
    if job.state == "running" and not job.folder.cancel.exists():
        return t("board.hint.running")
    return t("board.hint.lost") if job.is_final and board.best is not None and not is_kept else ""
