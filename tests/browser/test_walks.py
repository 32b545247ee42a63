"""Walks through the real page with the real models, as a visitor takes them."""

import re
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from studio.services.workspace import Workspace
from tests.browser.pages import Open, overflow, shoot

TRAINING_MS = 600_000
ANSWER_MS = 300_000
# In a second; a screen shows sixty.
FRAMES_AT_REST = 20
TABS = ("data", "train", "search", "playground", "export", "runs")

pytestmark = pytest.mark.usefixtures("patience")


def go_to(page: Page, tab: str) -> None:
    page.locator(f"[role=tab][data-tab-id={tab}]").click()
    expect(page.locator(f"[role=tab][data-tab-id={tab}]")).to_have_attribute(
        "aria-selected", "true"
    )


def steps_on_chart(page: Page) -> int:
    """Give how many points the curve has: one move and then a line to each."""
    drawn = page.locator("#chart path.line.raw").get_attribute("d") or ""
    return drawn.count("L") + drawn.count("M")


def stay_away_until_done(page: Page, services: Workspace) -> None:
    """Leave and come back; nothing is drawn meanwhile, which would take time from the training."""
    page.goto("about:blank")
    end = time.monotonic() + TRAINING_MS / 1000
    while not services.jobs.list("train")[0].is_final:
        assert time.monotonic() < end
        time.sleep(0.5)
    page.go_back()


def test_the_first_visit_leads_from_the_tour_to_a_download(
    untouched: tuple[str, Workspace], open_page: Open
) -> None:
    address, services = untouched
    page = open_page(at=address)
    expect(page.locator("#tour")).to_contain_text("two minutes")
    expect(page.locator("#tokens .tokens .token.learned").first).to_be_visible()
    shoot(page, "first-visit")
    page.locator("#tour .act").click()

    expect(page.locator("#status .status")).to_have_attribute("data-state", "running")
    expect(page.locator("#status .tile").first).to_be_visible(timeout=TRAINING_MS)
    page.wait_for_function("document.querySelector('#status .figure').textContent.trim()[0] > '3'")

    page.reload()
    expect(page.locator("#status .tile").first).to_be_visible()
    step = int((page.locator("#status .figure").first.text_content() or "0").split("/")[0])
    assert steps_on_chart(page) >= step - 1
    second = open_page("zh-CN", "train", at=address)
    # A quick machine may have finished by now; what counts is that it is there, in the other language.
    expect(second.locator("#status .state-word")).to_have_text(re.compile("训练中|已完成"))
    shoot(second, "second-window")
    second.close()
    stay_away_until_done(page, services)
    expect(page.locator("#status .status")).to_have_attribute("data-state", "done")
    total = services.runs.snapshot(services.jobs.list("train")[0].id).total_steps
    expect(page.locator("#status .figure").first).to_have_text(f"{total} / {total}")
    see_end(page, total or 0)
    shoot(page, "trained")

    page.locator("#tour .act").click()
    page.locator("#prompt-chips button").first.click()
    feet = page.locator("#conversation .foot")
    for column in range(2):
        expect(feet.nth(column)).to_contain_text("first word after", timeout=ANSWER_MS)
    base, tuned = page.locator("#conversation .answer .said").all_inner_texts()
    assert base != tuned != ""
    shoot(page, "compared")

    page.locator("#tour .act").click()
    with page.expect_download() as download:
        page.locator("#exports [data-target=adapter] a").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        wanted = {"adapter/adapter_model.safetensors", "recipe.yaml", "README.md", "chat.py"}
        assert wanted <= set(archive.namelist())
    expect(page.locator("#tour")).to_contain_text("That was the whole path")
    page.locator("#tour .act").click()
    expect(page.locator("#tour .tour")).to_have_count(0)
    expect(page.locator("[role=tab][data-tab-id=data]")).to_have_attribute("aria-selected", "true")


