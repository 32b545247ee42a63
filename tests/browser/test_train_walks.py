"""Walks through the Train tab: pick a goal, see the plan move, find settings and models, start, stop, go on."""

import re
import resource
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, Request, expect

from studio.domain.job import read_events
from studio.services.workspace import Workspace
from studio.settings import Home
from tests.browser.pages import Open, shoot

TRAINING_MS = 600_000
ANSWER_MS = 300_000
# So many rows at a time do not fit into so much more memory than the waiting worker has.
ROWS_TOO_MANY = 100
SPARE_BYTES = 400 << 20
# In three seconds.
MOST_ASKED_AT_REST = 3

HARBOUR = "Berth {n} of the harbour holds {n} boats. The keeper of berth {n} lights a lamp at dusk and counts the boats."

pytestmark = pytest.mark.usefixtures("patience")


def test_a_goal_leads_past_too_little_memory_and_a_stop_to_the_comparison(
    open_page: Open, services: Workspace
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
    page.locator("#advanced .label-wrap").click()
    page.locator("#field-training-batch_rows input").fill(str(ROWS_TOO_MANY))
    expect(page.locator("#settings")).to_contain_text("2 differ from")
    page.locator("#settings button", has_text="Show").click()
    expect(page.locator("#settings li").first).to_contain_text("Rounds (epochs): recommended is")
    shoot(page, "plan")

    start_short_of_memory(page, services)
    told = page.locator("#status .notes .warn", has_text="The memory was not enough at step 1.")
    expect(told.first).to_contain_text(f"{ROWS_TOO_MANY // 2} examples are taken at a time")
    expect(page.locator("#status .tile").first).to_be_visible(timeout=TRAINING_MS)
    expect(page.locator("#chart .curve-figures dt").first).to_contain_text("Perplexity")
    first = page.locator("#answers .strip-item").first
    expect(first.locator(".strip-row").first).to_contain_text("Before")
    expect(first.locator(".reference")).to_contain_text("The example says")
    shoot(page, "halved")
    stop_and_keep(page)

    page.locator("#acts [data-key=resume]").click()
    resumed = page.locator("#status .notes", has_text="Goes on from step")
    expect(resumed).to_be_visible(timeout=TRAINING_MS)
    shoot(page, "resumed")
    stop_and_keep(page)
    page.locator("#acts [data-key=compare]").click()
    page.locator("#prompt-chips button").first.click()
    feet = page.locator("#conversation .foot")
    for column in range(2):
        expect(feet.nth(column)).to_contain_text("first word after", timeout=ANSWER_MS)


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


def test_a_text_is_learned_and_then_questions_on_top_of_it(
    open_page: Open, services: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "harbour.txt"
    file.write_text("\n\n".join(HARBOUR.format(n=n) for n in range(1, 60)), encoding="utf-8")
    page = open_page()
    expect(page.locator("#rows tbody tr").first).to_be_visible()
    page.locator("#upload input[type=file]").set_input_files(file)
    expect(page.locator("#dataset-summary")).to_contain_text("harbour.txt")
    page.locator("#use-data").click()
    expect(page.locator("#field-data-id input")).to_have_value("harbour.txt")
    goal = page.locator("#goals .pick", has_text="Learn a body of text")
    goal.click()
    expect(goal).to_have_attribute("aria-checked", "true")
    expect(page.locator("#plan .plan-rows")).to_contain_text("harbour.txt")
    finish_in(page, steps=4)
    text = services.jobs.list("train")[0]
    assert services.runs.recipe(text.id).is_in_chunks

    page.locator("#acts [data-key=further]").click()
    expect(page.locator("#field-model-continue_from input")).to_have_value(
        re.compile(f"^#{text.id}\\b")
    )
    for title in ("house style", "support desk"):
        page.locator("#field-data-id input").click()
        page.locator("[role=option]", has_text=title).first.click()
        expect(page.locator("#plan .plan-rows")).to_contain_text(title)
    expect_rest(page)
    shoot(page, "further")
    finish_in(page, steps=4)
    questions = services.jobs.list("train")[0]
    recipe = services.runs.recipe(questions.id)
    assert (recipe.model.continue_from, recipe.is_in_chunks) == (text.id, False)


def expect_rest(page: Page) -> None:
    """Find that the page, once it is filled, asks for nothing but its pulse."""
    page.wait_for_timeout(3000)
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.wait_for_timeout(3000)
    page.remove_listener("request", note)
    assert len([url for url in asked if "/run/" in url]) <= MOST_ASKED_AT_REST


def finish_in(page: Page, steps: int) -> None:
    """Train a few steps, to the end."""
    if page.locator("#field-training-max_steps input").is_hidden():
        page.locator("#advanced .label-wrap").click()
    page.locator("#field-training-max_steps input").fill(str(steps))
    page.keyboard.press("Tab")
    expect(page.locator("#plan .plan-rows")).to_contain_text(f"in {steps} steps")
    page.locator("#start").click()
    status = page.locator("#status .status")
    expect(status).to_have_attribute("data-state", "running", timeout=TRAINING_MS)
    expect(status).to_have_attribute("data-state", "done", timeout=TRAINING_MS)


def start_short_of_memory(page: Page, services: Workspace) -> None:
    """Start a training whose worker finds too little memory for its first step, and enough from then on."""
    worker = waiting_worker(services.settings.home)
    limit_data(worker, data_bytes(worker) + SPARE_BYTES)
    page.locator("#start").click()
    # Lifted at once: what the allocator has reserved stays reserved, and would count against the smaller batch.
    wait_for_halving(services)
    limit_data(worker, resource.RLIM_INFINITY)


def stop_and_keep(page: Page) -> None:
    page.locator("#acts [data-key=keep]").click()
    expect(page.locator("#status .state-word")).to_have_text("Stopped", timeout=TRAINING_MS)


def waiting_worker(home: Home) -> psutil.Process:
    """Give the worker that waits for the next training, once its imports are done."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        runner = psutil.Process(int(home.runner_lock.read_text()))
        found = [one for one in runner.children() if "studio.worker.run" in one.cmdline()]
        if found and is_idle(found[0]):
            return found[0]
    raise AssertionError("no worker waits")


def is_idle(process: psutil.Process) -> bool:
    """Tell whether a process that has done something did nothing for a second."""
    before = sum(process.cpu_times()[:2])
    time.sleep(1)
    return before > 1 and sum(process.cpu_times()[:2]) == before


def wait_for_halving(services: Workspace) -> None:
    """Wait until the training that was just started has met the limit."""
    deadline = time.monotonic() + TRAINING_MS / 1000
    while time.monotonic() < deadline:
        for job in services.jobs.list("train"):
            events, _ = read_events(job.folder.events, 0)
            if not job.is_final and any(e.values.get("code") == "memory_halved" for e in events):
                return
        time.sleep(0.005)
    raise AssertionError("the memory was enough")


def limit_data(process: psutil.Process, most_bytes: int) -> None:
    """Let the allocator of a process fail beyond so much."""
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (most_bytes, resource.RLIM_INFINITY))


def data_bytes(process: psutil.Process) -> int:
    """Give what RLIMIT_DATA counts of a process."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmData:\s+(\d+) kB", status)[0]) * 1024
