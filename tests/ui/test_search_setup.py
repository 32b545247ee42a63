"""Search, before the start: what is offered, changed and refused, and the recipe that comes of it."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.domain.search import Range
from studio.ui.forms import Form
from studio.ui.page import Page
from studio.ui.search_edits import MOST_EDITS, read_own
from studio.ui.tabs.search_setup import (
    ENOUGH_TRIES,
    asked_for,
    build_limits,
    build_vary,
    enough_minutes,
    look,
)
from tests.ui.conftest import make_page

RATE, RANK = "training.learning_rate", "method.rank"
NASTY = "<img src=x onerror=alert(1)> ${7*7}"


@pytest.fixture
def form(page: Page) -> Form:
    with gr.Blocks():
        return build_limits(page.t, build_vary(page.t)).form


@pytest.fixture
def base(page: Page) -> dict[str, Any]:
    return {"values": page.workspace.recipes.load("quickstart").model_dump()}


def limits(form: Form, **changed: Any) -> list[Any]:
    """Give what the controls hold, some of it changed."""
    return [
        changed.get(path.removeprefix("search."), control.value)
        for path, control in form.controls.items()
    ]


def rows(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["setting"]: row for row in (*shown["rows"], *shown["more"])}


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_a_search_starts_from_the_recipe_of_the_train_tab(
    page: Page, form: Form, base: dict[str, Any], lang: str
) -> None:
    page = make_page(page.workspace, lang)
    told, knobs, plan, *_ = look(page, form, base, read_own({}), limits(form))
    assert "starter" in told["text"]
    found = rows(knobs)
    assert [path for path, row in found.items() if row["on"]] == [RATE, RANK]
    assert (found[RATE]["low"], found[RATE]["high"], found[RATE]["log"]) == (
        "0.0006",
        "0.015",
        True,
    )
    assert found[RANK]["listed"] == "4, 8, 16, 32"
    assert all(row["info"] and row["name"] for row in found.values())
    assert page.t("search.plan_noise") in plan["lines"]
    assert plan["text"]


def test_what_is_asked_for_is_what_the_rows_say(
    page: Page, form: Form, base: dict[str, Any]
) -> None:
    edits = {
        RATE: {"low": "0.001", "high": "0.01", "log": False},
        RANK: {"listed": "4，8; 64"},
        "method.target_modules": {"on": True, "chosen": ["attention", "all-linear"]},
    }
    own = read_own({"edits": edits})
    recipe = asked_for(page, form, base, own, limits(form, tries="5", minutes="", how="random"))
    assert recipe is not None
    assert recipe.search is not None
    assert recipe.search.vary == {
        RATE: Range(low=0.001, high=0.01),
        RANK: (4, 8, 64),
        "method.target_modules": ("all-linear", "attention"),
    }
    assert (recipe.search.how, recipe.search.tries, recipe.search.minutes) == ("random", 5, None)
    assert recipe.training.learning_rate == base["values"]["training"]["learning_rate"]


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        (RANK, {"listed": f"4, {NASTY}"}, "number"),
        (RATE, {"low": ""}, "float_type"),
        (RATE, {"low": "0.5", "high": "0.1"}, "order"),
        (RATE, {"low": "0"}, "order"),
        (RANK, {"listed": ""}, "values"),
        (RANK, {"listed": "4, 100000"}, "value"),
        (RATE, {"low": "nan"}, "float_type"),
        (RANK, {"listed": "1e999"}, "number"),
    ],
)
def test_a_mistake_is_told_in_its_row_and_nothing_starts(
    page: Page, form: Form, base: dict[str, Any], path: str, change: dict[str, Any], told: str
) -> None:
    own = read_own({"edits": {path: change}})
    _, knobs, plan, *_ = look(page, form, base, own, limits(form))
    row = rows(knobs)[path]
    said = f"{'' if told == 'float_type' else 'search.'}mistakes.{told}"
    assert row["problem"] == page.t(said, text="100000")
    assert row | change == row
    assert plan["problem"]["text"]
    assert asked_for(page, form, base, own, limits(form)) is None


def test_what_is_wrong_with_the_whole_is_told_on_the_card(
    page: Page, form: Form, base: dict[str, Any]
) -> None:
    off = read_own({"edits": {RATE: {"on": False}, RANK: {"on": False}}})
    plan = look(page, form, base, off, limits(form))[2]
    assert plan["problem"]["text"] == page.t("search.mistakes.nothing_varied")
    endless = limits(form, minutes="", tries="", no_better_tries="")
    plan = look(page, form, base, read_own({}), endless)[2]
    assert plan["problem"]["text"] == page.t("search.mistakes.no_end")
    for wrong in ("-1", "0", "some", "2.5", NASTY):
        told = look(page, form, base, read_own({}), limits(form, tries=wrong))
        assert page.t("fields.search.tries") in told[2]["problem"]["text"]
        assert told[3 + list(form.controls).index("search.tries")]["elem_classes"] == ["wrong"]


def test_what_a_browser_sends_is_taken_only_as_far_as_it_is_an_edit() -> None:
    sent = {"on": "yes", "low": 3, "chosen": "x", "evil": NASTY, "high": "1"}
    assert read_own({"edits": {RATE: sent}, "turn": 2}) == {
        "edits": {RATE: {"high": "1"}},
        "turn": 2,
    }
    for hostile in (NASTY, None, {"edits": NASTY, "turn": NASTY}):
        assert read_own(hostile) == {"edits": {}, "turn": 0}
    assert read_own({"edits": {RATE: None}})["edits"] == {RATE: {}}
    many = read_own({"edits": {str(n): {"low": "1" * 5000} for n in range(5000)}})["edits"]
    assert len(many) == MOST_EDITS
    assert len(many["0"]["low"]) < 1000


def test_without_held_out_examples_it_says_what_to_do(
    page: Page, form: Form, base: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "few.csv"
    file.write_text("question,answer\nWhere?,Here.\nWhen?,Now.\n")
    dataset = page.workspace.datasets.add_file(file, "few.csv", 0)
    base["values"]["data"] = {"id": dataset.id, "held_out_percent": 0}
    plan = look(page, form, base, read_own({}), limits(form))[2]
    assert plan["problem"]["title"] == page.t("errors.search.nothing_held_out.title")
    base["values"]["data"]["id"] = "gone"
    plan = look(page, form, base, read_own({}), limits(form))[2]
    assert plan["problem"]["title"] == page.t("errors.data.unknown.title")


def test_mistakes_of_the_train_tab_are_told_here_too(page: Page, form: Form) -> None:
    problem = {"title": "A", "text": "B"}
    told, knobs, plan, *_ = look(page, form, {"problem": problem}, read_own({}), limits(form))
    assert (told, knobs, plan["problem"]) == ({}, {}, problem)
    assert look(page, form, None, read_own({}), limits(form))[:3] == [{}, {}, {}]


def test_the_card_says_how_long_enough_tries_take() -> None:
    assert enough_minutes(4, 120.0) == 6
    assert enough_minutes(3, 700.0) == 50
    assert enough_minutes(ENOUGH_TRIES, 60.0) is None
    assert enough_minutes(0, 0.0) is None
