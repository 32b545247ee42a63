"""One studio and one browser for all walks; every page must keep its console clean and stay at home."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect, sync_playwright

from studio.domain.recipe import parse_recipe
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings
from tests.browser.pages import Open
from tests.chromium import CHROMIUM, FLAGS

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# What is refused with a sentence is answered with these statuses; browsers write every such answer into the console, and
# `serve` sees to it that nothing else was behind them. A page that is left gives up what it was asking for.
EXPECTED = re.compile(r"status of (422|500)|signal is aborted|Connection errored out")
TRAINING_SECONDS = 600
# Other tests may be at work on the same two cores.
STEP_MS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, and leave it out where there is no browser (never in continuous integration).

    What wants a studio that nobody has used comes first, so that it can have the one that all share.
    """
    here = Path(__file__).parent
    items.sort(key=lambda item: "untouched" not in getattr(item, "fixturenames", ()))
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def studio_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio-home")


@pytest.fixture(scope="session")
def address(studio_home: Path) -> Iterator[str]:
    """Serve a studio of our own on a free port for all walks."""
    with serve(studio_home) as address:
        yield address


@contextmanager
def serve(studio_home: Path, words: Sequence[str] = ()) -> Generator[str]:
    """Serve a home on a free port, and leave no process behind; `words` start another studio than the real one."""
    real = ("-m", "studio", "serve", "--no-browser", "--port", "0", "--home", str(studio_home))
    with (studio_home / "serve.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, *(words or real)], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found, (studio_home / "serve.log").read_text()
            yield found[0]
        finally:
            end_all(server, studio_home)
    assert "unexpected error" not in (studio_home / "serve.log").read_text()


def end_all(server: subprocess.Popen[str], home: Path) -> None:
    """End the server, and the runner and workers that it started for this home."""
    server.terminate()
    try:
        server.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
    runners = [
        p for p in psutil.process_iter(["cmdline"]) if str(home) in (p.info["cmdline"] or [])
    ]
    family = [member for runner in runners for member in (runner, *runner.children(recursive=True))]
    for member in family:
        member.terminate()
    psutil.wait_procs(family, timeout=10)


@pytest.fixture(scope="session")
def services(studio_home: Path, address: str) -> Iterator[Workspace]:
    """Give the services of the home that the server uses."""
    opened = open_workspace(Settings(home=Home(studio_home)))
    yield opened
    opened.close()


@pytest.fixture
def untouched(tmp_path: Path, address: str, services: Workspace) -> Iterator[tuple[str, Workspace]]:
    """Give the address of a studio that nobody has used yet, and the services of its home."""
    if not services.jobs.list():
        yield address, services
        return
    home = tmp_path / "untouched"
    home.mkdir()
    with serve(home) as another:
        opened = open_workspace(Settings(home=Home(home)))
        yield another, opened
        opened.close()


@pytest.fixture
def patience() -> None:
    """Wait longer for what is expected: other tests may be at work on the same two cores."""
    expect.set_options(timeout=60_000)


# Not for the session: other modules start Playwright themselves, and it allows only one of it at a time.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Open]:
    """Open pages as new visitors; at the end of the test all of them must have been quiet and at home."""
    complaints: list[str] = []
    contexts = []

    def note(text: str) -> None:
        if not EXPECTED.search(text):
            complaints.append(text)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            note(message.text)

    def open_one(
        lang: str = "en", tab: str = "", *, on_phone: bool = False, at: str = address
    ) -> Page:
        # Without a GPU every frame of a pulsing dot is painted by the cores that train: a tenth of one.
        context = chromium.new_context(
            viewport=PHONE if on_phone else DESK, locale=lang, reduced_motion="reduce"
        )
        context.set_default_timeout(STEP_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: note(str(error)))
        page.on("request", lambda request: complaints.extend(strangers(request.url)))
        page.goto(f"{at}/{lang}/#{tab}" if tab else f"{at}/")
        page.locator("#header .masthead").wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def strangers(url: str) -> list[str]:
    """Give the address if it leaves this machine."""
    parts = urlsplit(url)
    is_ours = parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1"
    return [] if is_ours else [url]


@pytest.fixture
def finished_run(services: Workspace) -> int:
    """Give a finished training: one that a walk left, else a very short one."""
    known = [job for job in services.jobs.list("train") if job.state == "done"]
    if known:
        return known[0].id
    recipe = services.recipes.load("quickstart").model_dump()
    recipe["training"]["max_steps"] = 2
    job = services.submit_training(parse_recipe(recipe), "short-run")
    until = time.monotonic() + TRAINING_SECONDS
    while not services.jobs.get(job.id).is_final:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert services.jobs.get(job.id).state == "done"
    return job.id
