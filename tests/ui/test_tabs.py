"""Data and Train, called as plain functions."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.errors import StudioError
from studio.ui.drafts import new_draft
from studio.ui.page import Page
from studio.ui.tabs import data, train

NASTY = "<img src=x onerror=alert(1)>"
CSV = "question,answer\nWhen do you open?,At nine.\nDo you ship?,\nWhere are you?,At the harbour.\n"


def upload(folder: Path, name: str, content: str) -> str:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return str(file)


def test_a_file_is_kept_and_chosen(page: Page, tmp_path: Path) -> None:
    cleared, told, dataset_id = data.add_file(page, upload(tmp_path, "shop.csv", CSV))
    shown = data.show_dataset(page, dataset_id, "train")[1]
    assert cleared is None
    assert told == {}
    assert shown["title"] == "shop.csv: 2 of 3 examples used; 1 skipped."
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


def test_the_second_page_of_rows_follows_the_first(page: Page, picked: Callable[..., Any]) -> None:
    table, offset = data.turn_page(page, "quickstart", "train", 0, picked(offset=10))
    assert offset == 10
    assert [row["id"] for row in table["rows"]] == list(range(10, 20))


def test_a_row_is_shown_as_a_conversation_with_its_learned_words(
    page: Page, picked: Callable[..., Any]
) -> None:
    _, example, chosen = data.pick_row(page, "quickstart", "train", 0, picked(id=3))
    tokens = data.show_tokens(page, "quickstart", "train", 0, chosen)
    assert [message["role"] for message in example["messages"]][-1] == "assistant"
    assert tokens["spans"][-1]["kind"] == "learned"


def test_an_unknown_data_set_is_an_error_with_a_sentence(
    page: Page, picked: Callable[..., Any]
) -> None:
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
