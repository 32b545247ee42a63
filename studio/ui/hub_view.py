"""Data sets of the Hugging Face Hub: what a search found, and the one to bring."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.hub import HubDataset, HubDetails
from studio.errors import StudioError
from studio.i18n import Translator
from studio.ui import amounts
from studio.ui.drawn import drawn

WORDS = ("subset", "split", "bring", "back")
REVISION_CHARACTERS = 8
# What most data sets call the part to learn from.
USUAL_SPLIT = "train"


def hub_results(elem_id: str) -> gr.HTML:
    """Give an empty list; `pick`, `bring` and `back` say what was pressed."""
    return drawn("hub", {}, elem_id=elem_id)


def asking_value(t: Translator) -> dict[str, Any]:
    """Say that the Hub is being asked."""
    return {"empty": t("hub.asking")}


def found_value(t: Translator, found: Sequence[HubDataset]) -> dict[str, Any]:
    """Give what a search found."""
    items = [{"id": one.id, "facts": dataset_facts(t, one)} for one in found]
    return {"items": items, "empty": t("hub.nothing_found"), "asking": t("hub.asking")}


def dataset_facts(t: Translator, one: HubDataset) -> str:
    """Give licence, downloads and whether one has to ask for it."""
    facts = [t("hub.downloads", n=one.downloads)] if one.downloads else []
    facts += [one.licence] if one.licence else []
    facts += [t("hub.gated")] if one.gated else []
    return " · ".join(facts)


def details_value(t: Translator, details: HubDetails) -> dict[str, Any]:
    """Give the parts of one data set with their sizes."""
    facts = [details.licence or t("hub.no_licence")]
    facts.append(t("hub.revision", revision=details.revision[:REVISION_CHARACTERS]))
    subsets = [
        {
            "name": name,
            "splits": [
                {"name": split, "size": amounts.size(part.bytes)}
                for split, part in sorted(splits.items(), key=lambda one: one[0] != USUAL_SPLIT)
            ],
        }
        for name, splits in details.subsets.items()
    ]
    shown = {
        "id": details.id,
        "facts": " · ".join(facts),
        "note": t("hub.gated_note") if details.gated else "",
        "nothing": t("hub.no_files"),
        "subsets": subsets,
    }
    return {"details": shown, "words": {word: t(f"hub.{word}") for word in WORDS}}


def hub_error(t: Translator, error: StudioError) -> dict[str, Any]:
    """Give why the Hub did not answer as hoped."""
    text = t.error(error)
    return {"error": {"title": text.title, "text": text.what, "fix": text.fix}}