def test_an_own_file_is_shown_trained_and_stopped(open_page: Open, tmp_path: Path) -> None:
    nasty = "<img src=x onerror=alert(1)> ${alert(1)} {{7*7}}"
    rows = [f'"Question {i} {nasty}?","Answer {i} {nasty}."' for i in range(24)]
    file = tmp_path / "my shop.csv"
    file.write_text("question,answer\n" + "\n".join([*rows, "No answer,"]), encoding="utf-8")
    page = open_page()
    page.locator("#upload input[type=file]").set_input_files(file)
    expect(page.locator("#dataset-summary")).to_contain_text("24 of 25 examples used; 1 skipped.")
    expect(page.locator("#dataset-summary")).to_contain_text("Line 26: the answer is empty.")
    expect(page.locator("#example .bubble.assistant")).to_contain_text(nasty)
    page.locator("#rows tbody tr").nth(3).click()
    expect(page.locator("#rows tbody tr").nth(3)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#tokens .tokens .token.learned").first).to_contain_text(nasty)
    page.locator("#rows .icon-button").last.click()
    expect(page.locator("#rows .pager")).to_contain_text("11–")
    shoot(page, "own-data")

    page.locator("#use-data").click()
    expect(page.locator("#field-data-id input")).to_have_value("my shop.csv")
    page.locator("#field-training-epochs input").fill("-1")
    page.locator("#start").click()
    expect(page.locator("#field-training-epochs")).to_contain_text("Must be more than 0.")
    page.locator("#field-training-epochs input").fill("500")
    page.locator("#advanced .label-wrap").click()
    page.locator("#field-method-rank input").fill("4")
    page.locator("#field-method-rank input").press("Tab")
    expect(page.locator("#settings")).to_contain_text("2 differ")
    page.locator("#start").dblclick()
    expect(page.locator("#status .run-name")).to_contain_text("my shop")
    expect(page.locator("#status .tile").first).to_be_visible(timeout=TRAINING_MS)
    page.locator("#acts [data-key=keep]").click()
    expect(page.locator("#status .state-word")).to_have_text("Stopped", timeout=TRAINING_MS)
    shoot(page, "stopped")

    go_to(page, "runs")
    expect(page.locator("#run-list .run-card").filter(has_text="my shop")).to_have_count(1)
    page.locator("#run-list .run-card").first.click()
    expect(page.locator("#run-settings")).to_contain_text("Learning rate")
    expect(page.locator("#run-answers .strip-row").first).to_contain_text("Before")
    assert (
        page.locator("#run-answers img, #run-settings img, #example img, #tokens img").count() == 0
    )


def see_end(page: Page, total: int) -> None:
    """Find the whole curve, what the trained model says beside what it said before, and that it ends by itself."""
    assert steps_on_chart(page) == total
    newest = page.locator("#answers .strip-item .newest").first
    expect(newest.locator("dt")).to_contain_text(f"{total} · kept")
    # The fact; on a busy machine the greeting after it is cut off, since looks may cost a twentieth of the time only.
    expect(newest.locator("dd")).to_contain_text("10 to 6")
    expect(page.locator("#answers .strip-ending")).to_contain_text("on 5 of 5 learned examples")


def test_a_bad_file_is_told_in_a_sentence_and_the_page_lives(
    open_page: Open, tmp_path: Path
) -> None:
    bad = {
        "empty.csv": (b"", "The file is empty"),
        "header.csv": (b"question,answer\n", "Only a header"),
        "page.csv": (b"<!doctype html><html><body>Sign in</body></html>", "This is a web page"),
        "packed.csv": (b"PK\x03\x04" + bytes(64), "This is a packed file"),
    }
    page = open_page()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    picks = page.locator("#dataset-cards .pick")
    known = picks.count()
    for turn, (name, (content, title)) in enumerate(bad.items()):
        file = tmp_path / name
        file.write_bytes(content)
        page.locator("#upload input[type=file]").set_input_files(file)
        expect(page.locator("#upload-problem .notice.error")).to_contain_text(title)
        other = picks.nth(turn % 2)
        other.click()
        expect(other).to_have_attribute("aria-checked", "true")
        expect(page.locator("#upload-problem .notice")).to_have_count(0)
        assert picks.count() == known


def test_what_goes_wrong_is_told_as_text(open_page: Open) -> None:
    page = open_page("en", "data")
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    # As `page.error_markup` writes it, and a value that forgot to be escaped.
    told = {"error": "<b>Not now</b>It is &lt;busy&gt;.<img src=x onerror=alert(1)> Wait."}
    page.route("**/gradio_api/run/**", lambda route: route.fulfill(status=500, json=told))
    page.locator("#dataset-cards .pick").nth(1).click()
    problem = page.locator("#said .is-problem")
    expect(problem.locator("strong")).to_have_text("Not now")
    expect(problem).to_contain_text("It is <busy>. Wait.")
    expect(problem.locator("img")).to_have_count(0)


def test_the_language_link_keeps_the_tab_and_speaks_chinese(
    open_page: Open, finished_run: int
) -> None:
    page = open_page("en", "runs")
    expect(page.locator("[role=tab][data-tab-id=runs]")).to_have_attribute("aria-selected", "true")
    page.locator("#header a.chip").click()
    page.wait_for_url("**/zh-CN/#runs")
    expect(page.locator("[role=tab][data-tab-id=runs]")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#run-list .run-card").first).to_be_visible()
    for tab in TABS:
        go_to(page, tab)
        shoot(page, f"zh-{tab}")
    visible = page.locator(".gradio-container").inner_text()
    assert "Download" not in visible
    assert f"#{finished_run} " in visible


def test_a_phone_shows_every_tab_without_scrolling_sideways(
    open_page: Open, finished_run: int
) -> None:
    page = open_page("en", "data", on_phone=True)
    for tab in TABS:
        go_to(page, tab)
        page.wait_for_timeout(500)
        shoot(page, f"phone-{tab}")
        assert overflow(page) <= 0, tab
    assert finished_run


def test_the_chosen_darkness_is_kept(open_page: Open) -> None:
    page = open_page("en", "data")
    page.locator("#header button.chip").click()
    expect(page.locator("body")).to_have_class("dark")
    page.reload()
    page.locator("#header .masthead").wait_for()
    expect(page.locator("body")).to_have_class("dark")


def test_an_open_page_leaves_the_cores_to_the_training(open_page: Open) -> None:
    page = open_page("en", "data")
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    page.add_init_script("""{
        let asked = 0;
        const frame = requestAnimationFrame;
        window.requestAnimationFrame = (call) => { asked += 1; return frame(call); };
        window.framesAsked = () => { const before = asked; asked = 0; return before; };
    }""")
    page.reload()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    frames = []
    while not frames or frames[-1] >= FRAMES_AT_REST:
        # What fades in takes some seconds.
        assert len(frames) < 30, frames
        page.wait_for_timeout(1000)
        frames.append(page.evaluate("framesAsked()"))


def test_rows_can_be_chosen_with_the_keyboard_alone(open_page: Open) -> None:
    page = open_page("en", "data")
    first = page.locator("#rows tbody tr").first
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tbody tr").nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#rows tbody tr").nth(1)).to_be_focused()


