"""An example as the model sees it: the filled template, its pieces marked as learned, only read, or cut off."""

from typing import Any

import gradio as gr

from studio.i18n import ErrorText, Translator
from studio.services.previews import Preview
from studio.ui.drawn import drawn

KINDS = ("learned", "read", "cut", "end", "break", "pieces")


def template_view(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty view."""
    return drawn("tokens", template_value(t, None), elem_id=elem_id)


def template_value(
    t: Translator, preview: Preview | None, error: ErrorText | None = None
) -> dict[str, Any]:
    """Give the spans with their legend; neighbours of one kind become one span, the end of a turn stands alone."""
    value: dict[str, Any] = {
        "spans": [],
        "empty": t("data.tokens_empty"),
        "error": f"{error.title}. {error.what}" if error else None,
        "label": t("data.tokens"),
        "share": "",
        "notes": [],
        **{f"{kind}_label": t(f"spans.{kind}") for kind in KINDS},
    }
    if preview is None:
        return value
    spans: list[dict[str, Any]] = value["spans"]
    for span in preview.spans:
        if spans and spans[-1]["kind"] == span.kind and not span.is_end and not spans[-1]["is_end"]:
            before = len(spans[-1]["text"])
            spans[-1]["cuts"] += [before, *(before + cut for cut in span.cuts)]
            spans[-1]["text"] += span.text
        else:
            cuts = [*span.cuts]
            spans.append(
                {"text": span.text, "kind": span.kind, "is_end": span.is_end, "cuts": cuts}
            )
    value["share"] = t("data.tokens_share", learned=preview.learned, total=preview.tokens)
    value["notes"] = notes(t, preview)
    return value


def notes(t: Translator, preview: Preview) -> list[str]:
    """Give what is special about this example with this model."""
    found: list[str] = []
    if preview.cut and preview.cut == preview.tokens:
        found.append(t("template.dropped"))
    elif preview.cut:
        found.append(t("template.cut", n=preview.cut))
    if preview.chunks > 1:
        found.append(t("template.chunks", n=preview.chunks))
    if preview.is_shortened:
        found.append(t("template.shortened"))
    if preview.own_template:
        found.append(t("template.own"))
    if preview.tools_as_text is not None:
        found.append(
            t("template.tools_as_text" if preview.tools_as_text else "template.tools_known")
        )
    return found
