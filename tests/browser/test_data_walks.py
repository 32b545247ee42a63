"""Walks through the Data tab with real files, jobs and tokens."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from studio.services.workspace import Workspace
from tests.browser.pages import Open, overflow, shoot

NASTY = "<img src=x onerror=alert(1)> ${alert(1)} {{7*7}}"
INNER = ("examples", "columns", "lengths", "health", "topics", "held-out", "mix")
MANY_ROWS = 8_000
# An import of so many rows takes seconds, so that there is something to cancel.
ROWS_TO_CANCEL = 500_000

pytestmark = pytest.mark.usefixtures("patience")


def bring(page: Page, file: Path, text: str) -> None:
    """Upload a file and wait until `text` is told of it."""
    page.locator("#upload input[type=file]").set_input_files(file)
    expect(page.locator("#dataset-summary")).to_contain_text(text)


def open_inner(page: Page, name: str) -> None:
    tab = page.locator(f"#data-inner [role=tab][data-tab-id={name}]")
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def role(page: Page, column: int) -> Locator:
    return page.locator("#columns .role-select").nth(column)


def test_strange_columns_are_named_mended_counted_and_trained(
    open_page: Open, tmp_path: Path
) -> None:
    rows = [f"What is {i} and {i * 7}?,It is {i}. {NASTY},x{i}" for i in range(40)]
    file = tmp_path / "strange.csv"
    file.write_text("\n".join(["alpha,beta,gamma", *rows, *rows[:3]]), encoding="utf-8")
    page = open_page()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    page.locator("#upload input[type=file]").set_input_files(file)
    expect(page.locator("#columns-told")).to_contain_text("Which column holds what?")
    # At one stroke, quicker than any answer comes.
    page.evaluate(
        """() => [[0, 'question'], [1, 'input'], [2, 'answer'], [1, 'ignore']].forEach(([at, role]) => {
          const choice = document.querySelectorAll('#columns .role-select')[at];
          choice.value = role;
          choice.dispatchEvent(new Event('change'));
        })"""
    )
    expect(role(page, 0)).to_have_value("question")
    expect(role(page, 2)).to_have_value("answer")
    expect(page.locator("#columns-example .bubble.assistant")).to_contain_text("x0")
    # Taken back before the choice was answered.
    role(page, 1).select_option("answer")
    expect(role(page, 2)).to_have_value("ignore")
    page.locator("#columns [data-key=undo]").click()
    expect(role(page, 2)).to_have_value("answer")
    expect(page.locator("#columns-example .bubble.assistant")).to_contain_text("x0")
    role(page, 1).select_option("answer")
    expect(page.locator("#columns-example .bubble.assistant")).to_contain_text(NASTY)
    page.locator("#columns [data-key=use]").click()
    expect(page.locator("#dataset-summary")).to_contain_text("strange.csv: 43 examples")

    open_inner(page, "health")
    finding = page.locator("#health .finding[data-code=duplicate]")
    expect(finding).to_contain_text("3 examples")
    finding.get_by_role("button", name="Leave them out").click()
    expect(page.locator("#steps li")).to_have_count(2)
    expect(page.locator("#dataset-summary")).to_contain_text("40")
    open_inner(page, "examples")
    page.locator("#rows tbody tr").nth(2).click()
    expect(page.locator("#tokens .tokens .token.end").last).to_be_visible()
    expect(page.locator("#tokens .tokens .token.learned").first).to_contain_text(NASTY)
    page.locator("#use-data").click()
    expect(page.locator("#field-data-id input")).to_have_value("strange.csv")
    page.locator("#field-training-epochs input").fill("500")
    page.locator("#start").click()
    expect(page.locator("#status .run-name")).to_contain_text("strange")
    page.locator("#acts [data-key=keep]").click()
    expect(page.locator("#status .state-word")).to_have_text("Stopped", timeout=300_000)
    assert page.locator("#example img, #columns-example img, #health img, #tokens img").count() == 0


def test_a_bubble_is_corrected_in_place_and_the_step_undone(
    open_page: Open, tmp_path: Path
) -> None:
    file = tmp_path / "tea.jsonl"
    lines = [{"question": f"Is there tea {i}?", "answer": f"Yes {i}. {NASTY}"} for i in range(12)]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    page = open_page()
    bring(page, file, "tea.jsonl: 12 examples")
    answer = page.locator("#example .bubble.assistant")
    expect(answer).to_contain_text(NASTY)
    answer.locator(".pencil").click()
    answer.locator("textarea").fill("  ")
    answer.locator("textarea").press("Control+Enter")
    expect(answer).to_contain_text("the answer is empty")
    answer.locator("textarea").press("Control+Enter")
    expect(answer).to_contain_text("the answer is empty")
    answer.locator("textarea").fill("Green tea, always.")
    answer.locator("textarea").press("Control+Enter")
    expect(answer.locator(".said")).to_have_text("Green tea, always.")
    expect(page.locator("#tokens .tokens .token.learned").first).to_contain_text("Green tea")
    page.locator("#example").get_by_role("button", name="Duplicate").click()
    expect(page.locator("#rows .pager")).to_contain_text("of 13")
    page.locator("#example [data-key=act-add]").click()
    added = page.locator("#example .adding")
    added.locator("textarea").last.fill("It is closed.")
    added.get_by_role("button", name="Save").click()
    expect(added).to_contain_text("the question is empty")
    expect(added.locator("textarea").last).to_have_value("It is closed.")
    added.locator("textarea").first.fill("And on Sundays?")
    added.get_by_role("button", name="Save").click()
    expect(page.locator("#rows .pager")).to_contain_text("of 14")
    open_inner(page, "health")
    for steps in (3, 2, 1):
        page.locator("#steps").get_by_role("button", name="Undo").click()
        expect(page.locator("#steps li")).to_have_count(steps)
    open_inner(page, "examples")
    expect(page.locator("#example .bubble.assistant .said")).to_contain_text("Yes 0.")
    assert page.locator("#example img, #rows img").count() == 0


def test_chinese_data_fits_a_phone_in_chinese(open_page: Open, tmp_path: Path) -> None:
    page = open_page("zh-CN", "data", on_phone=True)
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    rows = "\n".join(
        f"第 {i} 号订单什么时候到？,您的第 {i} 号订单明天到，请放心。" for i in range(60)
    )
    page.locator("#bring-tabs [role=tab][data-tab-id=paste]").click()
    page.locator("#paste textarea").fill(f"问题,回答\n{rows}")
    page.locator("#paste-read").click()
    expect(page.locator("#dataset-summary, #columns-told").first).to_be_visible()
    if page.locator("#columns [data-key=use]").is_visible():
        role(page, 0).select_option("question")
        role(page, 1).select_option("answer")
        page.locator("#columns [data-key=use]").click()
    expect(page.locator("#dataset-summary")).to_contain_text("粘贴的文字: 60 个示例")
    for name in INNER:
        open_inner(page, name)
        page.wait_for_timeout(300)
        shoot(page, f"phone-zh-{name}")
        assert overflow(page) <= 0, name
    open_inner(page, "lengths")
    expect(page.locator("#lengths .length-told")).to_contain_text("60 个示例")
    slider = page.locator("#lengths .length-slider")
    slider.focus()
    slider.press("Home")
    expect(page.locator("#lengths .length-told")).to_contain_text("60 个会被截断")


def test_quick_clicks_in_the_table_all_count(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    # At one stroke, quicker than any answer comes: a row, a part, the next page, and a row again.
    page.evaluate("""() => {
        const rows = document.querySelector("#rows");
        const on = () => rows.querySelector(".pager button:last-of-type").click();
        rows.querySelectorAll("tbody tr")[4].click();
        rows.querySelector(".tool-part").value = "train";
        rows.querySelector(".tool-part").dispatchEvent(new Event("change"));
        on();
        rows.querySelectorAll("tbody tr")[2].click();
    }""")
    expect(page.locator("#rows .page-number")).to_have_value("2")
    expect(page.locator("#rows .tool-part")).to_have_value("train")
    page.wait_for_timeout(1500)
    expect(page.locator("#rows .page-number")).to_have_value("2")


def test_an_import_can_be_cancelled_and_leaves_nothing(open_page: Open, tmp_path: Path) -> None:
    file = tmp_path / "large.jsonl"
    line = '{"question": "Number %d?", "answer": "It is %d."}\n'
    with file.open("w", encoding="utf-8") as writer:
        writer.writelines(line % (i, i) for i in range(ROWS_TO_CANCEL))
    page = open_page()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    page.locator("#upload input[type=file]").set_input_files(file)
    work = page.locator("#work .work").filter(has_text="large.jsonl")
    expect(work).to_be_visible()
    page.locator("#rows tbody tr").nth(1).click()
    expect(page.locator("#rows tbody tr").nth(1)).to_have_attribute("aria-selected", "true")
    work.get_by_role("button", name="Cancel").click()
    expect(page.locator("#work .work")).to_have_count(0)
    expect(page.locator("#dataset-cards .pick").filter(has_text="large.jsonl")).to_have_count(0)


def test_any_page_of_a_big_set_is_there_at_once_and_can_be_searched(
    open_page: Open, services: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "big.csv"
    rows = (f"Question {i}?,Answer {i}." for i in range(MANY_ROWS))
    file.write_text("question,answer\n" + "\n".join(rows), encoding="utf-8")
    services.datasets.add_file(file, "big.csv")
    page = open_page()
    page.locator("#dataset-cards .pick").filter(has_text="big.csv").click()
    expect(page.locator("#rows .pager")).to_contain_text("of 8,000")
    page.locator("#rows .page-number").fill("701")
    page.locator("#rows .page-number").press("Enter")
    expect(page.locator("#rows .pager")).to_contain_text("7,001–7,010")
    page.locator("#rows .tool-search").fill("Question 7876?")
    expect(page.locator("#rows .pager")).to_contain_text(re.compile("1–1 of 1"))
    expect(page.locator("#example .bubble.assistant")).to_contain_text("Answer 7876.")
    page.locator("#rows .tool-search").fill("nowhere to be found")
    expect(page.locator("#rows")).to_contain_text("No example fits")