def test_a_conversation_goes_on_over_a_reload_and_can_be_cleared(
    open_page: Open, finished_run: int
) -> None:
    page = open_page("en", "playground")
    box = page.locator("#question textarea")
    for turn, question in enumerate(("What is a fox?", "And a bear?"), 1):
        box.fill(question)
        box.press("Enter")
        feet = page.locator("#conversation .foot")
        expect(feet.nth(2 * turn - 1)).to_contain_text("first word after", timeout=ANSWER_MS)
        expect(box).to_have_value("")
    expect(page.locator("#send")).to_be_visible()
    page.locator("#lineup .chip-drop").first.click()
    expect(page.locator("#lineup .column-chip")).to_have_count(1)
    page.locator("#newest-turn [data-key^=weigh]").last.click()
    expect(page.locator("dialog.sure .sure-bit").first).to_be_visible(timeout=ANSWER_MS)
    page.locator("dialog.sure .sure-bit").first.click()
    expect(page.locator("dialog.sure .sure-line")).to_have_count(2)
    page.reload()
    expect(page.locator("#conversation .turn")).to_have_count(2)
    expect(page.locator("#lineup .column-chip")).to_have_count(1)
    stranger = open_page("en", "playground")
    expect(stranger.locator("#lineup .column-chip")).to_have_count(2)
    expect(stranger.locator("#conversation .turn")).to_have_count(0)
    page.locator("#clear").click()
    expect(page.locator("#conversation .turn")).to_have_count(0)
    assert finished_run


def test_prompts_run_through_all_columns_into_a_table(open_page: Open, finished_run: int) -> None:
    page = open_page("en", "playground", on_phone=True)
    page.locator("#prompt-sets .label-wrap").click()
    page.locator("#prompt-text textarea").fill("What is a fox?\n=1+1")
    page.locator("#ask-prompts").click()
    with page.expect_download(timeout=ANSWER_MS) as download:
        page.locator("#prompt-table [data-key=csv]").click(timeout=ANSWER_MS)
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("\ufeffPrompt,Base model")
    assert any(line.startswith("'=1+1,") for line in lines)
    assert overflow(page) <= 0
    assert finished_run
