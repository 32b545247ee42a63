"""Data sets as cards to choose from, and what is known of the chosen one."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.formats import Notice
from studio.errors import StudioError
from studio.i18n import Translator
from studio.services.datasets import Dataset
from studio.ui.drawn import drawn

MOST_SKIPPED_SHOWN = 5


def dataset_picker(elem_id: str) -> gr.HTML:
    """Give an empty row of cards; `pick` carries the id."""
    return drawn("cards", {"items": []}, elem_id=elem_id)


def dataset_title(t: Translator, dataset: Dataset) -> str:
    """Give the title of a sample in the page's language, or the name of somebody's file."""
    return dataset.title.get(t.lang) or dataset.title.get("en") or dataset.name


def picker_value(t: Translator, datasets: Sequence[Dataset], chosen: str) -> dict[str, Any]:
    """Give the cards."""
    items = [
        {
            "id": dataset.id,
            "title": dataset_title(t, dataset),
            "what": sample_text(t, dataset),
            "count": t("data.examples", n=dataset.used),
            "tag": t("data.sample_tag" if dataset.is_sample else "data.own_tag"),
            "tag_kind": "sample" if dataset.is_sample else "own",
        }
        for dataset in datasets
    ]
    return {"items": items, "chosen": chosen, "label": t("data.choose")}


def sample_text(t: Translator, dataset: Dataset) -> str:
    """Give the sentence about a sample, nothing for a file of somebody's own."""
    key = f"samples.{dataset.id}"
    return t(key) if dataset.is_sample and t.has(key) else ""


def notice(elem_id: str) -> gr.HTML:
    """Give a place for a sentence with its points; empty at first."""
    return drawn("notice", {}, elem_id=elem_id)


def summary_value(t: Translator, dataset: Dataset) -> dict[str, Any]:
    """Give how many examples can be used, what was skipped and why, and what was noticed."""
    skipped = dataset.rows - dataset.used
    is_split = bool(dataset.held_out_rows)
    split = t(
        "data.split" if is_split else "data.split_none",
        learned=dataset.train_rows,
        held_out=dataset.held_out_rows,
    )
    points = [notice_text(t, found) for found in dataset.notices]
    points += [
        t("data.skipped_line", line=skip.line, reason=reason_text(t, skip.reason))
        for skip in dataset.skipped[:MOST_SKIPPED_SHOWN]
    ]
    if skipped > MOST_SKIPPED_SHOWN:
        points.append(t("data.skipped_more", n=skipped - MOST_SKIPPED_SHOWN))
    if skipped:
        title = t("data.summary_some", used=dataset.used, rows=dataset.rows, skipped=skipped)
    else:
        title = t("data.summary_all", n=dataset.used)
    named = f"{dataset_title(t, dataset)}: {title}"
    return {"kind": "warn" if points else "info", "title": named, "text": split, "points": points}


def reason_text(t: Translator, reason: str) -> str:
    """Give why a row was skipped."""
    key = f"reasons.{reason}"
    return t(key if t.has(key) else "reasons.other")


def notice_text(t: Translator, found: Notice) -> str:
    """Give the sentence of something the reader noticed."""
    key = f"notices.{found.code}"
    return t(key, **found.values) if t.has(key) else t("notices.other", code=found.code)


def error_value(t: Translator, error: StudioError) -> dict[str, Any]:
    """Give an error as a notice that stays on the page."""
    if "reason" in error.values:
        shown = {**error.values, "reason": plain_reason(t, str(error.values["reason"]))}
        error = StudioError(error.code, **shown)
    text = t.error(error)
    return {"kind": "error", "title": text.title, "text": text.what, "fix": text.fix}


def plain_reason(t: Translator, reason: str) -> str:
    """Give a reason's sentence where it is a code, the reason itself otherwise."""
    return t(f"reasons.{reason}") if t.has(f"reasons.{reason}") else reason
