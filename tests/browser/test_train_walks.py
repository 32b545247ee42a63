"""A walk through the Train tab: pick a goal, see the plan move, find settings and models, start, stop."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

TRAINING_MS = 600_000

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def patience() -> None:
    """Other tests may be at work on the same two cores."""
    expect.set_options(timeout=60_000)


def test_a_goal_is_picked_the_plan_moves_and_a_training_starts_and_stops(
    open_page: Open, tmp_path: Path
) -> None:
    page = open_page("en", "train")
    learning = page.locator("#plan .plan-rows dd").nth(2)
    goal = page.locator("#goals .pick", has_text="Follow a format")
    expect(page.locator("#goals .goal-note")).to_contain_text("settings of its own")
    goal.click()
    expect(goal).to_have_attribute("aria-checked", "true")
    expect(page.locator("#goals .goal-note")).to_have_count(0)
    page.locator("#reasons summary").click()
    expect(page.locator("#reasons dt", has_text="Rank")).to_be_visible()

    before = learning.text_content() or ""
    page.locator("#field-training-epochs input").fill("300")
    expect(learning).not_to_have_text(before)
    expect(page.locator("#settings")).to_contain_text("1 differs from the recommended ones")
    page.locator("#settings button", has_text="Show").click()
    expect(page.locator("#settings li")).to_contain_text("Rounds (epochs): recommended is")
    page.screenshot(path=tmp_path / "plan.png", full_page=True)

    page.locator("#start").click()
    status = page.locator("#status .status")
    expect(page.locator("#status .tile").first).to_be_visible(timeout=TRAINING_MS)
    expect(page.locator("#chart .curve-figures dt").first).to_contain_text("Perplexity")
    first = page.locator("#answers .strip-item").first
    expect(first.locator(".strip-row").first).to_contain_text("Before")
    expect(first.locator(".reference")).to_contain_text("The example says")
    page.screenshot(path=tmp_path / "running.png", full_page=True)
    page.locator("#acts [data-key=keep]").click()
    expect(status).to_have_attribute("data-state", re.compile("cancelled"), timeout=TRAINING_MS)


def test_what_differs_can_be_reset_and_settings_can_be_found(open_page: Open) -> None:
    page = open_page("en", "train")
    page.locator("#goals .pick").first.click()
    page.locator("#advanced .label-wrap").click()
    rank = page.locator("#field-method-rank input")
    usual = rank.input_value()
    rank.fill("3")
    expect(page.locator("#settings")).to_contain_text("1 differs")
    page.locator("#settings button", has_text="Reset").click()
    expect(rank).to_have_value(usual)
    expect(page.locator("#settings .settings-told")).to_be_hidden()

    page.locator("#settings input").fill("seed")
    expect(page.locator("#field-training-seed")).to_be_visible()
    expect(rank).to_be_hidden()
    page.locator("#settings input").fill("no such thing")
    expect(page.locator("#settings")).to_contain_text("No setting is called so.")


def test_what_does_not_fit_is_made_to_fit(open_page: Open) -> None:
    page = open_page("en", "train")
    page.locator("#goals .pick").nth(1).click()
    page.locator("#advanced .label-wrap").click()
    page.locator("#field-training-batch_rows input").fill("1024")
    page.locator("#field-training-max_length_tokens input").fill("131072")
    page.locator("#more-models .label-wrap").click()
    filters = page.locator("#models input")
    filters.fill("14B")
    expect(page.locator("#models .model-item").first).to_contain_text("14B")
    page.locator("#models .model-pick").first.click()
    expect(page.locator("#model-check .notice")).to_be_visible()
    expect(page.locator("#plan .plan-verdict")).to_have_class(re.compile("not"))
    expect(page.locator("#plan .plan-rows")).to_contain_text("14B")
    page.locator("#plan button", has_text="Make it fit").click()
    told = page.locator("#plan .plan-told").or_(page.locator("#said .is-problem"))
    expect(told.first).to_be_visible()
