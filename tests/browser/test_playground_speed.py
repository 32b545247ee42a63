"""How quickly the Playground shows what a model says, and how soon a model ends that nobody listens to any more.

The models are a `speaker` that says fifty words a second; browser, page, server, pipe and line are the real ones. The bars are those of
a quiet machine where `STUDIO_QUIET` says that it is one, else wider: other tests may be at work on the same two cores.
"""

import os
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import serve
from tests.browser.pages import Open
from tests.browser.speaker import NASTY, ON_AND_ON

TURNS = 60
IS_QUIET = "STUDIO_QUIET" in os.environ
LONGEST_STALL_MS = 100 if IS_QUIET else 400
FEWEST_UPDATES = 30 if IS_QUIET else 15
LONGEST_STOP_SECONDS = 0.3 if IS_QUIET else 1.0

# Each frame of the screen: when it was, and how many columns had more to show than in the one before.
WATCH = """() => {
  const texts = () => [...document.querySelectorAll('#newest-turn .said')].slice(1).map((node) => node.textContent);
  const frames = window.frames_seen = [], shown = texts();
  const look = () => {
    const said = texts();
    const grown = said.filter((text, place) => text && text !== shown[place]).length;
    said.forEach((text, place) => { shown[place] = text; });
    frames.push([performance.now(), grown]);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve a studio whose models are a speaker; give its address, and what was said when."""
    home = tmp_path_factory.mktemp("spoken")
    log = home / "said.txt"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SPEAKER_LOG", str(log))
        with serve(home, ["-m", "tests.browser.spoken_studio", str(home), str(TURNS)]) as address:
            yield address, log


def begin(page: Page, question: str) -> None:
    """Ask, and wait for the first words."""
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    turn = page.locator("#newest-turn .turn").filter(has_text=question)
    expect(turn.locator(".answer.growing")).to_have_count(2)


def open_talk(open_page: Open, spoken: tuple[str, Path]) -> Page:
    page = open_page(tab="playground", at=spoken[0])
    expect(page.locator("#past-turns .turn")).to_have_count(TURNS - 1)
    return page


def measure(page: Page) -> dict[str, float]:
    """Give what the frames of an answer show, from its first words to its last ones."""
    frames: list[tuple[float, int]] = page.evaluate("window.frames_seen")
    grown = [at for at, columns in frames if columns]
    begun, ended = grown[0], grown[-1]
    within = [at for at, _ in frames if begun <= at <= ended]
    return {
        "updates a second": sum(n for at, n in frames if begun < at <= ended)
        / (ended - begun)
        * 1e3,
        "longest without a frame": max(b - a for a, b in pairwise(within)),
        "longest without a word": max(b - a for a, b in pairwise(grown)),
        "seconds": (ended - begun) / 1e3,
    }


def test_words_come_steadily_below_sixty_turns_and_are_text(
    open_page: Open, spoken: tuple[str, Path], record_property: Callable[[str, Any], None]
) -> None:
    page = open_talk(open_page, spoken)
    page.evaluate(WATCH)
    begin(page, "<i>And on Sundays?</i>")
    expect(page.locator("#newest-turn .answer.growing")).to_have_count(0)
    found = measure(page)
    record_property("found", found)
    assert found["updates a second"] >= FEWEST_UPDATES
    assert found["longest without a frame"] <= LONGEST_STALL_MS
    assert found["longest without a word"] <= LONGEST_STALL_MS
    for text in NASTY:
        expect(page.locator("#newest-turn .answer .said").first).to_contain_text(text)
    assert page.locator("#conversation :is(img, b, i, script)").count() == 0


def last_said(log: Path) -> tuple[int, float]:
    """Give the number of the question of the last word, and when it was said."""
    number, when = log.read_text(encoding="utf-8").splitlines()[-1].split()
    return int(number), float(when)


def test_a_model_ends_soon_when_nobody_listens(
    open_page: Open, spoken: tuple[str, Path], record_property: Callable[[str, Any], None]
) -> None:
    page = open_talk(open_page, spoken)
    taken = {way: end(page, spoken[1], way) for way in (stop, ask_more, leave)}
    record_property("taken", {way.__name__: seconds for way, seconds in taken.items()})
    assert max(taken.values()) <= LONGEST_STOP_SECONDS


def end(page: Page, log: Path, way: Callable[[Page], float]) -> float:
    """Let two columns speak, end them, and give how long after that their last word was said."""
    begin(page, f"Go {ON_AND_ON}, {time.time()}.")
    number, _ = last_said(log)
    done = way(page)
    said = settle(log, number)
    assert said > done - 0.1
    return said - done


def stop(page: Page) -> float:
    """Press Stop, and give when."""
    now = "const now = Date.now();"
    return (
        page.evaluate(
            f"() => {{ {now} document.querySelector('#stop-answer').click(); return now; }}"
        )
        / 1e3
    )


def ask_more(page: Page) -> float:
    """Ask something else, and give when."""
    box = page.locator("#question textarea")
    box.fill(f"Or rather, {ON_AND_ON}?")
    page.evaluate("addEventListener('keydown', () => { window.asked = Date.now(); }, true)")
    box.press("Enter")
    return page.evaluate("window.asked") / 1e3


def leave(page: Page) -> float:
    """Close the page, and give when."""
    now = time.time()
    page.close()
    return now


def settle(log: Path, number: int) -> float:
    """Give when the last word of a question was said, once it says no more."""
    while True:
        lines = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
        last = max(float(when) for one, when in lines if int(one) == number)
        if time.time() - last > 0.5:
            return last
        time.sleep(0.05)
