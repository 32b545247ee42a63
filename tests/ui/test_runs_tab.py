"""The Runs tab: trainings laid side by side, deleted, and taken out as recipes."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from studio.domain.job import Job
from studio.domain.recipe import parse_recipe
from studio.errors import StudioError
from studio.ui.page import Page
from studio.ui.tabs import runs, train
from tests.ui.conftest import make_page

Pick = Callable[..., Any]
NASTY = "<img src=x onerror=alert(1)>"


def train_with(page: Page, work: Any, step: int, **training: Any) -> Job:
    """Do a quick start with some settings changed."""
    values = page.workspace.recipes.load("quickstart").model_dump()
    values["training"] |= training
    job = page.workspace.submit_training(parse_recipe(values), str(training), name=NASTY)
    work.claim(job, step)
    work.end(job)
    return job


def beside(page: Page, mine: Job, theirs: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the chart and the table of two trainings."""
    shown = runs.lay_beside(page, mine.id, theirs.id)
    return shown[5], shown[7]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_two_trainings_are_compared_by_results_and_differing_settings_only(
    page: Page, work: Any, lang: str
) -> None:
    mine = train_with(page, work, 20, epochs=2)
    theirs = train_with(page, work, 40, epochs=4, max_steps=40)
    page = make_page(page.workspace, lang)
    chart, table = beside(page, mine, theirs)
    results, settings = (
        dict((row[0], row[1:]) for row in group["rows"]) for group in table["groups"]
    )
    assert results[page.t("tiles.step")] == ["20", "40"]
    assert settings == {
        page.t("fields.training.epochs"): ["2", "4"],
        page.t("fields.training.max_steps"): [page.t("settings.empty"), "40"],
    }
    assert len(chart["train"]) == 20
    assert len(chart["other"]["train"]) == 40
    assert NASTY in chart["other"]["label"]


def test_trainings_with_the_same_settings_say_so(page: Page, work: Any) -> None:
    first, second = work.start(step=3), None
    work.end(first)
    second = work.start(step=3)
    _, table = beside(page, first, second)
    assert table["note"] == page.t("runs.same_settings")


def test_every_other_training_can_be_laid_beside(page: Page, work: Any, picked: Pick) -> None:
    first = work.start(step=1)
    work.end(first)
    second = work.start(step=1)
    other = runs.open_run(page, picked(id=first.id))[5]
    assert [run_id for _, run_id in other.choices] == [runs.NOBODY, second.id]


def test_a_deleted_training_is_gone_from_every_tab(page: Page, work: Any, picked: Pick) -> None:
    job = work.start(step=5)
    work.end(job)
    seen = train.redraw(page, job.id, None)[1]
    said, chosen, _, listed, _, _, status, *_ = runs.remove(page, picked(id=job.id))
    assert f"#{job.id}" in said["text"]
    assert chosen is None
    assert listed["items"] == []
    assert status == {"empty": page.t("runs.open_empty")}
    assert train.redraw(page, job.id, seen)[2] == {"empty": page.t("train.empty")}


def test_a_page_that_shows_a_deleted_training_closes_it(page: Page, work: Any) -> None:
    job = work.start(step=5)
    work.end(job)
    seen = runs.redraw_run(page, job.id, runs.NOBODY, None, None)[0]
    page.workspace.delete_run(job.id)
    assert runs.redraw_run(page, job.id, runs.NOBODY, seen, None)[0] == []
    assert runs.redraw_run(page, job.id, runs.NOBODY, [], None) == (gr.skip(),) * 9


def test_a_training_that_goes_on_is_not_deleted(page: Page, work: Any, picked: Pick) -> None:
    job = work.start(step=5)
    with pytest.raises(StudioError, match=r"job\.busy"):
        runs.remove(page, picked(id=job.id))


def test_an_ended_training_offers_its_recipe_and_asks_before_it_goes(
    page: Page, work: Any, picked: Pick
) -> None:
    job = work.start(step=5)
    work.end(job)
    acts = runs.open_run(page, picked(id=job.id))[11]["acts"]
    assert [act["id"] for act in acts][-2:] == ["recipe", "remove"]
    assert acts[-2]["href"] == f"/files/runs/{job.id}/recipe.yaml"
    assert acts[-1]["ask"]["text"]
