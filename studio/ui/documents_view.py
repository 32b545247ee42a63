"""Somebody's own documents: what is there, who reads it, and what a column was given of it."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.passages import Document, Passage
from studio.i18n import Translator
from studio.ui.drawn import drawn


def document_list(elem_id: str) -> gr.HTML:
    """Give an empty list; `drop` carries the id of a document, `join` wants a column that reads them."""
    return drawn("documents", {}, elem_id=elem_id)


def documents_value(
    t: Translator,
    documents: Sequence[Document],
    model: str,
    tokens: int | None,
    *,
    has_column: bool,
    problems: Sequence[str] = (),
) -> dict[str, Any]:
    """Give the documents, how much of them `model` reads at once, and which files could not be taken."""
    return {
        "items": [
            {
                "id": document.id,
                "name": document.name,
                "facts": facts(t, document),
                "drop": t("documents.delete", name=document.name),
            }
            for document in documents
        ],
        "label": t("documents.label"),
        "problems": list(problems),
        "note": t("documents.room", model=model, tokens=f"{tokens:,}")
        if documents and tokens
        else "",
        "join": "" if has_column or not documents else t("documents.join", model=model),
        "told": t("documents.joined", model=model) if has_column and documents else "",
    }


def facts(t: Translator, document: Document) -> str:
    """Give how much a document holds."""
    count = t("documents.passages", n=len(document.passages))
    return t("documents.shortened", count=count) if document.is_cut else count


def given_value(t: Translator, passages: Sequence[Passage] | None) -> dict[str, Any] | None:
    """Give what a column was given to read before its question; None where it reads no documents."""
    if passages is None:
        return None
    if not passages:
        return {"label": "", "note": t("documents.no_room"), "items": []}
    return {
        "label": t("documents.given", n=len(passages)),
        "note": t("documents.given_cut") if any(passage.is_cut for passage in passages) else "",
        "items": [{"name": passage.document, "text": passage.text} for passage in passages],
    }
