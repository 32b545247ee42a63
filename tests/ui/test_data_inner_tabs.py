"""The Data tab: its inner tabs, called as plain functions; changes are done here and now."""

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from studio.domain.row_lengths import store_lengths, tokenizer_key
from studio.errors import StudioError
from studio.ui.drafts import new_draft
from studio.ui.examples_view import View
from studio.ui.page import Page
from studio.ui.tabs import (
    data,
    data_examples,
    data_health,
    data_held_out,
    data_lengths,
    data_mix,
    data_topics,
)
from tests.ui.conftest import do_light_jobs
from tests.ui.data_steps import Picked, brought, shown, upload


def test_a_search_an_order_and_a_page_are_what_the_table_shows(page: Page, picked: Picked) -> None:
    _, found, _ = data_examples.look(
        page, "quickstart", None, picked(view={"search": "phone"}, turn=1)
    )
    asked = picked(view={"offset": 10, "chosen": None}, turn=2)
    view, turned, _ = data_examples.look(page, "quickstart", None, asked)
    assert all("phone" in " ".join(row["cells"]).lower() for row in found["rows"])
    assert [row["id"] for row in turned["rows"]] == list(range(10, 20))
    assert view["chosen"] == 10
    assert (found["turn"], turned["turn"]) == (1, 2)


def test_only_too_long_examples_are_asked_for_after_they_are_counted(
    page: Page, picked: Picked
) -> None:
    data_examples.look(page, "quickstart", None, picked(view={"filter": "too_long"}, turn=1))
    asked: Any = page.workspace.lengths
    assert asked.measured == ["starter"]


def test_a_row_is_shown_as_a_conversation_with_its_learned_words(
    page: Page, picked: Picked
) -> None:
    view, _, talk = data_examples.look(page, "quickstart", None, picked(view={"chosen": 3}, turn=1))
    tokens = data_examples.show_tokens(page, "quickstart", view, None)
    assert talk["messages"][-1]["role"] == "assistant"
    end = {"text": "<|end|>", "kind": "learned", "is_end": True, "cuts": []}
    assert tokens["spans"][-1] == end


def test_a_bubble_is_corrected_and_the_correction_undone(
    page: Page, tmp_path: Path, picked: Picked
) -> None:
    dataset_id = brought(page, tmp_path)
    spot = picked(side="messages", turn=1, call=-1, text="At ten.")
    view = View(chosen=0).to_json()
    data_examples.correct(page, dataset_id, view, None, [], spot)
    do_light_jobs(page.workspace)
    assert shown(page, dataset_id)[4]["messages"][1]["content"] == "At ten."
    data_health.undo(page, dataset_id, [])
    assert shown(page, dataset_id)[4]["messages"][1]["content"] == "At nine."


def test_a_correction_that_leaves_nothing_is_told_in_its_place(page: Page, picked: Picked) -> None:
    view = View(chosen=0).to_json()
    for attempt in (1, 2):
        spot = picked(side="messages", turn=1, call=-1, text="  ", attempt=attempt)
        asked, talk = data_examples.correct(page, "quickstart", view, None, [], spot)
        assert asked == []
        assert "the answer is empty" in talk["problem"]
        assert talk["attempt"] == attempt


def test_examples_are_duplicated_deleted_and_added(
    page: Page, tmp_path: Path, picked: Picked
) -> None:
    dataset_id, view = brought(page, tmp_path), View(chosen=0).to_json()
    fields = {"question": "Is there tea?", "answer": "Always."}
    steps = (
        (data_examples.act, picked(name="copy"), 3),
        (data_examples.act, picked(name="drop"), 2),
        (data_examples.write, picked(fields=fields), 3),
    )
    for handler, event, used in steps:
        handler(page, dataset_id, view, None, [], event)
        do_light_jobs(page.workspace)
        assert page.workspace.datasets.get(dataset_id).used == used


def test_a_finding_is_shown_mended_and_listed(page: Page, tmp_path: Path, picked: Picked) -> None:
    rows = [f"Question {i} about {i * 7}?,Answer {i}." for i in range(20)]
    dataset_id = brought(page, tmp_path, "d.csv", "\n".join(["question,answer", *rows, *rows[:3]]))
    view, tab = data_health.show_finding(page, None, picked(code="duplicate"))
    table = data_examples.show_examples(
        page, page.workspace.datasets.get(dataset_id), View.from_json(view), data_examples.Limits()
    )[1]
    data_health.fix(page, dataset_id, [], picked(code="duplicate"))
    do_light_jobs(page.workspace)
    history = shown(page, dataset_id)[7]
    assert table["total"] == 3
    assert tab.selected == "examples"
    assert page.workspace.datasets.get(dataset_id).used == 20
    assert len(history["steps"]) == 2


def test_the_table_tells_the_tokens_of_each_example_that_was_counted(
    page: Page, tmp_path: Path
) -> None:
    rows = [f"Where is it {i}?,There." for i in range(6)]
    dataset_id = brought(page, tmp_path, "d.csv", "\n".join(["question,answer", *rows]))
    library, limits = page.workspace.datasets, data_examples.Limits()

    def table() -> Any:
        return data_examples.show_examples(page, library.get(dataset_id), View(), limits)[1]

    assert len(table()["columns"]) == 3
    counted = np.array([[31, 0, 1234, 7, 8, 9], [0] * 6], dtype=np.uint32)
    model = page.workspace.models.get(limits.model_id(page))
    store_lengths(library.folder(dataset_id).head(), tokenizer_key(model.path), counted)
    assert table()["columns"][3] == "Tokens"
    cells = [row["cells"][3] for row in table()["rows"]]
    assert cells == ["31", "", "1,234", "7", "8", "9"]


