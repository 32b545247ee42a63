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

NASTY = "<img src=x onerror=alert(1)> ${alert(1)} {{7*7}} `${alert(2)}` </script><script>alert(3)</script>"
ANSWER = {"kind": "tuned", "label": NASTY, "text": NASTY, "foot": NASTY}
SAID = {
    "side": "messages",
    "turn": 0,
    "role": "assistant",
    "who": NASTY,
    "content": NASTY,
    "calls": [{"name": NASTY, "arguments": NASTY}],
}
ITEM_WORDS = "id title what count tag name text size problem told action"
ITEM = dict.fromkeys(ITEM_WORDS.split(), NASTY)

# Every component with a value that has hostile text wherever text can stand.
VALUES: dict[str, dict[str, Any]] = {
    "acts": {
        "run": 1,
        "acts": [
            {"id": "keep", "label": NASTY, "kind": "", "ask": None, "href": ""},
            {"id": "recipe", "label": NASTY, "kind": "", "ask": None, "href": "/x"},
        ],
        "hint": NASTY,
    },
    "answers": {
        "items": [
            {
                "question": NASTY,
                "reference": NASTY,
                "between": NASTY,
                "rows": [
                    {"label": NASTY, "pieces": [[NASTY, False], [NASTY, True]], "is_cut": True}
                ]
                * 3,
            }
        ],
        "ending": {"kind": "warn", "text": NASTY},
        **dict.fromkeys(("empty", "about", "reference_label", "cut_hint", "new_hint"), NASTY),
    },
    "blanks": {"names": [NASTY], "labels": [NASTY], "title": NASTY, "text": NASTY, "save": NASTY},
    "bubbles": {
        "messages": [SAID],
        "rejected": [{**SAID, "side": "rejected"}],
        "marks": [{"kind": "label", "text": NASTY, "hint": NASTY}],
        "words": dict.fromkeys(("edit", "copy", "drop", "add", "chosen", "rejected"), NASTY),
        "fields": [{"key": "question", "label": NASTY}],
        "note": NASTY,
        "problem": NASTY,
        "can_edit": True,
        "has_row": True,
    },
    "comparison": {
        "heads": [NASTY, NASTY],
        "groups": [{"title": NASTY, "rows": [[NASTY, NASTY, "other"]]}],
        "note": NASTY,
    },
    "said": {"text": NASTY},
    "cards": {"items": [{**ITEM, "can_drop": True}], "chosen": NASTY, "label": NASTY},
    "chart": {
        "train": [[1, 2.0], [2, 1.0]],
        "held_out": [[2, 1.5]],
        "train_label": NASTY,
        "held_label": NASTY,
        "x_label": NASTY,
        "y_label": NASTY,
        "summary": NASTY,
    },
    "check": {
        "id": NASTY,
        "problems": [{"title": NASTY, "text": NASTY, "fix": NASTY}],
        "links": [{"text": NASTY, "link": f"javascript:{NASTY}"}],
        "download": NASTY,
        "facts": [NASTY],
        "hint": NASTY,
    },
    "chat": {"turns": [{"question": NASTY, "answers": [ANSWER, ANSWER]}]},
    "chips": {"label": NASTY, "items": [NASTY]},
    "columns": {
        "columns": [{"name": NASTY, "role": "question"}],
        "rows": [[NASTY]],
        "roles": [["question", NASTY]],
        "role_label": NASTY,
        "words": {"use": NASTY, "undo": NASTY},
    },
    "exports": {"items": [{**ITEM, "href": "/x"}, {**ITEM, "does": "take", "share": 0.5}]},
    "facts": {"title": NASTY, "rows": [[NASTY, NASTY]]},
    "header": {
        "name": NASTY,
        "subtitle": NASTY,
        "device": NASTY,
        "device_name": NASTY,
        "language": "en",
        "language_label": NASTY,
        "language_path": "/en/",
        "theme_label": NASTY,
    },
    "goals": {"items": [ITEM], "chosen": NASTY, "label": NASTY, "note": NASTY},
    "health": {
        "title": NASTY,
        "text": NASTY,
        "findings": [
            {
                **dict.fromkeys(("code", "title", "count", "what", "why", "fix", "show"), NASTY),
                "severity": "warning",
                "examples": [{"place": 0, "text": NASTY}],
                "can_show": True,
            }
        ],
    },
    "history": {"steps": [{"text": NASTY, "count": NASTY}], "undo": NASTY},
    "hub": {"items": [{"id": NASTY, "facts": NASTY}]},
    "lengths": {
        "bins": [[0, 10, 3], [10, 20, 1]],
        "stops": [[16, 1, 1], [20, 0, 0]],
        "limit": 16,
        "facts": [[NASTY, NASTY]],
        **dict.fromkeys(("summary", "limit_label", "limit_text", "cut_text", "fits_text"), NASTY),
    },
    "mix": {
        "items": [{"id": "other", "title": NASTY, "count": NASTY, "percent": 20}],
        "seen": [{"rows": 3, "text": NASTY}],
        "seen_title": NASTY,
        "error": NASTY,
    },
    "lead": {"title": NASTY, "text": NASTY},
    "notice": {"kind": "error", "title": NASTY, "text": NASTY, "points": [NASTY], "fix": NASTY},
    "rows": {
        "columns": [NASTY],
        "rows": [{"id": 0, "cells": [NASTY]}],
        "offset": 0,
        "limit": 10,
        "total": 1,
        "range": NASTY,
        "previous": NASTY,
        "next": NASTY,
        "view": {"search": NASTY, "part": "", "order": "", "filter": ""},
        "search_label": NASTY,
        "tools": {
            name: {"label": NASTY, "groups": [{"label": NASTY, "options": [["", NASTY]]}]}
            for name in ("part", "order", "filter")
        },
    },
    "runs": {"items": [{**ITEM, "id": 1, "state": NASTY, "state_label": NASTY, "facts": NASTY}]},
    "models": {
        "items": [
            {
                **ITEM,
                "tags": [NASTY],
                "facts": NASTY,
                "good_for": NASTY,
                "languages": ["en"],
                "licence": {"text": NASTY, "link": f"javascript:{NASTY}"},
            }
        ],
        "found": [],
        "words": dict.fromkeys(("search", "search_hub", "asking", "licence", "nothing"), NASTY),
        "problem": {"title": NASTY, "text": NASTY, "fix": NASTY},
    },
    "plan": {
        "title": NASTY,
        "verdict": "close",
        "verdict_text": NASTY,
        "fit_label": NASTY,
        "memory": {
            "share": 0.5,
            "text": NASTY,
            "parts_title": NASTY,
            "parts": [{"label": NASTY, "value": NASTY}],
        },
        "rows": [{"label": NASTY, "lines": [NASTY, NASTY]}],
        "note": NASTY,
        "told_title": NASTY,
        "told": [NASTY],
    },
    "reasons": {"title": NASTY, "items": [{"label": NASTY, "value": NASTY, "text": NASTY}]},
    "settings": {
        "told": NASTY,
        "changed": [{"id": "field-x", "text": NASTY}],
        "words": dict.fromkeys(("search", "show", "show_all", "reset", "nothing"), NASTY),
    },
    "status": {
        "state": "running",
        "state_label": NASTY,
        "name": NASTY,
        "stage": NASTY,
        "aside": NASTY,
        "tiles": [{"label": NASTY, "value": NASTY, "of": NASTY, "hint": NASTY}],
        "notes": [NASTY],
    },
    "steps": {"steps": [f"{NASTY}: {NASTY}"]},
    "tokens": {
        "spans": [{"text": NASTY, "kind": "learned"}],
        "learned_label": NASTY,
        "read_label": NASTY,
    },
    "topics": {
        "topics": [{"number": 0, "words": NASTY, "rows": 2, "count": NASTY}],
        "points": [[100, 100, 0], [900, 900, 0]],
        "map_label": NASTY,
        "map_hint": NASTY,
    },
    "tour": {
        "steps": [NASTY],
        "at": 0,
        "title": NASTY,
        "text": NASTY,
        "action": NASTY,
        "leave": NASTY,
    },
    "work": {
        "items": [
            {
                "id": 1,
                "title": NASTY,
                "stage": NASTY,
                "aside": NASTY,
                "share": 0.5,
                "can_stop": True,
            },
            {"id": 2, "kind": "error", "title": NASTY, "text": NASTY, "fix": NASTY},
        ],
        "stop_label": NASTY,
        "close_label": NASTY,
    },
}


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
    assert set(VALUES) == scripts - {"dom"}


@pytest.mark.parametrize("name", VALUES)
def test_hostile_text_stays_text(filled: Callable[..., Any], name: str) -> None:
    elements = "img, script, [onerror]"
    found = filled(f"document.querySelectorAll('#{name} :is({elements})').length")
    text = filled(f"document.querySelector('#{name}').textContent")
    assert found == 0
    assert NASTY in text
    assert "{{7*7}}" in text
