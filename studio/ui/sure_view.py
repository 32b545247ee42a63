"""How sure models are of an answer: how likely each piece of it was, to the base model and to the tuned one."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.i18n import Translator
from studio.services.columns import Choice
from studio.services.playground import Piece
from studio.ui.chat_view import column_name
from studio.ui.drawn import drawn

# Below these the model that gave the answer was less and less sure of a piece.
LEVELS = (0.9, 0.6, 0.3, 0.1)


def sure_dialog(elem_id: str) -> gr.HTML:
    """Give a dialog that opens when it is told something."""
    return drawn("sure", {}, elem_id=elem_id)


def sure_value(
    t: Translator,
    text: str,
    own: int,
    choices: Sequence[Choice],
    weighed: Sequence[Sequence[Piece]],
) -> dict[str, Any]:
    """Give the pieces of `text`, coloured by the model at place `own`, which gave it, with what all of them say to each."""
    shown: list[dict[str, Any]] = []
    at = 0
    by_start = [{(piece.start, piece.end): piece for piece in pieces} for pieces in weighed]
    for piece in weighed[own]:
        if piece.start > at:
            shown.append({"text": text[at : piece.start]})
        # A letter may come in several pieces; all but the first show nothing new.
        start, at = max(at, piece.start), max(at, piece.end)
        found = [pieces.get((piece.start, piece.end)) for pieces in by_start]
        shown.append(
            {
                "text": text[start : piece.end],
                "level": sum(piece.share < limit for limit in LEVELS),
                "lines": [line(t, one) for one in found],
            }
        )
    shown.append({"text": text[at:]})
    return {
        "title": t("playground.sure.title"),
        "about": t("playground.sure.about", name=column_name(t, choices[own])),
        "hint": t("playground.sure.hint"),
        "close": t("playground.sure.close"),
        "names": [column_name(t, choice) for choice in choices],
        "kinds": ["base" if choice.column.is_base else "tuned" for choice in choices],
        "pieces": [piece for piece in shown if piece["text"]],
    }


def line(t: Translator, piece: Piece | None) -> dict[str, Any]:
    """Give what one model says to a piece."""
    if piece is None:
        return {"share": 0, "percent": "–", "rather": ""}
    is_likeliest = piece.share >= piece.likeliest_share
    rather = t(
        "playground.sure.rather", word=piece.likeliest, percent=percent(piece.likeliest_share)
    )
    return {
        "share": piece.share,
        "percent": percent(piece.share),
        "rather": t("playground.sure.likeliest") if is_likeliest else rather,
    }


def percent(share: float) -> str:
    """Give a share as people read it."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{share:.1%}".replace("%", " %") if share < 0.01 else f"{share:.0%}".replace("%", " %")
