"""A table of prompts with what each column answered, and the same as a file for a spreadsheet."""

from typing import Any

import gradio as gr

from studio.domain.csv_text import write_csv
from studio.i18n import Translator
from studio.services.playground import Answer
from studio.services.prompt_runs import PromptRun
from studio.ui.chat_view import column_name
from studio.ui.drawn import drawn


def prompt_table(elem_id: str) -> gr.HTML:
    """Give an empty table; `next` carries the prompt that it waits for, `halt` stops."""
    return drawn("prompts", {}, elem_id=elem_id)


def table_value(t: Translator, run: PromptRun, since: int = 0) -> dict[str, Any]:
    """Give the table from the row `since` on; once nothing more is asked, the file with it."""
    if not run.prompts:
        return {}
    heads = [t("prompts.prompt"), *(column_name(t, choice) for choice in run.choices)]
    place = run.next_place
    rows = [
        [turn.question, *(cell_text(t, answer) for answer in turn.answers)] for turn in run.turns
    ]
    counts = {"done": len(rows), "total": len(run.prompts)}
    is_whole = len(rows) == len(run.prompts)
    state = "asking" if place is not None else "done" if is_whole else "stopped"
    return {
        "run": run.number,
        "next": place,
        "heads": heads,
        "since": since,
        "rows": rows[since:],
        "told": t(f"prompts.{state}", **counts),
        "stop": t("playground.stop"),
        "label": t("prompts.table"),
        "csv": write_csv(heads, rows) if place is None and rows else "",
        "csv_name": "answers.csv",
        "csv_label": t("prompts.csv"),
    }


def cell_text(t: Translator, answer: Answer) -> str:
    """Give an answer, or why there is none."""
    return t.error(answer.problem).what if answer.problem is not None else answer.text
