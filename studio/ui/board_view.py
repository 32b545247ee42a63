"""The board of a search: how it stands, every try in a line, the best first, and what can be done with each."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.next_try import Wanted
from studio.domain.search import Search
from studio.domain.search_space import Settings
from studio.domain.tries import LOSS, Board, Try, spent_seconds
from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.picker_view import error_value
from studio.ui.runs_view import value_text
from studio.ui.status_view import note_value, run_name, state_label, stopping_text

WORDS = ("number", "settings", "clone_yes", "clone_no", "clone_ask")
DIGITS = 4


def board_table(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty board; `stop`, `settings` and `clone` carry the `search` and the `number` of a try, `withdraw` its `wish`."""
    return drawn("board", {"empty": t("board.empty")}, elem_id=elem_id)


def state_value(
    t: Translator, snapshot: RunSnapshot, search: Search, board: Board, left: float | None
) -> dict[str, Any]:
    """Give what the status shows of a search; `left` are the seconds that it still takes, where somebody knows."""
    job = snapshot.job
    is_stopping = job.state == "running" and job.folder.cancel.exists()
    return {
        "state": job.state,
        "state_label": state_label(t, job),
        "name": run_name(t, job.id, job.name),
        "aside": amounts.duration(t, snapshot.elapsed_seconds) if job.started else "",
        "share": share_done(job, search, board),
        "bar_label": t("board.budget"),
        "stage": stopping_text(t, job) if is_stopping else stage_text(t, snapshot, board),
        "problem": error_value(t, job.error) if job.error else None,
        "tiles": tiles(t, job, search, board, left) if board.tries else [],
        "notes": [note_value(t, note) for note in snapshot.notes],
    }


def share_done(job: Job, search: Search, board: Board) -> float | None:
    """Give how much of the budget is spent, of that limit which is nearest; None where there is none to go by."""
    if job.state == "done":
        return 1.0
    shares = []
    if search.tries is not None:
        shares.append(counted(board) / search.tries)
    if search.minutes is not None:
        shares.append(spent_seconds(board.tries) / (search.minutes * amounts.MINUTE_SECONDS))
    return min(1.0, max(shares)) if shares else None


def counted(board: Board) -> int:
    """Give how many tries the budget counts."""
    return sum(one.is_counted for one in board.tries)


def stage_text(t: Translator, snapshot: RunSnapshot, board: Board) -> str:
    """Give what is happening now, or why the search has ended."""
    job = snapshot.job
    if job.state == "queued":
        return t("stages.queue_place", n=job.queue_place) if job.queue_place else t("stages.queued")
    if job.state == "running":
        running = [one for one in board.tries if one.state == "running"]
        if running:
            return " ".join(
                t("board.trying", number=one.number, settings=settings_text(t, one))
                for one in running
            )
        return t(f"stages.{snapshot.stage or 'starting'}")
    if job.state == "failed":
        return ""
    if job.state == "cancelled":
        kept = board.best is not None and not job.folder.discard.exists()
        return t("board.stopped_kept" if kept else "board.stopped")
    outcome = job.folder.outcome()
    reason = outcome.values.get("reason") if outcome else None
    return t(f"board.ended.{reason}") if reason else t("stages.done")


def tiles(
    t: Translator, job: Job, search: Search, board: Board, left: float | None
) -> list[dict[str, str]]:
    """Give the figures under the bar."""
    best = board.best
    of = f"/ {search.tries:,}" if search.tries is not None else ""
    spent = spent_seconds(board.tries)
    minutes = (
        f"/ {t('amounts.about_minutes', minutes=f'{search.minutes:g}')}" if search.minutes else ""
    )
    shown = [
        {"label": t("board.tries"), "value": amounts.count(counted(board)), "of": of},
        {
            "label": t("board.best", measure=measure_name(t, board)),
            "value": value_of(best),
            "hint": t("tiles.held_out_hint") if board.judged_by == LOSS else "",
        },
        {
            "label": t("board.noise"),
            "value": noise_value(board),
            "hint": t("board.noise_hint"),
        },
        {
            "label": t("board.early"),
            "value": str(sum(one.state == "pruned" for one in board.tries)),
        },
        {"label": t("board.spent"), "value": amounts.duration(t, spent), "of": minutes},
    ]
    if not job.is_final:
        shown.append({"label": t("tiles.left"), "value": amounts.duration(t, left)})
    return shown


