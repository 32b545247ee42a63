"""Several devices are said before the start and while the training goes on, in every language."""

from dataclasses import replace

import pytest

from studio.domain.devices import Share
from studio.domain.recipe import Recipe
from studio.i18n import languages, translator
from studio.services.workspace import Workspace
from studio.ui.plan_view import plan_value
from studio.ui.status_view import status_value
from tests.ui.conftest import emit


@pytest.mark.parametrize("lang", languages())
def test_the_plan_and_the_run_say_which_part_each_device_has(
    workspace: Workspace, lang: str
) -> None:
    t = translator(lang)
    alone = workspace.planner.plan(Recipe())
    pair = replace(alone, part=Share(2, 4, 1), devices_here=3)
    lines = [line for row in plan_value(t, pair, ("m", "d"))["rows"] for line in row["lines"]]
    told = [line for line in lines if "2" in line and "4" in line]
    assert t("plan.together", devices=2, rows=4) in told
    assert t("plan.devices_left", n=1) in lines
    less = [line for row in plan_value(t, alone, ("m", "d"))["rows"] for line in row["lines"]]
    assert len(less) == len(lines) - 2

    job = workspace.submit_training(Recipe(), "k")
    emit(job, 0, "note", code="devices_together", values={"devices": 2, "rows": 4})
    notes = status_value(t, workspace.runs.snapshot(job.id))["notes"]
    assert t("notes.devices_together", devices=2, rows=4) in [note["text"] for note in notes]
