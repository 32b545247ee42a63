"""Trainings as a list, as choices, and what one of them was made from."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.recipe import Recipe
from studio.i18n import Translator
from studio.services.runs import RunReader
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.forms import list_fields, value_at
from studio.ui.status_view import run_name


def run_list(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty list; `pick` carries the id."""
    return drawn("runs", {"items": [], "empty": t("runs.empty")}, elem_id=elem_id)


def facts(elem_id: str) -> gr.HTML:
    """Give an empty table of names and values."""
    return drawn("facts", {}, elem_id=elem_id)


def runs_value(
    t: Translator, reader: RunReader, jobs: Sequence[Job], chosen: int | None
) -> dict[str, Any]:
    """Give the cards of the list, newest first."""
    items = [
        {
            "id": job.id,
            "name": run_name(t, job.id, job.name),
            "state": job.state,
            "state_label": t(f"states.{job.state}"),
            "created": job.created,
            "facts": facts_text(t, reader, job),
        }
        for job in jobs
    ]
    return {"items": items, "chosen": chosen, "lang": t.lang, "empty": t("runs.empty")}


def facts_text(t: Translator, reader: RunReader, job: Job) -> str:
    """Give the last losses of a training in a few words."""
    snapshot = reader.snapshot(job.id)
    loss = snapshot.held_out_loss if snapshot.held_out_loss is not None else snapshot.loss
    key = "runs.facts_loss" if snapshot.held_out_loss is None else "runs.facts_held_out"
    return "" if loss is None else t(key, loss=amounts.loss(loss))


def usable(jobs: Sequence[Job]) -> list[Job]:
    """Give the trainings that left something to talk to: finished ones, and stopped ones that saved."""
    return [job for job in jobs if job.is_final and job.folder.tuned is not None]


def run_choices(t: Translator, jobs: Sequence[Job]) -> list[tuple[str, int]]:
    """Give trainings as choices of a dropdown."""
    return [(run_name(t, job.id, job.name), job.id) for job in usable(jobs)]


def settings_value(t: Translator, recipe: Recipe, names: dict[str, str]) -> dict[str, Any]:
    """Give every setting of a training in words; `names` replaces ids by what people call them."""
    rows = []
    for field in list_fields(Recipe):
        value = value_at(recipe, field.path)
        label = t(f"fields.{field.path}")
        if value is not None:
            rows.append([label, names.get(field.path) or value_text(t, field.path, value)])
    return {"rows": rows}


def value_text(t: Translator, path: str, value: object) -> str:
    """Give one setting's value in words."""
    key = f"choices.{path}.{value}"
    if t.has(key):
        return t(key)
    if isinstance(value, bool):
        return t("runs.is_on" if value else "runs.is_off")
    return f"{value:g}" if isinstance(value, float) else str(value)
