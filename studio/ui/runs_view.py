"""Trainings as a list, as choices, and what one of them was made from."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.recipe import Recipe
from studio.i18n import Translator
from studio.services.runs import RunReader
from studio.services.workspace import Workspace
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.forms import list_fields, value_at
from studio.ui.health_view import step_text
from studio.ui.status_view import run_name, state_label

# Settings without a control of their own: the Data tab makes them.
LISTED_PATHS = ("data.mix", "data.steps")


def run_list(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty list; `pick` carries the id."""
    return drawn("runs", {"items": [], "empty": t("runs.empty")}, elem_id=elem_id)


def facts(elem_id: str) -> gr.HTML:
    """Give an empty table of names and values."""
    return drawn("facts", {}, elem_id=elem_id)


def runs_value(
    t: Translator, workspace: Workspace, jobs: Sequence[Job], chosen: int | None
) -> dict[str, Any]:
    """Give the cards of the list, newest first."""
    reader = workspace.runs
    items = [
        {
            "id": job.id,
            "name": run_name(t, job.id, job.name),
            "state": job.state,
            "kind": job.kind,
            "kind_label": t("runs.search_tag") if job.kind == "search" else "",
            "state_label": state_label(t, job),
            "created": job.created,
            "facts": facts_text(t, workspace, job),
            "origin": origin_text(t, reader, job),
        }
        for job in jobs
    ]
    return {"items": items, "chosen": chosen, "lang": t.lang, "empty": t("runs.empty")}


def facts_text(t: Translator, workspace: Workspace, job: Job) -> str:
    """Give the last losses of a training in a few words, or what a search has found."""
    if job.kind == "search":
        board = workspace.searches.board(job.id)
        tries = t("runs.facts_search", n=len(board.tries))
        if board.best is None or board.best.value is None:
            return tries
        value = amounts.measure(board.judged_by, board.best.value)
        return t("runs.facts_search_best", tries=tries, value=value)
    snapshot = workspace.runs.snapshot(job.id)
    loss = snapshot.held_out_loss if snapshot.held_out_loss is not None else snapshot.loss
    key = "runs.facts_loss" if snapshot.held_out_loss is None else "runs.facts_held_out"
    return "" if loss is None else t(key, loss=amounts.loss(loss))


def origin_text(t: Translator, reader: RunReader, job: Job) -> str:
    """Give which earlier training this one goes on with, if it does."""
    spec = reader.spec(job.id)
    if (run_id := spec.get("resume", {}).get("run")) is not None:
        return t("runs.resumed_from", id=run_id)
    run_id = spec["recipe"]["model"].get("continue_from")
    return "" if run_id is None else t("runs.further_from", id=run_id)


def usable(jobs: Sequence[Job]) -> list[Job]:
    """Give the trainings that left something to talk to: finished ones, and stopped ones that saved."""
    return [job for job in jobs if job.is_final and job.folder.tuned is not None]


def run_choices(t: Translator, jobs: Sequence[Job]) -> list[tuple[str, int]]:
    """Give trainings as choices of a dropdown."""
    return [(run_name(t, job.id, job.name), job.id) for job in usable(jobs)]


def settings_value(t: Translator, recipe: Recipe, names: dict[str, str]) -> dict[str, Any]:
    """Give every setting of a training in words; `names` replaces ids by what people call them."""
    rows = settings_rows(t, recipe, names)
    return {"rows": [[t(f"fields.{path}"), text] for path, text in rows.items()]}


def settings_rows(t: Translator, recipe: Recipe, names: dict[str, str]) -> dict[str, str]:
    """Give the settings that are not empty, in words by path; tables and lists, too, which have no control."""
    values = {field.path: value_at(recipe, field.path) for field in list_fields(Recipe)}
    values |= {path: value_at(recipe, path) or None for path in LISTED_PATHS}
    return {
        path: names.get(path) or value_text(t, path, value)
        for path, value in values.items()
        if value is not None
    }


def value_text(t: Translator, path: str, value: object) -> str:
    """Give one setting's value in words."""
    key = f"choices.{path}.{value}"
    if t.has(key):
        return t(key)
    if isinstance(value, bool):
        return t("runs.is_on" if value else "runs.is_off")
    if isinstance(value, dict):
        return ", ".join(f"{name} {share:g} %" for name, share in value.items())
    if isinstance(value, tuple):
        return ", ".join(step_text(t, step) for step in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
