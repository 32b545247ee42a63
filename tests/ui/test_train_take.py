"""What is chosen on the Data tab is what the Train tab trains, and nothing else of its form is lost."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from studio.services.workspace import Workspace
from studio.ui.drafts import Draft, new_draft
from studio.ui.forms import Form
from studio.ui.page import Page
from studio.ui.tabs import data
from studio.ui.tabs.data_limits import Limits, wanted
from studio.ui.tabs.train_form import (
    CHOSEN_PATHS,
    build_advanced,
    build_basic,
    build_choice,
    make_form,
)
from studio.ui.tabs.train_take import take
from tests.ui.conftest import QuietWorkspace, make_page
from tests.ui.data_steps import brought

SHORT = "question,answer\n" + "".join(f"Question {i}?,Answer {i}.\n" for i in range(12))


@pytest.fixture
def page(workspace: Workspace) -> Page:
    """Give a page whose models are real and whose runner is not."""
    parts = {name: getattr(workspace, name) for name in Workspace.__dataclass_fields__}
    return make_page(QuietWorkspace(**parts))


@pytest.fixture
def form(page: Page) -> Form:
    with gr.Blocks():
        chosen = {path: build_choice(page.t, path) for path in CHOSEN_PATHS}
        return make_form(chosen | build_basic(page.t) | build_advanced(page.t)[0])


def taken(page: Page, form: Form, asked: dict[str, Any], draft: Draft, **own: Any) -> Draft:
    """Take over what is asked in a form that is as `draft`, but for what somebody has changed in it."""
    values = {path: value_of(draft, path) for path in form.controls} | own
    return take(page, form, asked, draft, None, [*values.values()])[2]


def value_of(draft: Draft, path: str) -> Any:
    section, name = path.split(".")
    return draft["values"][section].get(name)


def test_another_data_set_is_shown_and_trained_at_the_length_that_suits_it(
    page: Page, form: Form, tmp_path: Path
) -> None:
    dataset_id, draft = brought(page, tmp_path, "short.csv", SHORT), new_draft(page, "quickstart")
    limits = Limits.from_json(data.show_limits(page, dataset_id, None, draft)[0])
    after = taken(page, form, wanted(dataset_id, limits, None), draft)
    assert limits.tokens < draft["values"]["training"]["max_length_tokens"]
    assert after["values"]["data"]["id"] == dataset_id
    assert after["values"]["training"]["max_length_tokens"] == limits.tokens


def test_a_chosen_length_goes_into_the_recipe_beside_what_was_changed_in_the_form(
    page: Page, form: Form
) -> None:
    draft = new_draft(page, "quickstart")
    limits = Limits("quickstart", "starter", 96, "split", 8, is_chosen=True)
    asked = wanted("quickstart", limits, {"house-style": 20.0})
    after = taken(page, form, asked, draft, **{"training.epochs": 77.0})["values"]
    assert limits.lengths().items() <= after["training"].items()
    assert after["training"]["epochs"] == 77
    assert after["data"]["mix"] == {"house-style": 20.0}


def test_a_length_chosen_for_other_data_is_forgotten(page: Page, form: Form) -> None:
    draft = new_draft(page, "quickstart")
    usual = new_draft(page, "ticket-routing")["values"]["training"]["max_length_tokens"]
    asked = wanted("ticket-routing", Limits(model="starter"), None)
    after = taken(page, form, asked, draft, **{"training.max_length_tokens": 31})
    assert after["values"]["training"]["max_length_tokens"] == usual != 31


def test_the_model_that_is_looked_through_is_checked_and_trained(page: Page, form: Form) -> None:
    draft = new_draft(page, "quickstart")
    values = [value_of(draft, path) for path in form.controls]
    asked = wanted("quickstart", Limits(model="nobody/knows"), None)
    check, card, after = take(page, form, asked, draft, None, values)
    assert (check.id, after["values"]["model"]["id"]) == ("nobody/knows", "nobody/knows")
    assert card["problems"]


def test_a_draft_that_is_made_elsewhere_is_what_the_data_tab_shows(page: Page) -> None:
    draft = new_draft(page, "quickstart")
    shown = data.show_limits(page, "quickstart", Limits(tokens=31).to_json(), draft)
    assert shown[2] == draft["values"]["training"]["max_length_tokens"]
