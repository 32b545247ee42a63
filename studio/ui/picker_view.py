"""Data sets as cards to choose from, and what is known of the chosen one."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Skipped
from studio.domain.formats import Notice
from studio.errors import StudioError
from studio.i18n import Translator
from studio.services.datasets import Dataset
from studio.ui.drawn import drawn

MOST_SKIPPED_SHOWN = 5
# Notices of something that may have been read wrongly.
GUESSES = frozenset({"encoding_guessed"})
# Shapes of which not everything is learned.
PARTLY_LEARNED = ("preference", "thumbs")


def dataset_picker(elem_id: str) -> gr.HTML:
    """Give an empty row of cards; `pick` and `drop` carry the id."""
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
            "what": card_text(t, dataset),
            "count": t("data.examples", n=dataset.used),
            "tag": t("data.sample_tag" if dataset.is_sample else "data.own_tag"),
            "tag_kind": "sample" if dataset.is_sample else "own",
            "can_drop": not dataset.is_sample,
        }
        for dataset in datasets
    ]
    words = {name: t(f"bring.{name}") for name in ("drop_label", "keep_label", "drop_question")}
    return {"items": items, "chosen": chosen, "label": t("data.choose"), **words}


def card_text(t: Translator, dataset: Dataset) -> str:
    """Give the sentence about a sample, or what a file of somebody's own holds."""
    key = f"samples.{dataset.id}"
    return t(key) if dataset.is_sample and t.has(key) else shape_text(t, dataset.shape)


def shape_text(t: Translator, shape: str) -> str:
    """Give a shape in the user's words."""
    key = f"shapes.{shape}"
    return t(key) if t.has(key) else shape


def notice(elem_id: str) -> gr.HTML:
    """Give a place for a sentence with its points; empty at first."""
    return drawn("notice", {}, elem_id=elem_id)


def summary_value(t: Translator, dataset: Dataset, sources: Sequence[str] = ()) -> dict[str, Any]:
    """Give how many examples can be used, what was skipped and why, and what was noticed; `sources` are its files' names."""
    split = t(
        "data.split" if dataset.held_out_rows else "data.split_none",
        learned=dataset.train_rows,
        held_out=dataset.held_out_rows,
    )
    points = [t(f"shape_notes.{dataset.shape}")] if dataset.shape in PARTLY_LEARNED else []
    points += [notice_text(t, found) for found in dataset.notices]
    guessed = any(found.code in GUESSES for found in dataset.notices)
    if dataset.placeholders:
        points.append(t("blanks.note", n=len(dataset.placeholders)))
    points += [skipped_text(t, skip, sources) for skip in dataset.skipped[:MOST_SKIPPED_SHOWN]]
    if dataset.skipped_rows > MOST_SKIPPED_SHOWN:
        points.append(t("data.skipped_more", n=dataset.skipped_rows - MOST_SKIPPED_SHOWN))
    values = {"used": dataset.used, "rows": dataset.rows, "skipped": dataset.skipped_rows}
    title = t("data.summary_some", **values) if dataset.skipped_rows else all_used(t, dataset)
    return {
        "kind": "warn" if dataset.skipped_rows or guessed or dataset.placeholders else "info",
        "title": f"{dataset_title(t, dataset)}: {title}",
        "text": " ".join([*kind_texts(t, dataset), split]),
        "points": points,
    }


def kind_texts(t: Translator, dataset: Dataset) -> list[str]:
    """Give what kind of examples these are, and how many categories there are."""
    labels = [t("data.categories", n=len(dataset.labels))] if dataset.labels else []
    return [shape_text(t, dataset.shape), *labels]


def all_used(t: Translator, dataset: Dataset) -> str:
    """Give how many examples there are where none was skipped."""
    return t("data.summary_all", n=dataset.used)


def skipped_text(t: Translator, skip: Skipped, sources: Sequence[str]) -> str:
    """Give which line was skipped and why, how it begins, and of which file it is where there are several."""
    told = t("data.skipped_line", line=skip.line, reason=t.reason(skip.reason))
    if len(sources) > 1 and skip.source < len(sources):
        told = t("data.skipped_in", name=sources[skip.source], told=told)
    return t("data.skipped_said", told=told, said=skip.said) if skip.said else told


def notice_text(t: Translator, found: Notice) -> str:
    """Give the sentence of something the reader noticed."""
    key = f"notices.{found.code}"
    return t(key, **found.values) if t.has(key) else t("notices.other", code=found.code)


def error_value(t: Translator, error: StudioError) -> dict[str, Any]:
    """Give an error as a notice that stays on the page."""
    text = t.error(error)
    return {"kind": "error", "title": text.title, "text": text.what, "fix": text.fix}
