"""`studio serve` as a process of its own: what a terminal sees, and what a browser's console says."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.chromium import CHROMIUM, FLAGS

PASSWORD = "correct horse battery"  # noqa: S105 - of the test
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true", reason="Chromium is not installed"
)


def start(home: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "studio", "serve", "--no-browser", "--home", str(home), *words]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **variables}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(home: Path, **variables: str) -> Generator[str]:
    """Serve on a free port and give the address; stops the server and the runner that it started."""
    server = start(home, "--port", "0", **variables)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line
        yield found[0]
        server.terminate()
        server.communicate(timeout=15)
    finally:
        server.kill()
        server.communicate()
        for process in psutil.process_iter(["cmdline"]):
            if str(home) in (process.info["cmdline"] or []):
                process.terminate()


@contextmanager
def chromium_page() -> Generator[tuple[Page, list[str]]]:
    """Give a page, and the list that collects what goes wrong in it or leaves this machine."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(locale="en-US")
        page.set_default_timeout(90_000)  # other tests may be at work on the same two cores
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda sent: None if is_ours(sent.url) else wrong.append(sent.url))
        yield page, wrong
        browser.close()


def is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


@pytest.mark.slow
def test_a_terminal_sees_the_address_and_a_second_server_is_sent_there(tmp_path: Path) -> None:
    with running(tmp_path) as address:
        assert httpx.get(f"{address}/health").json()["ok"] is True
        second = start(tmp_path, "--port", "0")
        _, said = second.communicate(timeout=60)
    assert second.returncode == 2
    assert address in said
    assert "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("host", "variables"),
    [
        ("0.0.0.0", {}),  # noqa: S104 - refused
        ("::", {"STUDIO_PASSWORD": "short"}),
        ("192.0.2.7", {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SHARE": "1"}),  # noqa: S104 - refused
    ],
)
def test_no_server_starts_for_others_without_a_password(
    tmp_path: Path, host: str, variables: dict[str, str]
) -> None:
    server = start(tmp_path, "--port", "0", "--host", host, **variables)
    out, said = server.communicate(timeout=60)
    assert server.returncode == 2
    assert out == ""
    assert len(said.strip().splitlines()) == 1, said


@needs_chromium
@pytest.mark.browser
def test_signed_in_the_page_works_under_the_content_security_policy(tmp_path: Path) -> None:
    with running(tmp_path, STUDIO_PASSWORD=PASSWORD) as address, chromium_page() as (page, wrong):
        page.goto(address)
        assert page.url.endswith("/login")
        page.fill("#password", "not the password")
        page.click("button")
        page.wait_for_selector("[role=alert]:not(:empty)")
        assert any("401" in text for text in wrong)  # the browser's own note of the refused form
        wrong.clear()
        page.fill("#password", PASSWORD)
        page.click("button")
        page.wait_for_selector("[role=tab]")
        page.goto(f"{address}/zh-CN/")
        page.wait_for_selector("[role=tab]")
        assert page.evaluate("[navigator.language, document.documentElement.lang]") == ["zh-CN"] * 2
        page.wait_for_timeout(1500)
        assert wrong == []
