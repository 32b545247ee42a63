"""The rows of a data set as a table, a page at a time; `pick` and `turn` say what was chosen."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.records import ChatRow
from studio.i18n import Translator
from studio.ui.drawn import drawn

PAGE_ROWS = 10
LONGEST_CELL_CHARACTERS = 160


def rows_table(elem_id: str) -> gr.HTML:
    """Give an empty table."""
    return drawn("rows", {}, elem_id=elem_id)


def rows_value(
    t: Translator, rows: Sequence[ChatRow], offset: int, total: int, chosen: int
) -> dict[str, Any]:
    """Give one page of rows; a row's id is its place in the data set."""
    return {
        "columns": [t("data.column_line"), t("data.column_question"), t("data.column_answer")],
        "rows": [
            {
                "id": offset + place,
                "cells": [str(row.line), shorten(row.question()), shorten(row.answer())],
            }
            for place, row in enumerate(rows)
        ],
        "chosen": chosen,
        "offset": offset,
        "limit": PAGE_ROWS,
        "total": total,
        "label": t("data.rows"),
        "previous": t("data.previous"),
        "next": t("data.next"),
        "range": t("data.range", first=offset + 1, last=offset + len(rows), total=total),
        "empty": t("data.rows_empty"),
    }


def shorten(text: str) -> str:
    """Give the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CELL_CHARACTERS else f"{line[:LONGEST_CELL_CHARACTERS]}…"
