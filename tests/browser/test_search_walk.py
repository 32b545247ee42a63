"""Walk through a search: choose two settings, watch the board grow, stop one try, use the best, compare."""

import re

import pytest
from playwright.sync_api import Page, expect

from studio.services.workspace import Workspace
from tests.browser.pages import Open, overflow, shoot

SEARCH_MS = 300_000

pytestmark = pytest.mark.usefixtures("patience")


def make_short(page: Page) -> None:
    """Have the Train tab hold a training of a few seconds: the search begins with what stands there."""
    # Once the examples are counted nothing is worked out anew below one's hands.
    page.locator("#plan .plan-rows").wait_for()
    expect(page.locator("#plan .plan-note")).to_have_count(0)
    page.locator("#advanced .label-wrap").click()
    told = page.locator("#settings .settings-told")
    page.locator("#field-training-max_steps input").fill("24")
    expect(told).to_contain_text("1 differs")
    page.locator("#field-training-eval_every_steps input").fill("12")
    page.keyboard.press("Tab")
    expect(told).to_contain_text("2 differ")


def choose(page: Page) -> None:
    """Vary the learning rate and the rank, within limits of one's own, for three tries."""
    page.locator("[role=tab][data-tab-id=search]").click()
    rate = page.locator(".knob[data-setting='training.learning_rate']")
    expect(rate.locator(".knob-name input")).to_be_checked()
    rate.locator("input[data-key$=-low]").fill("nonsense")
    page.keyboard.press("Tab")
    expect(rate.locator(".knob-problem")).to_contain_text("Enter a number.")
    rate.locator("input[data-key$=-low]").fill("0.001")
    rank = page.locator(".knob[data-setting='method.rank']")
    rank.locator("input[data-key$=-listed]").fill("4, 8")
    page.keyboard.press("Tab")
    expect(page.locator(".knob-problem")).to_have_count(0)
    page.locator("#field-search-tries :is(input, textarea)").fill("3")
    page.locator("#field-search-minutes :is(input, textarea)").fill("3")
    expect(page.locator("#search-plan .budget")).to_contain_text("About 3 tries in")


def ask_for_a_copy(page: Page) -> None:
    """Ask for the first try with a change, at first with one that cannot be; then take it back."""
    page.locator("#board [data-key=clone-1]").click()
    rank = page.locator("#board [data-key='clone-1-method.rank']")
    rank.fill("many")
    page.locator("#board [data-key=clone-yes]").click()
    expect(page.locator("#said .is-problem")).to_be_visible()
    # What was typed is still there to be mended.
    expect(rank).to_have_value("many")
    rank.fill("6")
    page.locator("#board [data-key=clone-yes]").click()
    expect(page.locator("#board .try", has_text="#1 with a change")).to_have_count(1)
    expect(rank).to_have_count(0)
    shoot(page, "waiting")
    # Where the first try was quicker than all of this, the copy has begun by now.
    page.evaluate("document.querySelector('#board .try[data-state=waiting] button')?.click()")
    expect(page.locator("#board .try[data-state=waiting]")).to_have_count(0)


def test_a_search_finds_settings_and_its_best_try_is_compared(
    open_page: Open, services: Workspace
) -> None:
    page = open_page("en", "train")
    make_short(page)
    choose(page)
    shoot(page, "chosen")
    page.locator("#search-start").click()
    stop = page.locator("#board [data-key^=stop-]")
    stop.wait_for(timeout=SEARCH_MS)
    ask_for_a_copy(page)
    stop.click(timeout=SEARCH_MS)
    expect(page.locator("#board .try[data-state=stopped]")).to_have_count(1, timeout=SEARCH_MS)
    status = page.locator("#search-status .status")
    expect(status).to_have_attribute("data-state", "done", timeout=SEARCH_MS)
    expect(page.locator("#board .try")).to_have_count(3)
    expect(page.locator("#board .try").first).to_contain_text("best")
    expect(page.locator("#search-curves .try-curve.best")).to_have_count(1)
    expect(page.locator("#search-weights .board-said").first).to_be_visible()
    shoot(page, "board")

    page.locator("#search-acts [data-key=use]").click()
    page.locator("#prompt-chips button").first.click()
    feet = page.locator("#conversation .foot")
    for column in range(2):
        expect(feet.nth(column)).to_contain_text("first word after", timeout=SEARCH_MS)

    # On a phone, in the other language, from the list of runs.
    job = services.jobs.list("search")[0]
    phone = open_page("zh-CN", "runs", on_phone=True)
    phone.locator(f"#run-list [data-key=run-{job.id}]").click()
    expect(phone.locator("#search-status .state-word")).to_have_text("已完成")
    expect(phone.locator("#search-weights .board-said").first).to_have_text(re.compile("[一-鿿]"))
    shoot(phone, "phone")
    assert overflow(phone) == 0
