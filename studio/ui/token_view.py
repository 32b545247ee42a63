"""An example as the model sees it: the filled template, learned words marked by colour and underline."""

from typing import Any

import gradio as gr

from studio.i18n import ErrorText, Translator
from studio.services.previews import Preview
from studio.ui.drawn import drawn


def token_view(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty token view."""
    return drawn("tokens", tokens_value(t, None), elem_id=elem_id)


def tokens_value(
    t: Translator, preview: Preview | None, error: ErrorText | None = None
) -> dict[str, Any]:
    """Give the spans with their legend; neighbours of one kind become one span."""
    value: dict[str, Any] = {
        "spans": [],
        "empty": t("data.tokens_empty"),
        "error": f"{error.title}. {error.what}" if error else None,
        "learned_label": t("spans.learned"),
        "read_label": t("spans.read"),
        "share": "",
    }
    if preview is not None:
        for span in preview.spans:
            if value["spans"] and value["spans"][-1]["kind"] == span.kind:
                value["spans"][-1]["text"] += span.text
            else:
                value["spans"].append({"text": span.text, "kind": span.kind})
        value["share"] = t("data.tokens_share", learned=preview.learned, total=preview.tokens)
    return value
