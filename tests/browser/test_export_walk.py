"""From a finished training to a file that llama.cpp opens: it answers what the Playground answers."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from studio.worker.llama_cpp import Chat, second_look
from tests.browser.pages import Open, shoot
from tests.browser.test_walks import ANSWER_MS

pytest.importorskip("xllamacpp")
QUESTION = "What is a fox?"


def test_a_gguf_from_the_export_tab_answers_like_the_playground(
    open_page: Open, finished_run: int, tmp_path: Path
) -> None:
    page = open_page("en", "export")
    form = page.locator("#exports [data-target=gguf-q4_k_m]")
    form.locator("button").first.click()
    page.locator("#export-compare").click()
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#question textarea").press("Enter")
    feet = page.locator("#conversation .foot")
    for column in range(2):
        expect(feet.nth(column)).to_contain_text("first word after", timeout=ANSWER_MS)
    tuned = page.locator("#conversation .answer .said").last.inner_text().strip()
    page.locator("[role=tab][data-tab-id=export]").click()
    expect(form.locator(".export-verdict")).to_contain_text("compared", timeout=ANSWER_MS)
    with page.expect_download() as download:
        form.locator("a").click()
    with zipfile.ZipFile(download.value.path()) as content:
        (name,) = [one for one in content.namelist() if one.endswith(".gguf")]
        content.extract(name, tmp_path)
    look = second_look(
        tmp_path / name, [Chat([{"role": "user", "content": QUESTION}], 0, tuned)], 256, 2
    )
    assert look is not None
    assert look.equal_answers == 1, tuned
    form.locator("button").click()
    expect(page.locator("#push-name input, #push-name textarea").first).to_be_visible()
    expect(page.locator("#push-what")).to_contain_text("Apache 2.0")
    shoot(page, "push")
