"""Use elsewhere: the key with which other programs ask the models, shown once, and the lines of code that do."""

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.ui.drawn import drawn
from studio.ui.page import QUIET, Page
from studio.ui.refusals import API_PATH

# The browser puts its own address there: behind a proxy only it knows that.
ADDRESS = "ADDRESS"
WORDS = ("make", "renew", "remove", "sure", "keep", "copy", "copied", "key_label", "code_label")


def build_elsewhere(page: Page) -> gr.HTML:
    """Lay the panel out, folded."""
    with gr.Accordion(
        page.t("elsewhere.title"), open=False, elem_classes=["advanced"], elem_id="elsewhere-box"
    ):
        return drawn("elsewhere", {}, elem_id="elsewhere")


def wire_elsewhere(page: Page, dialogue: gr.State, shown: gr.HTML, opening: Sequence[Any]) -> None:
    """Connect the panel; after `opening` it is known whom the code asks."""
    for event in opening:
        event.then(page.handler(show_elsewhere), dialogue, shown, **QUIET)
    shown.make(page.handler(make_key), dialogue, shown, **QUIET)
    shown.remove(page.handler(remove_key), dialogue, shown, **QUIET)


def show_elsewhere(page: Page, dialogue: Dialogue, key: str = "") -> dict[str, Any]:
    """Give what the panel shows: whether other programs are let in, the key if it was just made, and the code."""
    t, ending = page.t, page.workspace.api_key.ending()
    state = "off" if ending is None else ("made" if key else "on")
    return {
        "is_on": ending is not None,
        "lead": t("elsewhere.lead"),
        "state": t(f"elsewhere.states.{state}", ending=ending or ""),
        "key": key,
        "code": code(model_key(dialogue), key or t("elsewhere.your_key")),
        "models": t("elsewhere.models"),
        "words": {name: t(f"elsewhere.{name}") for name in WORDS},
    }


def make_key(page: Page, dialogue: Dialogue) -> dict[str, Any]:
    """Let other programs in with a new key; it is shown now and never again."""
    return show_elsewhere(page, dialogue, page.workspace.api_key.make())


def remove_key(page: Page, dialogue: Dialogue) -> dict[str, Any]:
    """Let no other program in any more."""
    page.workspace.api_key.remove()
    return show_elsewhere(page, dialogue)


def model_key(dialogue: Dialogue) -> str:
    """Give the name of the first training among the columns, else of any column."""
    columns = sorted(dialogue.lineup.columns, key=lambda column: column.is_base)
    return columns[0].key if columns else "starter"


def code(model: str, key: str) -> str:
    """Give the three lines that ask a model; every value is a literal of the language."""
    question = '[{"role": "user", "content": "Hello"}]'
    return "\n".join(
        [
            "from openai import OpenAI",
            f'client = OpenAI(base_url="{ADDRESS}{API_PATH}", api_key={json.dumps(key, ensure_ascii=False)})',
            f"print(client.chat.completions.create(model={json.dumps(model, ensure_ascii=False)}, messages={question}).choices[0].message.content)",
        ]
    )
