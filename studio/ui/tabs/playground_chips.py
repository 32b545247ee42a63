"""Questions to try in the Playground: from held-out examples, which no model has learned from."""

from itertools import islice
from typing import Any

from studio.domain.job import Job
from studio.domain.records import Row, read_rows
from studio.services.dialogue import Lineup
from studio.ui.page import Page

MOST_CHIPS = 5
LONGEST_CHIP_CHARACTERS = 90
CHIP_SAMPLE_ROWS = 200


def chips_value(page: Page, lineup: Lineup) -> dict[str, Any]:
    """Give some questions that the columns have not learned; the base model's own where none were held out."""
    run_id = next((column.run_id for column in lineup.columns if not column.is_base), None)
    if run_id is None:
        return {}
    job = page.workspace.jobs.get(run_id)
    held_out = [row.question().strip() for row in held_out_rows(job)]
    if held_out:
        return {"label": page.t("playground.chips"), "items": held_out}
    known = {model.id: model for model in page.workspace.models.list()}
    model = known.get(page.workspace.runs.recipe(run_id).model.id)
    prompts = model.prompts if model else {}
    items = [text for texts in prompts.values() for text in texts[:2]][:MOST_CHIPS]
    return {"label": page.t("playground.chips_own"), "items": items}


def held_out_row(page: Page, lineup: Lineup, question: str) -> Row | None:
    """Give the example that a suggested question is from; None where it is from none."""
    run_id = next((column.run_id for column in lineup.columns if not column.is_base), None)
    if run_id is None:
        return None
    rows = held_out_rows(page.workspace.jobs.get(run_id))
    return next((row for row in rows if row.question().strip() == question), None)


def held_out_rows(job: Job) -> list[Row]:
    """Give a few short examples that the training held out, spread over all of them."""
    if not job.folder.held_out_rows.exists():
        return []
    rows = islice(read_rows(job.folder.held_out_rows), CHIP_SAMPLE_ROWS)
    by_question = {row.question().strip(): row for row in rows if len(row.messages) <= 3}
    short = [row for text, row in by_question.items() if 0 < len(text) <= LONGEST_CHIP_CHARACTERS]
    stride = max(1, len(short) // MOST_CHIPS)
    return short[::stride][:MOST_CHIPS]
