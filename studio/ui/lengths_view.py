"""How long the examples are in word pieces of a model, and what a limit would cut."""

from typing import Any

import gradio as gr

from studio.domain.row_lengths import LengthFacts
from studio.i18n import ErrorText, Translator
from studio.ui import amounts
from studio.ui.drawn import drawn

# Limits that people choose; the slider stops at them and at some lengths between.
USUAL_LIMITS = (64, 128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096, 8192, 16384, 32768, 65536)


def lengths_view(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty histogram."""
    return drawn("lengths", {"empty": t("lengths.empty")}, elem_id=elem_id)


def lengths_told(t: Translator, text: str = "", error: ErrorText | None = None) -> dict[str, Any]:
    """Give a sentence in place of the histogram."""
    return {"empty": text, "error": f"{error.title}. {error.what} {error.fix}" if error else None}


def lengths_value(t: Translator, facts: LengthFacts, limit: int, key: str) -> dict[str, Any]:
    """Give the histogram, and what every stop of the slider would cut. `key` tells when the data is another."""
    counts = {"total": f"{facts.counted_rows:,}", "cut": "{cut}", "lost": "{lost}"}
    notes = []
    if facts.is_sample:
        notes.append(t("lengths.sample", counted=facts.counted_rows, total=facts.total_rows))
    if facts.failed_rows:
        notes.append(t("lengths.failed", n=facts.failed_rows))
    return {
        "key": key,
        "bins": [list(entry) for entry in facts.histogram],
        "stops": [[stop, *facts.cut_at(stop)] for stop in slider_stops(facts, limit)],
        "limit": limit,
        "facts": [
            [t("lengths.median"), amounts.count(facts.median)],
            [t("lengths.p95"), amounts.count(facts.p95)],
            [t("lengths.longest"), amounts.count(facts.longest)],
        ],
        "summary": t("lengths.summary", median=facts.median, longest=facts.longest),
        "limit_label": t("lengths.limit"),
        "limit_text": t("lengths.limit_text", limit="{limit}"),
        "cut_text": t("lengths.cut", **counts),
        "fits_text": t("lengths.fits", total=counts["total"]),
        "notes": notes,
    }


def slider_stops(facts: LengthFacts, limit: int) -> list[int]:
    """Give the lengths at which the slider stops: usual ones, some between, and the limit of this moment."""
    between = {stop for stop, _, _ in facts.curve}
    usual = {stop for stop in USUAL_LIMITS if stop <= max(between)}
    return sorted({limit} | between | usual)
