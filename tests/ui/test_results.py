"""Export, Runs and the tour, called as plain functions; and what becomes of an error."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from studio.domain.method import Full
from studio.errors import StudioError
from studio.i18n import translator
from studio.services.workspace import Workspace
from studio.ui import tour
from studio.ui.page import Page, error_markup
from studio.ui.tabs import data_examples, export, run_acts, runs

NASTY = "<img src=x onerror=alert(1)>"


def entry(value: dict[str, Any], form: str = "adapter") -> dict[str, Any]:
    return next(item for item in value["items"] if item["id"] == form)


def test_a_download_is_prepared_once_per_form(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    job = work.start(step=1)
    work.end(job)
    shown = export.prepare_download(page, job.id, picked(form="adapter"))
    export.prepare_download(page, job.id, picked(form="adapter"))
    assert entry(shown)["told"] == page.t("export.stage.waiting")
    assert len(page.workspace.exports.of_run(job.id)) == 1
    export.prepare_download(page, job.id, picked(form="merged"))
    assert set(page.workspace.exports.newest(job.id)) == {"adapter", "merged"}


def test_the_licence_of_the_base_is_shown_before_the_download(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    shown = export.open_export(page, job.id)[-1]
    told = shown["licence"]
    assert entry(shown, "merged")["size"].endswith(page.t("export.no_time"))
    assert "starter" in told["before"]
    assert told["text"] == "Apache 2.0"
    assert told["link"].startswith("https://")


def test_a_finished_download_is_a_link_with_its_hash(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    packing = export.submit_export(page, job.id)
    work.pack(packing)
    shown = entry(export.redraw(page, job.id, None, None)[0])
    assert shown["href"] == f"/files/exports/{packing.id}"
    assert shown["file"] == "model.zip"
    assert "ab" * 32 in shown["told"]


def test_a_packing_can_be_called_off_and_tried_again(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    job = work.start(step=1)
    work.end(job)
    first = export.submit_export(page, job.id, "merged")
    shown = export.stop(page, job.id, picked(job=first.id))
    assert entry(shown, "merged")["action"] == page.t("export.again")
    assert export.submit_export(page, job.id, "merged").id != first.id


def test_what_a_method_does_not_allow_is_said_and_not_offered(
    page: Page, work: Any, faked: Workspace
) -> None:
    recipe = faked.recipes.load("quickstart").model_copy(update={"method": Full()})
    job = faked.submit_training(recipe, "full")
    work.claim(job, 1)
    job.folder.model.mkdir()
    work.end(job)
    shown = entry(export.open_export(page, job.id)[-1])
    assert "action" not in shown
    assert "no adapter" in shown["problem"]


def test_a_training_is_listed_and_opened_with_its_settings(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    job = work.start(step=20)
    _, _, chosen, _, listed, _, _, status, _, settings, *_ = runs.open_run(page, picked(id=job.id))
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