def value_of(one: Try | None) -> str:
    """Give the result of a try with its digits, or a dash."""
    return "–" if one is None or one.value is None else amounts.measure(one.judged_by, one.value)


def measure_name(t: Translator, board: Board) -> str:
    """Give what a search judges its tries by."""
    return t(f"board.measures.{board.judged_by}")


def settings_text(t: Translator, one: Try) -> str:
    """Give the settings of a try in a line."""
    return ", ".join(f"{one['name']} {one['text']}" for one in settings_value(t, one.settings))


def settings_value(t: Translator, settings: Settings) -> list[dict[str, str]]:
    """Give settings with their names, as people read and as they write them."""
    return [
        {
            "setting": path,
            "name": t(f"fields.{path}"),
            "text": value_text(t, path, value),
            "value": str(value),
        }
        for path, value in settings.items()
    ]


def board_value(
    t: Translator, job: Job, board: Board, own: Mapping[str, Any], waiting: Sequence[Wanted] = ()
) -> dict[str, Any]:
    """Give the board: what runs and what comes next, the best, then the others; `own` are the recipe's own settings."""
    rows = [row_value(t, job, board, one, own) for one in ranked(board.tries)]
    running = sum(row["state"] == "running" for row in rows)
    rows[running:running] = [waiting_value(t, one) for one in waiting]
    return {
        "search": job.id,
        "rows": rows,
        "wishes": [one.wish for one in waiting],
        "words": {word: t(f"board.words.{word}") for word in WORDS},
        "note": noise_text(t, board),
        "empty": t("board.empty" if job.is_final else "board.soon"),
    }


def noise_text(t: Translator, board: Board) -> str:
    """Give what is called a tie, as long as anybody knows."""
    return "" if board.noise is None else t("board.ties_below", noise=noise_value(board))


def noise_value(board: Board) -> str:
    """Give how much chance alone makes of a difference, or a dash."""
    return "–" if board.noise is None else amounts.measure(board.judged_by, board.noise)


def ranked(tries: Sequence[Try]) -> list[Try]:
    """Give the tries in the order in which people look for them: what runs, then by result, then the others."""
    return sorted(
        tries,
        key=lambda one: (
            one.state != "running",
            one.state != "done",
            math.inf if one.cost is None else one.cost,
            one.number,
        ),
    )


def row_value(
    t: Translator, job: Job, board: Board, one: Try, own: Mapping[str, Any]
) -> dict[str, Any]:
    """Give one line: state, result, settings, and what can be done."""
    return {
        "number": one.number,
        "state": one.state,
        "state_label": t(f"try_states.{one.state}"),
        "value": value_of(one),
        "tags": tags(t, board, one, own),
        "is_best": one == board.best,
        "seconds": amounts.duration(t, one.seconds),
        "settings": settings_value(t, one.settings),
        "told": t.error(one.error).title if one.error else "",
        "acts": [{"id": code, "label": t(f"board.acts.{code}")} for code in try_acts(job, one)],
    }


def waiting_value(t: Translator, wish: Wanted) -> dict[str, Any]:
    """Give the line of a copy that is not begun."""
    return {
        "number": None,
        "wish": wish.wish,
        "state": "waiting",
        "state_label": t("board.waiting"),
        "value": "–",
        "tags": [t("board.tags.clone", number=wish.clone_of)],
        "is_best": False,
        "seconds": "",
        "settings": settings_value(t, wish.settings),
        "told": "",
        "acts": [{"id": "withdraw", "label": t("board.acts.withdraw")}],
    }


def tags(t: Translator, board: Board, one: Try, own: Mapping[str, Any]) -> list[str]:
    """Give what stands out about a try."""
    codes = {
        "best": one == board.best,
        "tie": one.number in board.ties,
        "twin": one.is_twin,
        "own": one.settings == own and not one.is_twin,
        "clone": one.clone_of is not None,
    }
    said = {"number": one.clone_of}
    return [t(f"board.tags.{code}", **said) for code, applies in codes.items() if applies]


def try_acts(job: Job, one: Try) -> list[str]:
    """Give what can be done with a try."""
    cloning = [] if job.is_final else ["clone"]
    if one.state == "running":
        is_stopping = job.folder.attempt(one.number).cancel.exists()
        return [*([] if is_stopping else ["stop"]), *cloning]
    return ["settings", *cloning]
