"""The plan: what a training will do, before it is started."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.i18n import Translator
from studio.services.planning import Plan
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.runs_view import value_text

# A part of the memory below this share of all is not worth a line.
SMALLEST_SHARE = 0.01


def plan_card(elem_id: str) -> gr.HTML:
    """Give an empty card; `fit` asks to make the settings fit."""
    return drawn("plan", {}, elem_id=elem_id)


def problem_value(t: Translator, problem: Mapping[str, Any]) -> dict[str, Any]:
    """Give why nothing can be planned."""
    return {"title": t("plan.title"), "problem": dict(problem)}


def plan_value(
    t: Translator, plan: Plan, names: tuple[str, str], changes: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Give the card. `names` are those of the model and the data; `changes` were made so that it fits."""
    model, data = names
    rows = [
        [t("plan.label.model"), [model, download_text(t, plan)]],
        [t("plan.label.data"), [data, *example_texts(t, plan)]],
        [t("plan.label.learning"), learning_texts(t, plan)],
        [t("plan.label.time"), [time_text(t, plan.seconds), t(f"plan.basis.{plan.basis}")]],
        [t("plan.label.disk"), disk_texts(t, plan)],
    ]
    told = [t(f"plan.change.{c['code']}", **change_values(t, c)) for c in changes]
    return {
        "title": t("plan.title"),
        "verdict": plan.verdict if plan.disk_verdict == "fits" else "not",
        "verdict_text": verdict_text(t, plan),
        "memory": memory_value(t, plan),
        "rows": [
            {"label": label, "lines": [line for line in lines if line]} for label, lines in rows
        ],
        "note": "" if plan.is_measured else t("plan.lengths_guessed"),
        "fit_label": "" if plan.verdict == "fits" else t("plan.make_it_fit"),
        "told_title": t("plan.made_it_fit"),
        "told": told,
    }


def verdict_text(t: Translator, plan: Plan) -> str:
    """Give whether it fits into the memory, and whether there is room on the disk where there is not."""
    if plan.disk_verdict == "not":
        return t("plan.disk_verdict.not")
    return t(f"plan.verdict.{plan.verdict}")


def memory_value(t: Translator, plan: Plan) -> dict[str, Any]:
    """Give how much of the memory is needed, and for what."""
    total = plan.memory.total_bytes
    parts = [
        {"label": t(f"plan.memory_parts.{name}"), "value": amounts.size(part)}
        for name, part in plan.memory.parts_bytes.items()
        if part >= total * SMALLEST_SHARE
    ]
    said = {"needed": amounts.size(total), "there": amounts.size(plan.memory_bytes)}
    return {
        "label": t("plan.label.memory"),
        "text": t("plan.memory", **said),
        "share": round(min(1.0, total / max(1, plan.memory_bytes)), 3),
        "parts": parts,
        "parts_title": t("plan.parts"),
    }


def example_texts(t: Translator, plan: Plan) -> list[str]:
    """Give how many examples are learned, held out, left out and made to fit."""
    texts = [t("plan.examples", n=plan.examples)]
    texts.append(t("plan.held_out", n=plan.held_out) if plan.held_out else t("plan.held_out_none"))
    texts += [t("plan.left_out", n=plan.left_out)] if plan.left_out else []
    texts += [t("plan.shortened", n=plan.shortened)] if plan.shortened else []
    return texts


def learning_texts(t: Translator, plan: Plan) -> list[str]:
    """Give how much is learned, and on how many devices where there are several."""
    texts = [t("plan.seen", seen=plan.examples_seen, steps=plan.steps)]
    if plan.part.devices > 1:
        texts.append(t("plan.together", devices=plan.part.devices, rows=plan.part.rows))
    if plan.part.devices < plan.devices_here:
        texts.append(t("plan.devices_left", n=plan.devices_here - plan.part.devices))
    return texts


def download_text(t: Translator, plan: Plan) -> str:
    """Give what is to be downloaded first."""
    if not plan.download_bytes:
        return t("plan.download_none")
    return t("plan.download", size=amounts.size(plan.download_bytes))


def disk_texts(t: Translator, plan: Plan) -> list[str]:
    """Give what is stored, and what is free."""
    said = {"needed": amounts.size(plan.disk_bytes), "free": amounts.size(plan.free_disk_bytes)}
    return [t("plan.disk", **said)]


def time_text(t: Translator, seconds: float) -> str:
    """Give about how long it takes, no more exact than anybody knows."""
    return t("plan.duration", time=amounts.about(t, seconds))


def change_values(t: Translator, change: Mapping[str, Any]) -> dict[str, str]:
    """Give what a setting was and is, in words."""
    return {name: value_text(t, change["path"], change[name]) for name in ("before", "after")}
