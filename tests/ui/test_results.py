"""Export, Runs and the tour, called as plain functions; and what becomes of an error."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from studio.errors import StudioError
from studio.i18n import translator
from studio.ui import tour
from studio.ui.page import Page, error_markup
from studio.ui.tabs import data_examples, export, run_acts, runs

NASTY = "<img src=x onerror=alert(1)>"


def test_a_download_is_prepared_once(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    _, card, prepare = export.prepare_download(page, job.id)
    export.prepare_download(page, job.id)
    assert card["title"] == page.t("export.preparing_title")
    assert not prepare.visible
    assert len(export.exports_of(page, job.id)) == 1


def test_a_finished_download_is_a_link(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    packing = export.submit_export(page, job.id)
    work.pack(packing)
    card = export.redraw(page, job.id, None)[1]
    assert card["href"] == f"/files/exports/{packing.id}"
    assert card["file"] == "model.zip"


def test_a_failed_packing_can_be_tried_again(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    first = export.submit_export(page, job.id)
    page.workspace.jobs.request_cancel(first.id)
    assert export.redraw(page, job.id, None)[2].visible
    assert export.submit_export(page, job.id).id != first.id


def test_a_training_is_listed_and_opened_with_its_settings(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    job = work.start(step=20)
    chosen, _, listed, _, _, status, _, settings, *_ = runs.open_run(page, picked(id=job.id))
    assert chosen == job.id
    assert listed["items"][0]["state"] == "running"
    assert status["name"] == f"#{job.id} {job.name}"
    assert ["Method", "QLoRA (4-bit)"] in settings["rows"]


def test_the_settings_of_a_training_can_be_tried_again(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    job = work.start(step=1)
    draft, said, _ = run_acts.try_again(page, picked(id=job.id))
    assert said["text"] == page.t("train.again_ready")
    assert draft["values"] == page.workspace.runs.recipe(job.id).model_dump()


def test_the_tour_is_offered_to_newcomers_only(page: Page, work: Any) -> None:
    assert tour.card_value(page, {})["does"] == "start"
    work.start(step=1)
    assert tour.card_value(page, {}) == {}


def test_the_tour_leads_from_training_to_download(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    memory, *_ = tour.go(page, {}, picked(action="start"))
    running = tour.card_value(page, memory)
    job = page.workspace.jobs.get(memory["run"])
    work.claim(job, 5)
    work.end(job)
    steps = [tour.card_value(page, {**memory, "at": at})["does"] for at in (1, 2, 3)]
    assert running["does"] is None
    assert steps == ["compare", "download", "finish"]
    assert tour.leave(page, memory) == ({"left": True}, {})


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_values_in_an_error_are_escaped(lang: str) -> None:
    markup = error_markup(translator(lang), StudioError("data.unknown", id=NASTY))
    assert NASTY not in markup
    assert "&lt;img" in markup


def test_an_unexpected_error_shows_a_mark_and_no_details(page: Page) -> None:
    def fail(_page: Page) -> None:
        raise ValueError("secret path /home/somebody")

    with pytest.raises(gr.Error) as raised:
        page.handler(fail)()
    assert "secret" not in raised.value.message
    assert "under the mark" in raised.value.message


def test_a_handler_does_not_show_the_page_to_gradio(page: Page) -> None:
    handler = page.handler(data_examples.look)
    names = list(handler.__annotations__)
    assert "page" not in names
    assert "event" in names