def test_a_fix_of_what_is_gone_is_refused(page: Page, picked: Picked) -> None:
    with pytest.raises(StudioError, match=r"data\.changed_meanwhile"):
        data_health.fix(page, "quickstart", [], picked(code="nothing"))


def test_names_that_wait_are_filled_in(page: Page, tmp_path: Path, picked: Picked) -> None:
    content = "question,answer\n" + "".join(f"Who {i}?,I am {{{{name}}}}.\n" for i in range(6))
    dataset_id = brought(page, tmp_path, "who.csv", content)
    assert shown(page, dataset_id)[5]["names"] == ["name"]
    data_health.fill(page, dataset_id, [], picked(values={"name": "Ada", "other": " "}))
    do_light_jobs(page.workspace)
    after = shown(page, dataset_id)
    assert after[4]["messages"][1]["content"] == "I am Ada."
    assert after[5]["names"] == []


def test_a_topic_filters_the_examples(page: Page, picked: Picked) -> None:
    view, tab = data_topics.pick_topic(page, None, picked(topic=2))
    assert view["filter"] == "topic:2"
    assert tab.selected == "examples"


def test_lengths_are_counted_in_the_chosen_models_tokens(page: Page) -> None:
    counted = data_lengths.measure(page, "quickstart", None)
    longest = 10 + 10 * page.workspace.datasets.get("quickstart").used
    assert counted["facts"][2][1] == f"{longest:,}"


def test_the_slider_and_the_choices_go_to_the_training_that_uses_this_data(
    page: Page, picked: Picked
) -> None:
    draft = new_draft(page, data="quickstart")
    place = ("quickstart", None, draft)
    limits, wanted = data_lengths.move_limit(page, *place, picked(tokens=128))
    assert wanted["training"]["max_length_tokens"] == 128
    limits, wanted = data_lengths.choose_way(page, "quickstart", limits, draft, "split", 32)
    chosen = {"max_length_tokens": 128, "too_long": "split", "overlap_tokens": 32}
    assert wanted["training"] == chosen
    picture, told = data_lengths.measure_again(page, True, "quickstart", limits)
    assert (picture["limit"], "128" in told["text"]) == (128, True)
    assert data_lengths.measure_again(page, False, "quickstart", limits)[0] == gr.skip()
    used, tab = data.use_dataset(page, "quickstart", limits, None)
    assert (used["training"], tab.selected) == (chosen, "train")


def test_lengths_chosen_for_data_that_is_not_trained_wait_until_it_is(
    page: Page, picked: Picked
) -> None:
    place = ("house-style", None, new_draft(page, data="quickstart"))
    limits, wanted = data_lengths.move_limit(page, *place, picked(tokens=128))
    assert wanted == gr.skip()
    used, _ = data.use_dataset(page, "house-style", limits, None)
    assert used["training"]["max_length_tokens"] == 128
    assert data.use_dataset(page, "quickstart", limits, None)[0]["training"] == {}


def test_examples_are_shown_for_the_model_and_the_length_that_are_trained(page: Page) -> None:
    draft = new_draft(page, data="quickstart")
    draft["values"]["model"]["id"] = "shop/large"
    draft["values"]["training"]["max_length_tokens"] = 96
    shown = data.show_limits(page, "quickstart", None, draft)
    assert (shown[0]["model"], shown[0]["tokens"]) == ("shop/large", 96)
    assert (shown[1].value, shown[3].value, shown[2]) == ("shop/large", "shop/large", 96)
    again = data.show_limits(page, "quickstart", shown[0], draft)
    assert again[0] == gr.skip()


def test_held_out_examples_are_chosen_anew_or_come_from_a_file(page: Page, tmp_path: Path) -> None:
    rows = "".join(f"Question {i}?,Answer {i}.\n" for i in range(60))
    dataset_id = brought(page, tmp_path, "q.csv", f"question,answer\n{rows}")
    data_held_out.split_anew(page, dataset_id, [], 50)
    do_light_jobs(page.workspace)
    assert page.workspace.datasets.get(dataset_id).held_out_rows == 30
    own = upload(tmp_path, "own.csv", "question,answer\nNew?,Yes.\nOld?,No.\n")[0]
    data_held_out.bring_file(page, dataset_id, [], own)
    do_light_jobs(page.workspace)
    told = data_held_out.show_held_out(page, page.workspace.datasets.get(dataset_id))[0]
    assert told["title"] == "60 are learned from, 2 are held out."
    assert not Path(own).exists()


def test_a_mix_is_shown_before_the_start_and_goes_into_the_draft(
    page: Page, picked: Picked
) -> None:
    draft = new_draft(page, data="quickstart")
    event = picked(shares={"house-style": 25})
    shares, wanted, value = data_mix.share(page, "quickstart", None, draft, event)
    assert shares == {"house-style": 25}
    assert wanted["mix"] == {"house-style": 25.0}
    assert [part["text"].split(":")[0] for part in value["seen"]][1] == "Rewrite in the house style"


def test_shares_that_leave_nothing_are_told_and_not_taken(page: Page, picked: Picked) -> None:
    event = picked(shares={"house-style": 60, "ticket-routing": 50})
    draft = new_draft(page, data="quickstart")
    _, wanted, value = data_mix.share(page, "quickstart", None, draft, event)
    assert "leave nothing" in value["error"]
    assert wanted == gr.skip()
