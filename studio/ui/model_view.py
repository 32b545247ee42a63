"""Models to choose from, and what is known of the chosen one before it is here."""

from collections.abc import Collection, Sequence
from typing import Any

import gradio as gr

from studio.domain.catalog_entries import CatalogEntry, read_catalog
from studio.domain.model_files import FoundModel
from studio.errors import StudioError
from studio.i18n import Translator
from studio.services.model_checks import ModelCheck
from studio.services.models import ModelOffer
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.picker_view import error_value

WORDS = (
    "search",
    "search_hub",
    "asking",
    "catalog",
    "found",
    "licence",
    "nothing",
    "more_languages",
    "use_id",
    "drop",
    "drop_question",
    "drop_no",
)


def model_list(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty list; `pick` and `drop` carry an id, `search` a text for the Hub."""
    return drawn("models", models_value(t, (), ""), elem_id=elem_id)


def check_card(elem_id: str) -> gr.HTML:
    """Give an empty card; `download` asks for the model, `arrived` says that it is here now."""
    return drawn("check", {}, elem_id=elem_id)


def models_value(
    t: Translator,
    offers: Sequence[ModelOffer],
    chosen: str,
    found: Sequence[FoundModel] | None = None,
    problem: StudioError | None = None,
    kept: Collection[str] = (),
) -> dict[str, Any]:
    """Give the catalog and what is on this disk, and below what a search of the Hub has found.

    Those in `kept` can be deleted.
    """
    return {
        "items": [{**offer_item(t, offer), "can_drop": offer.id in kept} for offer in offers],
        "found": [found_item(t, one) for one in found or ()],
        "is_searched": found is not None,
        "problem": error_value(t, problem) if problem else None,
        "chosen": chosen,
        "lang": t.lang,
        "words": {word: t(f"models.{word}") for word in WORDS},
    }


def offer_item(t: Translator, offer: ModelOffer) -> dict[str, Any]:
    """Give one model of the catalog or of this disk."""
    entry, model = offer.entry, offer.model
    parameters = entry.parameters if entry else model.parameters if model else 0
    stored = entry.bytes if entry else model.bytes if model else 0
    facts = [parameters_text(t, parameters), amounts.size(stored)]
    tags = [t("models.here" if offer.is_here else "models.to_download")]
    item: dict[str, Any] = {"id": offer.id, "facts": " · ".join(facts), "is_here": offer.is_here}
    if entry is not None:
        item |= entry_facts(t, entry)
        tags += [t("hub.gated")] if entry.gated else []
    return {**item, "tags": tags}


def entry_facts(t: Translator, entry: CatalogEntry) -> dict[str, Any]:
    """Give what the catalog says of a model: licence, languages, what it is good for."""
    licence = read_catalog().licences[entry.licence]
    return {
        "licence": {"text": licence.name, "link": licence.link},
        "languages": list(entry.languages),
        "has_more_languages": entry.has_more_languages,
        "good_for": t(
            "models.good", uses=", ".join(t(f"models.good_for.{c}") for c in entry.good_for)
        ),
    }


def found_item(t: Translator, one: FoundModel) -> dict[str, Any]:
    """Give one model that the Hub has found."""
    facts = [t("hub.downloads", n=one.downloads)] if one.downloads else []
    facts.append(one.licence or t("hub.no_licence"))
    tags = [t("hub.gated")] if one.gated else []
    return {"id": one.id, "facts": " · ".join(facts), "tags": tags, "is_here": False}


def parameters_text(t: Translator, parameters: int) -> str:
    """Give the size of a model in millions of weights, or in billions."""
    if parameters >= 1e9:
        return t("models.billions", n=f"{parameters / 1e9:.1f}")
    return t("models.millions", n=f"{parameters / 1e6:,.0f}")


def check_value(t: Translator, found: ModelCheck | None, arrived: str = "") -> dict[str, Any]:
    """Give what is wrong with a model, or what its download would bring; of one that is here what it cannot become.

    `arrived` is a mark that is new where its download has just ended, well or not.
    """
    if found is None:
        return {"arrived": arrived}
    if found.is_downloaded and not found.problems:
        return {"arrived": arrived, **({} if found.can_export else {"note": no_export(t, found)})}
    entry = read_catalog().find(found.id)
    licence = read_catalog().licences.get(entry.licence) if entry else None
    links = [{"text": t("models.page"), "link": found.page}] if found.page else []
    links += [{"text": licence.name, "link": licence.link}] if licence else []
    return {
        "id": found.id,
        "problems": [error_value(t, problem) for problem in found.problems],
        "facts": [] if found.problems else fact_texts(t, found),
        "links": links,
        "download": "" if found.problems else t("models.download"),
        "hint": t("models.download_hint"),
        "arrived": arrived,
    }


def fact_texts(t: Translator, found: ModelCheck) -> list[str]:
    """Give what a download would bring."""
    missing, free = amounts.size(found.missing_bytes), amounts.size(found.free_bytes)
    texts = [t("models.bytes", missing=missing, free=free)]
    texts += [parameters_text(t, found.parameters)] if found.parameters else []
    texts.append(found.licence or t("hub.no_licence"))
    texts += [t("models.no_template")] if found.has_template is False else []
    texts += [] if found.can_export else [no_export(t, found)]
    return texts


def no_export(t: Translator, found: ModelCheck) -> str:
    """Give what becomes of GGUF where our own converter does not know the family."""
    return t("models.export_by_owner" if found.has_converter else "models.no_export")
