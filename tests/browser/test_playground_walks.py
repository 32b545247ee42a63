"""Walks through the Playground with the real models: judged blind, helped by documents, asked from elsewhere."""

import re
from pathlib import Path
from typing import Any

import openai
import pytest
from playwright.sync_api import Page, expect

from studio.services.workspace import Workspace
from tests.browser.pages import Open

ANSWER_MS = 300_000
NASTY = "<img src=x onerror=alert(1)> ${alert(1)} {{7*7}} <script>alert(3)</script>"
# What the browser keeps of the dialogue.
KEPT = "localStorage.getItem('tuning-studio.dialogue')"
pytestmark = pytest.mark.usefixtures("patience")


@pytest.fixture
def playground(open_page: Open, finished_run: int) -> Page:
    """Give the Playground as a visitor finds it after a training."""
    page = open_page("en", "playground")
    expect(page.locator("#lineup .column-chip")).to_have_count(2)
    assert finished_run
    return page


def ask(page: Page, question: str) -> None:
    """Ask, and wait until all columns have answered and the browser keeps it."""
    before = page.evaluate(KEPT)
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    turn = page.locator("#newest-turn .turn").filter(has_text=question)
    expect(turn.locator(".answer.waiting, .answer.growing")).to_have_count(0, timeout=ANSWER_MS)
    expect(page.locator("#send")).to_be_visible()
    page.wait_for_function(f"before => {KEPT} !== before", arg=before)


def unfold(page: Page, box: str) -> None:
    page.locator(f"#{box} .label-wrap").click()


def test_a_blind_vote_names_the_columns_moves_the_score_and_becomes_data(
    playground: Page, services: Workspace
) -> None:
    page = playground
    page.locator("#blind input").check()
    ask(page, "Which animals do you like, and why?")
    turn = page.locator("#newest-turn")
    expect(turn.locator(".answer.blind .who")).to_have_text(["Answer A", "Answer B"])
    assert "starter" not in (turn.text_content() or "")
    page.reload()
    expect(turn.locator(".answer.blind .who")).to_have_text(["Answer A", "Answer B"])

    unfold(page, "judging-box")
    expect(page.locator("#judging .score-pair")).to_contain_text("No votes yet")
    turn.locator("[data-key^=vote]").first.click()
    expect(turn.locator(".answer.tuned")).to_have_count(1)
    expect(turn.locator(".answer.base .who")).to_contain_text("starter")
    expect(page.locator("#judging .score-pair")).to_contain_text("1 vote: ")
    page.locator("#judging [data-key=score-learn]").click()
    expect(page.locator("[role=tab][data-tab-id=data]")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("Which animals do you like")
    expect(page.locator("#example")).to_contain_text("Worse answer")
    assert len(services.judgements.preferences()) == 1


def test_a_dropped_document_is_given_to_a_column_shown_as_text_and_corrected(
    playground: Page, tmp_path: Path
) -> None:
    page = playground
    file = tmp_path / "hours.html"
    file.write_text(
        "<h1>Hours</h1><p>The shop opens at half past seven. &lt;b&gt;bold&lt;/b&gt; ${alert(1)}</p>"
        "<script>alert(4)</script>",
        encoding="utf-8",
    )
    unfold(page, "documents-box")
    page.locator("#documents-upload input[type=file]").set_input_files(file)
    expect(page.locator("#documents .document-name")).to_have_text("hours.html")
    page.locator("[data-key=join-documents]").click()
    expect(page.locator("#lineup .column-chip")).to_have_count(3)

    ask(page, "When does the shop open?")
    answer = page.locator("#newest-turn .answer").last
    answer.locator("summary").click()
    given = answer.locator(".given-items")
    expect(given).to_contain_text("opens at half past seven. <b>bold</b> ${alert(1)}")
    expect(given).to_contain_text("hours.html")
    assert "alert(4)" not in (given.text_content() or "")
    assert page.locator("#conversation :is(b, img, script)").count() == 0

    answer.locator("[data-key^=wrong]").click()
    answer.locator("textarea").fill(NASTY)
    answer.locator(".act-row .primary").click()
    expect(page.locator("#said")).to_contain_text("corrections")
    unfold(page, "judging-box")
    page.locator("#judging [data-key=score-corrections]").click()
    expect(page.locator("#example .bubble.user")).to_have_text(
        re.compile("When does the shop open")
    )
    expect(page.locator("#example .bubble.assistant")).to_contain_text(NASTY)
    assert page.locator("#example img").count() == 0


def test_another_program_asks_with_the_key_that_the_page_made(playground: Page) -> None:
    page = playground
    unfold(page, "elsewhere-box")
    page.locator("[data-key=elsewhere-make]").click()
    key, code = page.locator("#elsewhere .code").all_inner_texts()
    found: Any = re.search(r'base_url="([^"]+)".*model="([^"]+)"', code, re.DOTALL)
    asked: Any = {"model": found[2], "messages": [{"role": "user", "content": "What is a fox?"}]}
    with openai.OpenAI(base_url=found[1], api_key=key, max_retries=0) as client:
        assert found[2] in [model.id for model in client.models.list()]
        whole = client.chat.completions.create(**asked, max_tokens=12)
        pieces = [*client.chat.completions.create(**asked, max_tokens=12, stream=True)]
        said = whole.choices[0].message.content
        assert said
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == said
        page.locator("[data-key=elsewhere-remove]").click()
        page.locator("#elsewhere .danger").click()
        expect(page.locator("[data-key=elsewhere-make]")).to_be_visible()
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(**asked, max_tokens=1)
