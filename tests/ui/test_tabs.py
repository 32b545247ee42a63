"""What the tabs do, called as plain functions."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.errors import StudioError
from studio.i18n import translator
from studio.services.workspace import Workspace
from studio.ui import tour
from studio.ui.chat_view import Turn
from studio.ui.drafts import new_draft
from studio.ui.page import Page, error_markup
from studio.ui.tabs import data, export, playground, runs, train

NASTY = "<img src=x onerror=alert(1)>"
CSV = "question,answer\nWhen do you open?,At nine.\nDo you ship?,\nWhere are you?,At the harbour.\n"


@pytest.fixture(autouse=True)
def no_toasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of an event there is nobody to show a toast to."""
    monkeypatch.setattr(gr, "Info", lambda *_args, **_options: None)


def upload(folder: Path, name: str, content: str) -> str:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return str(file)


class Picked:
    """What a component's own event carries."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


def picked(**values: Any) -> Any:
    return Picked(**values)


def test_a_file_is_kept_and_chosen(page: Page, tmp_path: Path) -> None:
    cleared, told, dataset_id = data.add_file(page, upload(tmp_path, "shop.csv", CSV))
    shown = data.show_dataset(page, dataset_id, "train")[1]
    assert cleared is None
    assert "shop.csv" in told["title"]
    assert shown["title"] == "2 of 3 examples used; 1 skipped."
    assert shown["points"] == ["Line 3: the answer is empty."]


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("empty.csv", "", "The file is empty"),
        ("header.csv", "question,answer\n", "Only a header"),
        ("page.csv", "<!doctype html><html></html>", "This is a web page"),
        (
            "cut.jsonl",
            '{"question": "a", "answer": "b"}\n{"question": "c", "ans',
            "The file breaks off",
        ),
        (f"{NASTY.replace('/', '')}.csv", "a,b\n1,2\n", "The columns are not recognised"),
    ],
)
def test_a_bad_file_is_told_in_place_and_nothing_is_kept(
    page: Page, tmp_path: Path, name: str, content: str, title: str
) -> None:
    before = len(page.workspace.datasets.list())
    _, told, chosen = data.add_file(page, upload(tmp_path, name, content))
    assert told["kind"] == "error"
    assert told["title"].startswith(title)
    assert told["fix"]
    assert chosen == gr.skip()
    assert len(page.workspace.datasets.list()) == before


def test_an_uploaded_file_does_not_stay_in_the_temporary_folder(page: Page, tmp_path: Path) -> None:
    path = upload(tmp_path, "shop.csv", CSV)
    data.add_file(page, path)
    assert not Path(path).exists()


def test_the_second_page_of_rows_follows_the_first(page: Page) -> None:
    table, offset = data.turn_page(page, "quickstart", "train", 0, picked(offset=10))
    assert offset == 10
    assert [row["id"] for row in table["rows"]] == list(range(10, 20))


def test_a_row_is_shown_as_a_conversation_with_its_learned_words(page: Page) -> None:
    _, example, chosen = data.pick_row(page, "quickstart", "train", 0, picked(id=3))
    tokens = data.show_tokens(page, "quickstart", "train", 0, chosen)
    assert [message["role"] for message in example["messages"]][-1] == "assistant"
    assert tokens["spans"][-1]["kind"] == "learned"


def test_an_unknown_data_set_is_an_error_with_a_sentence(page: Page) -> None:
    with pytest.raises(StudioError, match=r"data\.unknown"):
        data.pick_dataset(page, picked(id="../../etc"))


def test_data_brings_its_recipe_along(page: Page) -> None:
    draft, tabs = data.use_dataset(page, "quickstart")
    assert draft["recipe"] == "quickstart"
    assert tabs.selected == "train"


def test_own_data_is_trained_with_the_default_recipe(page: Page, tmp_path: Path) -> None:
    own = page.workspace.datasets.add_file(Path(upload(tmp_path, "shop.csv", CSV)), "shop.csv")
    draft = new_draft(page, data=own.id)
    assert draft["recipe"] == "quickstart"
    assert draft["values"]["data"]["id"] == own.id


def test_own_data_stays_when_the_goal_changes(page: Page, tmp_path: Path) -> None:
    own = page.workspace.datasets.add_file(Path(upload(tmp_path, "shop.csv", CSV)), "shop.csv")
    kept = train.choose_goal(page, "quickstart", own.id)
    given = train.choose_goal(page, "quickstart", "quickstart")
    assert kept["values"]["data"]["id"] == own.id
    assert given["values"]["data"]["id"] == "quickstart"


def test_a_double_press_starts_one_training(page: Page) -> None:
    values = new_draft(page)["values"]
    first, pressed = train.start_training(page, values, "quickstart", None)
    second, _ = train.start_training(page, values, "quickstart", pressed)
    assert first.id == second.id


def test_a_press_long_after_the_first_starts_another(page: Page) -> None:
    values = new_draft(page)["values"]
    first, pressed = train.start_training(page, values, "quickstart", None)
    pressed["time"] = time.time() - 60
    second, _ = train.start_training(page, values, "quickstart", pressed)
    assert first.id != second.id


def test_a_running_training_is_shown_with_its_whole_curve(page: Page, work: Any) -> None:
    job = work.start(step=20)
    run_id, _, status, chart, stop, following = train.redraw(page, None, None)
    assert run_id == job.id
    assert status["state"] == "running"
    assert [step for step, _ in chart["train"]] == list(range(1, 21))
    assert stop.visible
    assert not following.visible


def test_nothing_is_sent_while_nothing_changes(page: Page, work: Any) -> None:
    work.start(step=5)
    seen = train.redraw(page, None, None)[1]
    assert train.redraw(page, None, seen)[2:] == (gr.skip(),) * 4


def test_another_page_finds_the_training_that_runs(page: Page, work: Any) -> None:
    old = work.start(step=3)
    work.end(old)
    new = work.start(step=1)
    assert train.redraw(page, old.id, None)[0] == new.id


def test_a_finished_training_offers_the_next_step(page: Page, work: Any) -> None:
    job = work.start(step=60)
    work.end(job)
    _, _, status, _, stop, following = train.redraw(page, job.id, None)
    assert status["share"] == 1.0
    assert not stop.visible
    assert following.visible


def test_a_failed_training_says_why_and_what_to_do(page: Page, work: Any) -> None:
    job = work.start(step=2)
    work.end(job, "failed", StudioError("train.diverged", step=2))
    _, _, status, _, _, following = train.redraw(page, job.id, None)
    assert "At step 2" in status["stage"]
    assert "lower learning rate" in status["stage"]
    assert not following.visible


def test_stopping_says_so_at_once(page: Page, work: Any) -> None:
    job = work.start(step=2)
    status, _ = train.stop_training(page, job.id)
    assert status["stage"] == page.t("stages.stopping")
    assert job.folder.cancel.exists()


def test_a_waiting_training_says_its_place(page: Page, work: Any) -> None:
    work.start(step=1)
    values = new_draft(page)["values"]
    waiting, _ = train.start_training(page, values, "quickstart", None)
    status = train.redraw(page, waiting.id, None)[2]
    assert status["state"] == "queued"
    assert status["stage"].startswith("First in the queue")


def test_both_columns_answer_and_remember_the_conversation(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    options = (0.0, 1.0, 100, 0)
    *_, last = playground.ask(page, job.id, f"Hello {NASTY}", [], *options)
    turns = last[1]
    *_, last = playground.ask(page, job.id, "And now?", turns, *options)
    assert [answer.text for answer in turns[0].answers] == [f"You asked: Hello {NASTY}"] * 2
    assert [turn.question for turn in last[1]] == [f"Hello {NASTY}", "And now?"]


def test_closing_a_question_closes_the_models(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    answering: Iterator[Any] = playground.ask(page, job.id, "Hi there", [], 0.0, 1.0, 100, 0)
    next(answering)
    next(answering)
    answering.close()  # ty: ignore[unresolved-attribute]
    fake: Any = page.workspace.playground
    assert fake.is_closed


def test_a_stopped_answer_says_so(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    answering = playground.ask(page, job.id, "Hi there", [], 0.0, 1.0, 100, 0)
    turns: list[Turn] = [next(answering)[1] for _ in range(3)][-1]
    shown, stopped, *_ = playground.stop_answer(page, job.id, turns)
    assert {answer.reason for answer in stopped[0].answers} == {"stopped"}
    assert "stopped by you" in shown["turns"][0]["answers"][0]["foot"]


def test_questions_to_try_were_not_seen_in_training(page: Page, work: Any) -> None:
    job = work.start(step=1)
    work.end(job)
    chips = playground.chips_value(page, job.id)
    library = page.workspace.datasets
    held_out = {row.question() for row in library.page("quickstart", 0, 500, "held_out")}
    assert chips["items"]
    assert set(chips["items"]) <= held_out


def test_an_empty_playground_says_where_to_go(page: Page) -> None:
    run, chips, nothing, talk = playground.open_playground(page, None)
    assert run.value is None
    assert chips == {}
    assert nothing.visible
    assert not talk.visible


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


def test_a_training_is_listed_and_opened_with_its_settings(page: Page, work: Any) -> None:
    job = work.start(step=20)
    chosen, _, listed, status, _, settings, *_ = runs.open_run(page, picked(id=job.id))
    assert chosen == job.id
    assert listed["items"][0]["state"] == "running"
    assert status["name"] == f"#{job.id} {job.name}"
    assert ["Method", "QLoRA (4-bit)"] in settings["rows"]


def test_the_settings_of_a_training_can_be_tried_again(page: Page, work: Any) -> None:
    job = work.start(step=1)
    draft, _ = runs.train_like(page, job.id)
    assert draft["values"] == page.workspace.runs.recipe(job.id).model_dump()


def test_the_tour_is_offered_to_newcomers_only(page: Page, work: Any) -> None:
    assert tour.card_value(page, {})["does"] == "start"
    work.start(step=1)
    assert tour.card_value(page, {}) == {}


def test_the_tour_leads_from_training_to_download(page: Page, work: Any) -> None:
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


def test_an_unexpected_error_shows_a_mark_and_no_details(page: Page, faked: Workspace) -> None:
    def fail(_page: Page) -> None:
        raise ValueError("secret path /home/somebody")

    with pytest.raises(gr.Error) as raised:
        page.handler(fail)()
    assert "secret" not in raised.value.message
    assert "under the mark" in raised.value.message


def test_a_handler_does_not_show_the_page_to_gradio(page: Page) -> None:
    handler = page.handler(data.pick_row)
    names = list(handler.__annotations__)
    assert "page" not in names
    assert "event" in names
