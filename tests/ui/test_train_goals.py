"""The Train tab before the start: goals, their reasons, and the plan that moves with every control."""

import time
from typing import Any, cast

import gradio as gr
import pytest

from studio.domain.recipe import parse_recipe
from studio.errors import StudioError
from studio.services.workspace import Workspace
from studio.ui.drafts import Draft, new_draft
from studio.ui.forms import Form
from studio.ui.goals_view import reasons_value
from studio.ui.page import Page
from studio.ui.tabs import train_plan
from studio.ui.tabs.train_form import (
    CHOSEN_PATHS,
    bar_value,
    build_advanced,
    build_basic,
    build_choice,
    fill_form,
    make_form,
    merged,
    seen_in,
)
from tests.ui.conftest import make_page
from tests.ui.data_steps import CSV

BIG = "Qwen/Qwen2.5-14B-Instruct"


@pytest.fixture
def form(page: Page) -> Form:
    with gr.Blocks():
        chosen = {path: build_choice(page.t, path) for path in CHOSEN_PATHS}
        controls = chosen | build_basic(page.t)
        return make_form(controls | build_advanced(page.t)[0])


@pytest.fixture
def tight(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only 1.2 GB of memory."""
    monkeypatch.setattr("studio.services.planning.free_memory_bytes", lambda *_: 1_200_000_000)


def settings(form: Form, draft: Draft, **changed: Any) -> list[Any]:
    """Give what the controls hold; `__` stands for the dot of a path."""
    wanted = {name.replace("__", "."): value for name, value in changed.items()}
    values = form.write(parse_recipe(draft["values"]))
    return [wanted.get(path, value) for path, value in zip(form.controls, values, strict=True)]


def test_a_sample_brings_its_own_settings_and_the_goals_say_so(page: Page) -> None:
    draft = new_draft(page, data="quickstart")
    shown = train_plan.tell_goals(page, draft)
    assert (draft["recipe"], draft["goal"]) == ("quickstart", None)
    assert "settings of its own" in shown["note"]
    assert [item["id"] for item in shown["items"] if item["tag"]] == ["faq"]


def test_own_data_gets_the_goal_that_it_looks_like(page: Page, own: str) -> None:
    draft = new_draft(page, data=own)
    assert draft["goal"] == "faq"
    assert draft["values"]["data"]["id"] == own
    assert train_plan.tell_goals(page, draft)["note"] == ""


@pytest.fixture
def own(page: Page, tmp_path: Any) -> str:
    file = tmp_path / "shop.csv"
    file.write_text(CSV, encoding="utf-8")
    return page.workspace.datasets.add_file(file, "shop.csv").id


@pytest.mark.parametrize("goal", ["tone", "faq", "categories", "format", "text", "quick"])
def test_a_goal_fills_the_form_and_gives_a_reason_per_value(
    page: Page, form: Form, goal: str
) -> None:
    before = new_draft(page)
    draft = train_plan.choose_goal(page, form, goal, before, None, settings(form, before))
    reasons = reasons_value(page.t, draft)["items"]
    assert draft["goal"] == goal
    assert {item["label"] for item in reasons} >= {"Rank", "Learning rate", "Rounds (epochs)"}
    assert all(item["text"] and item["value"] for item in reasons)
    assert bar_value(page, form, draft, settings(form, draft))["changed"] == []


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_goal_speaks_the_language_of_the_page(faked: Workspace, form: Form, lang: str) -> None:
    page = make_page(faked, lang)
    draft = train_plan.choose_goal(
        page, form, "tone", new_draft(page), None, settings(form, new_draft(page))
    )
    title = train_plan.tell_goals(page, draft)["items"][0]["title"]
    assert title == {"en": "Change the tone", "zh-CN": "改变语气"}[lang]


def test_another_data_set_keeps_the_goal_and_what_was_changed(page: Page, form: Form) -> None:
    draft = new_draft(page)
    draft = train_plan.choose_goal(page, form, "tone", draft, None, settings(form, draft))
    moved = settings(form, draft, data__id="ticket-routing", training__seed=7)
    after = train_plan.settle(page, form, draft, None, moved)
    assert (after["goal"], after["values"]["data"]["id"]) == ("tone", "ticket-routing")
    assert after["values"]["training"]["seed"] == 7
    assert after["recommended"]["training"]["seed"] == 0


def test_another_sample_brings_its_own_settings_along(page: Page, form: Form) -> None:
    draft = new_draft(page)
    after = train_plan.settle(
        page, form, draft, None, settings(form, draft, data__id="house-style")
    )
    assert after["recipe"] == "house-style"
    assert after["values"]["training"]["epochs"] == 10


def test_an_unknown_goal_is_refused(page: Page, form: Form) -> None:
    draft = new_draft(page)
    with pytest.raises(StudioError, match=r"goal\.unknown"):
        train_plan.choose_goal(page, form, "fame", draft, None, settings(form, draft))


def test_a_training_tried_again_says_what_differs(page: Page, form: Form, work: Any) -> None:
    job = work.start(step=2)
    draft = new_draft(page, like=job.id)
    shown = bar_value(page, form, draft, settings(form, draft, training__epochs=9))
    assert draft["goal"] is None
    assert shown["told"] == "1 differs from the recommended ones"
    assert shown["changed"][0]["text"] == "Rounds (epochs): recommended is 5"


def test_the_recommended_settings_come_back(page: Page, form: Form) -> None:
    draft = new_draft(page)
    moved = settings(form, draft, method__rank=3, data__id="house-style")
    after = train_plan.reset(page, form, draft, moved)
    assert after["values"]["method"] == draft["recommended"]["method"]
    assert after["values"]["data"]["id"] == "house-style"


def test_the_plan_moves_with_the_controls(page: Page, form: Form) -> None:
    draft = new_draft(page)
    once = train_plan.tell_plan(page, form, draft, None, settings(form, draft, training__epochs=1))
    twice = train_plan.tell_plan(page, form, draft, None, settings(form, draft, training__epochs=2))
    assert once["verdict"] == "fits"
    assert once["fit_label"] == ""
    assert once["rows"][2] != twice["rows"][2]


def test_the_plan_names_the_settings_that_are_wrong(page: Page, form: Form) -> None:
    draft = new_draft(page)
    shown = train_plan.tell_plan(page, form, draft, None, settings(form, draft, method__rank=0))
    assert shown["problem"]["text"] == "Rank: Must be 1 or more."


def test_a_model_that_nobody_knows_is_told_in_the_plan(page: Page, form: Form) -> None:
    draft = new_draft(page)
    shown = train_plan.tell_plan(
        page, form, draft, None, settings(form, draft, model__id="shop/none")
    )
    assert shown["problem"]["title"] == page.t("errors.model.not_downloaded.title")


@pytest.mark.usefixtures("tight")
def test_what_does_not_fit_is_made_to_fit_and_the_changes_are_told(page: Page, form: Form) -> None:
    draft = new_draft(page)
    large = settings(form, draft, training__batch_rows=512)
    before = train_plan.tell_plan(page, form, draft, None, large)
    fitted = train_plan.make_fit(page, form, draft, None, large)
    values = settings(form, fitted)
    after = train_plan.tell_plan(page, form, fitted, None, values)
    assert (before["verdict"], before["fit_label"]) == ("not", "Make it fit")
    assert after["verdict"] == "fits"
    assert "instead of 512 examples at a time" in after["told"][0]
    changed = bar_value(page, form, fitted, values)["changed"]
    assert not any("Examples per step" in one["text"] for one in changed)


@pytest.mark.usefixtures("tight")
def test_what_cannot_fit_is_said(page: Page, form: Form) -> None:
    draft = new_draft(page)
    values = settings(form, draft, model__id=BIG)
    with pytest.raises(StudioError, match=r"plan\.cannot_fit"):
        train_plan.make_fit(page, form, draft, None, values)


def test_lengths_are_counted_once_and_only_for_those_who_look(page: Page) -> None:
    draft, fake = new_draft(page), cast(Any, page.workspace.lengths)
    assert train_plan.count_lengths(page, False, draft) == gr.skip()
    assert isinstance(train_plan.count_lengths(page, True, draft), str)
    assert train_plan.count_lengths(page, True, draft) == gr.skip()
    assert fake.measured == ["starter"]


def test_there_is_nothing_to_go_on_from_until_something_was_trained(
    page: Page, form: Form, work: Any
) -> None:
    place = list(form.controls).index("model.continue_from")
    draft = new_draft(page)
    values = settings(form, draft)
    assert not fill_form(page, form, draft, values, values)[place]["visible"]
    work.end(work.start(step=1))
    assert fill_form(page, form, draft, values, values)[place]["visible"]


def test_a_moved_control_is_planned_in_an_instant(page: Page, form: Form) -> None:
    draft = new_draft(page)
    moved = settings(form, draft, training__epochs=7)
    spent = []
    for _ in range(3):
        before = time.process_time()
        train_plan.tell_plan(page, form, draft, None, moved)
        spent.append(time.process_time() - before)
    assert min(spent) < 0.1


def test_what_is_typed_while_something_is_worked_out_stays(page: Page, form: Form) -> None:
    draft, places = new_draft(page), list(form.controls)
    asked = settings(form, draft)
    fresh = train_plan.choose_goal(page, form, "quick", draft, None, asked)
    typed = settings(form, draft, training__batch_rows=77)
    held = dict(zip(places, merged(form, seen_in(form, fresh, asked), typed), strict=True))
    assert held["training.batch_rows"] == 77
    assert held["training.epochs"] == fresh["values"]["training"]["epochs"]
    assert held["training.epochs"] != draft["values"]["training"]["epochs"]


def test_a_mistake_stays_to_be_seen_and_costs_nothing_else(page: Page, form: Form) -> None:
    draft, places = new_draft(page), list(form.controls)
    typed = settings(form, draft, training__epochs=-1, training__batch_rows=77)
    fresh = train_plan.settle(page, form, draft, None, typed)
    assert fresh["values"]["training"]["batch_rows"] == 77
    seen = seen_in(form, fresh, typed, form.mistakes(page.t, typed))
    held = dict(zip(places, merged(form, seen, typed), strict=True))
    assert (held["training.epochs"], held["training.batch_rows"]) == (-1, 77)


def test_a_form_that_holds_it_already_is_left_alone(page: Page, form: Form) -> None:
    draft = new_draft(page)
    values, now = settings(form, draft), settings(form, draft, training__epochs=9)
    known = seen_in(form, draft, now)
    filled = dict(zip(form.controls, fill_form(page, form, known, values, now), strict=True))
    assert filled["training.epochs"]["value"] == draft["values"]["training"]["epochs"]
    assert filled["training.batch_rows"] == gr.skip()


def test_a_form_that_holds_no_draft_is_written_as_a_whole(page: Page, form: Form) -> None:
    draft = new_draft(page)
    values = settings(form, draft)
    assert gr.skip() not in fill_form(page, form, draft, values, values)


def test_a_form_with_a_mistake_is_filled_around_it(page: Page, form: Form) -> None:
    draft = new_draft(page)
    typed = settings(form, draft, training__epochs=-1)
    known = seen_in(form, draft, typed, ["training.epochs"])
    filled = fill_form(page, form, known, merged(form, known, typed), typed)
    assert filled[list(form.controls).index("training.epochs")] == gr.skip()
