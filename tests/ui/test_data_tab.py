"""The Data tab: bringing data and naming its columns, called as plain functions; jobs are done here and now."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.errors import StudioError
from studio.ui.page import Page
from studio.ui.tabs import data, data_bring, data_columns, data_hub
from tests.fake_hub import FakeHub
from tests.ui.conftest import do_light_jobs
from tests.ui.data_steps import CSV, Picked, brought, shown, upload

NASTY = "<img src=x onerror=alert(1)>"
STRANGE = "alpha,beta,gamma\n" + "".join(f"What is {i}?,It is {i}.,x\n" for i in range(12))


def test_a_file_is_imported_by_a_job_and_opened_when_it_is_there(
    page: Page, tmp_path: Path
) -> None:
    paths = upload(tmp_path, "shop.csv", CSV)
    cleared, pending, asked, told, _ = data_bring.receive(page, paths, None, [])
    waiting = data.redraw(page, "quickstart", None, None, None, asked, None, None)
    do_light_jobs(page.workspace)
    there = data.redraw(page, "quickstart", None, None, None, asked, None, None)
    assert (cleared, pending, told) == (None, None, {})
    assert waiting[2]["items"][0]["title"] == "shop.csv"
    assert there[1] == []
    assert there[6]["title"] == "shop.csv: 2 of 3 examples used; 1 skipped."
    assert there[6]["points"] == ["Line 3: the answer is empty. “Do you ship?”"]
    assert not Path(paths[0]).exists()


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("empty.csv", "", "The file is empty"),
        ("header.csv", "question,answer\n", "Only a header"),
        ("page.csv", "<!doctype html><html></html>", "This is a web page"),
    ],
)
def test_a_bad_file_is_told_in_place_and_nothing_is_kept(
    page: Page, tmp_path: Path, name: str, content: str, title: str
) -> None:
    before = len(page.workspace.datasets.list())
    _, pending, asked, told, _ = data_bring.receive(page, upload(tmp_path, name, content), None, [])
    assert told["kind"] == "error"
    assert told["title"].startswith(title)
    assert told["fix"]
    assert (pending, asked) == (None, [])
    assert len(page.workspace.datasets.list()) == before


def test_a_failed_import_is_told_until_it_is_closed(
    page: Page, tmp_path: Path, picked: Picked
) -> None:
    empty = "question,answer\n" + "Why?,\n" * 3
    asked = data_bring.receive(page, upload(tmp_path, "no.csv", empty), None, [])[2]
    do_light_jobs(page.workspace)
    told = data.redraw(page, "quickstart", None, None, None, asked, None, None)[2]
    assert told["items"][0]["kind"] == "error"
    assert told["items"][0]["title"].startswith("no.csv: ")
    assert data_bring.close_told(page, asked, picked(id=told["items"][0]["id"])) == []


def test_a_pasted_text_is_read_like_a_file(page: Page) -> None:
    emptied, _, asked, told, _ = data_bring.receive_text(page, CSV, None, [])
    do_light_jobs(page.workspace)
    dataset_id = data.redraw(page, "quickstart", None, None, None, asked, None, None)[0]
    assert (emptied, told) == ("", {})
    assert page.workspace.datasets.get(dataset_id).used == 2


def test_an_empty_paste_is_told(page: Page) -> None:
    assert data_bring.receive_text(page, "  \n", None, [])[3]["title"] == "Nothing was pasted"


def give(page: Page, state: Any, picked: Picked, column: str, role: str) -> Any:
    """Choose a role as the table does it: whoever had it loses it, and all roles go together."""
    given = {
        name: "ignore" if had == role and role != "ignore" else had
        for name, had in state["mapping"].items()
    }
    roles = list({**given, column: role}.values())
    return data_columns.give_roles(page, state, picked(roles=roles, turn=1))


def test_roles_of_another_table_change_nothing(page: Page, tmp_path: Path, picked: Picked) -> None:
    pending = data_bring.receive(page, upload(tmp_path, "a.csv", STRANGE), None, [])[1]
    state = data_columns.open_columns(page, "quickstart", pending, None)[0]
    for roles in (["question"], ["question", "answer", "ignore", "text"], ["question", "x", "y"]):
        changed = data_columns.give_roles(page, state, picked(roles=roles, turn=1))[0]
        assert changed["mapping"] == state["mapping"]


def test_unknown_columns_wait_for_their_roles(page: Page, tmp_path: Path, picked: Picked) -> None:
    _, pending, asked, _, tab = data_bring.receive(
        page, upload(tmp_path, f"{NASTY.replace('/', '')}.csv", STRANGE), None, []
    )
    state = data_columns.open_columns(page, "quickstart", pending, None)[0]
    for column, role in (("alpha", "question"), ("gamma", "answer"), ("beta", "answer")):
        state, told, table, talk = give(page, state, picked, column, role)
    assert tab.selected == "columns"
    assert [column["role"] for column in table["columns"]] == ["question", "answer", "ignore"]
    assert talk["messages"][1]["content"] == "It is 0."
    assert table["can_use"]
    before = data_columns.open_columns(page, "quickstart", pending, None)[0]
    # What stands in the table counts, even where its last change was not answered yet.
    pressed = picked(roles=[column["role"] for column in table["columns"]])
    pending, asked, told, _ = data_columns.use_columns(
        page, "quickstart", pending, before, asked, pressed
    )
    do_light_jobs(page.workspace)
    found = data.redraw(page, "quickstart", None, None, None, asked, None, None)[0]
    assert page.workspace.datasets.get(found).used == 12
    assert (pending, told) == (None, {})


def test_a_role_can_be_taken_back(page: Page, tmp_path: Path, picked: Picked) -> None:
    pending = data_bring.receive(page, upload(tmp_path, "a.csv", STRANGE), None, [])[1]
    state = data_columns.open_columns(page, "quickstart", pending, None)[0]
    first = state["mapping"]
    state = give(page, state, picked, "gamma", "question")[0]
    state, _, table, _ = data_columns.give_roles(page, state, picked(undo=True, turn=2))
    assert state["mapping"] == first
    assert (table["turn"], table["can_undo"]) == (2, False)


def test_columns_of_a_data_set_can_be_read_another_way(
    page: Page, tmp_path: Path, picked: Picked
) -> None:
    dataset_id = brought(page, tmp_path)
    state = data_columns.open_columns(page, dataset_id, None, None)[0]
    for column, role in (("answer", "question"), ("question", "answer")):
        state = give(page, state, picked, column, role)[0]
    pressed = picked(roles=[*state["mapping"].values()])
    data_columns.use_columns(page, dataset_id, None, state, [], pressed)
    do_light_jobs(page.workspace)
    assert shown(page, dataset_id)[4]["messages"][0]["content"] == "At nine."


def test_a_sample_has_no_columns_to_choose(page: Page) -> None:
    assert data_columns.open_columns(page, "quickstart", None, None)[2]["columns"] == []


def test_own_data_is_deleted_and_the_first_sample_opened(
    page: Page, tmp_path: Path, picked: Picked
) -> None:
    dataset_id = brought(page, tmp_path)
    opened, cards = data_bring.drop_dataset(page, dataset_id, picked(id=dataset_id))
    assert opened == "quickstart"
    assert dataset_id not in [card["id"] for card in cards["items"]]


def test_an_import_is_called_off(page: Page, tmp_path: Path, picked: Picked) -> None:
    before = len(page.workspace.datasets.list())
    asked = data_bring.receive(page, upload(tmp_path, "shop.csv", CSV), None, [])[2]
    assert data_bring.stop_work(page, asked, picked(id=asked[0])) == []
    do_light_jobs(page.workspace)
    assert page.workspace.jobs.get(asked[0]).state == "cancelled"
    assert len(page.workspace.datasets.list()) == before


def test_an_unknown_data_set_is_an_error_with_a_sentence(page: Page, picked: Picked) -> None:
    with pytest.raises(StudioError, match=r"data\.unknown"):
        data_bring.pick_dataset(page, None, picked(id="../../etc"))


def test_nothing_is_sent_while_nothing_changes(page: Page) -> None:
    first = data.redraw(page, "quickstart", None, None, None, [], None, None)
    again = data.redraw(page, "quickstart", first[4], None, None, [], first[2], first[3])
    assert set(map(str, again)) == {str(gr.skip())}


def test_what_an_answer_that_was_overtaken_left_behind_is_mended(page: Page) -> None:
    """A cancelled import stood there as 'cancelling …' for good: known is what lies in the browser, nothing else."""
    first = data.redraw(page, "quickstart", None, None, None, [], None, None)
    late = {**first[2], "items": [{"id": 1, "title": "large.jsonl"}]}
    again = data.redraw(page, "quickstart", first[4], None, None, [], late, first[3])
    assert again[2] == first[2]


def test_the_hub_is_searched_and_a_part_of_it_brought(
    page: Page, picked: Picked, hub: FakeHub
) -> None:
    hub.commit(
        "datasets/shop/talk", {"train.jsonl": '{"question": "Open?", "answer": "Yes."}\n' * 5}
    )
    listed, found, _ = data_hub.search_hub(page, "talk")
    shown_parts, details = data_hub.describe(page, picked(id=listed["items"][0]["id"]))
    part = shown_parts["details"]["subsets"][0]
    event = picked(subset=part["name"], split=part["splits"][0]["name"])
    asked, value = data_hub.bring(page, details, [], event)
    do_light_jobs(page.workspace)
    dataset_id = data.redraw(page, "quickstart", None, None, None, asked, None, None)[0]
    assert value == {}
    assert data_hub.go_back(page, found) == listed
    assert page.workspace.datasets.get(dataset_id).used == 5


@pytest.mark.usefixtures("hub")
def test_a_hub_out_of_reach_is_told_in_a_sentence(
    page: Page, picked: Picked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert data_hub.search_hub(page, "talk")[0]["error"]["title"] == "The Hub cannot be reached"
    assert data_hub.describe(page, picked(id="shop/talk"))[0]["error"]["fix"]


def test_of_several_files_the_one_with_the_bad_line_is_named(page: Page, tmp_path: Path) -> None:
    paths = upload(tmp_path, "one.csv", CSV) + upload(
        tmp_path, "two.jsonl", '{"prompt": "a"}\n{"prompt": "b", "completion": "c"}'
    )
    asked = data_bring.receive(page, paths, None, [])[2]
    do_light_jobs(page.workspace)
    told = data.redraw(page, "quickstart", None, None, None, asked, None, None)[6]
    assert told["title"] == "one.csv and 1 more: 3 of 5 examples used; 2 skipped."
    assert told["points"] == [
        "one.csv: Line 3: the answer is empty. “Do you ship?”",
        "two.jsonl: Line 1: the answer is empty. “a”",
    ]
