"""From a training onward: to another tab, to another try, or further with what it learned."""

from typing import Any

import gradio as gr

from studio.ui.drafts import new_draft
from studio.ui.page import Page, say


def try_again(page: Page, run_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fill in the settings of a training, ready for a change."""
    return new_draft(page, like=run_id), say(page.t("train.again_ready"))


def go_on(page: Page, run_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fill in the settings of a training, ready to train what it learned further."""
    return new_draft(page, like=run_id, further=True), say(page.t("train.further_ready"))


def go_to(tab: str) -> Any:
    """Give a handler that takes a training to another tab."""

    def go(page: Page, run_id: int | None) -> tuple[Any, Any]:
        return run_id, gr.Tabs(selected=tab)

    return go
