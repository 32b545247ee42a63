"""Our own components, each drawn with hostile text: what is text stays text."""

import threading
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import gradio as gr
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Dialog

from studio.ui.drawn import drawn
from tests.browser.component_values import NASTY, VALUES


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    """Serve a page with every component on it, empty at first; a button fills them."""
    with gr.Blocks(analytics_enabled=False) as demo:
        parts = [drawn(name, {}, elem_id=name) for name in VALUES]
        fill = gr.Button("fill", elem_id="fill")
        fill.click(lambda: list(VALUES.values()), None, parts, api_visibility="private")
    app = gr.mount_gradio_app(FastAPI(), demo, path="/")
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def filled(chromium: Browser, gallery: str) -> Iterator[Callable[[str], Any]]:
    page = chromium.new_page()
    alerts: list[str] = []
    errors: list[str] = []

    def refuse(dialog: Dialog) -> None:
        alerts.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(gallery)
    page.locator("#fill").click()
    page.locator("#tour .tour").wait_for()
    page.wait_for_timeout(500)
    yield page.evaluate
    page.close()
    assert alerts == []
    assert errors == []


def test_every_component_is_here() -> None:
    scripts = {
        path.name.removesuffix(".js") for path in files("studio.ui").joinpath("assets").iterdir()
    }
    draws_nothing = {"dom", "pulse"}
    assert set(VALUES) == scripts - draws_nothing


@pytest.mark.parametrize("name", VALUES)
def test_hostile_text_stays_text(filled: Callable[..., Any], name: str) -> None:
    elements = "img, script, [onerror]"
    found = filled(f"document.querySelectorAll('#{name} :is({elements})').length")
    text = filled(f"document.querySelector('#{name}').textContent")
    assert found == 0
    assert NASTY in text
    assert "{{7*7}}" in text
