"""Search: what to vary and how long to look; a board that grows, what it says, and the best one to go on with."""

from typing import Any

import gradio as gr

from studio.ui.header_view import lead
from studio.ui.page import QUIET, Live, Page
from studio.ui.search_edits import read_own
from studio.ui.tabs.search_acts import wire_acts
from studio.ui.tabs.search_board import (
    BoardParts,
    build_board,
    build_pictures,
    build_status,
    parts_of,
    redraw,
)
from studio.ui.tabs.search_setup import (
    Setup,
    asked_for,
    build_limits,
    build_vary,
    look,
    wire_setup,
)
from studio.ui.tabs.train import start_training

# After the start: to the first mistake, or to the board.
SHOW_RESULT = """() => {
  const mistake = document.querySelector('.knob-problem, #search-limits .wrong');
  const target = mistake || document.querySelector('#search-status');
  target?.scrollIntoView({ block: mistake ? 'center' : 'nearest', behavior: 'smooth' });
}"""


def build(page: Page, tab: gr.Tab) -> Live:
    """Lay the tab out and wire it."""
    lead(page.t, "search")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320, elem_classes=["card"]):
            vary = build_vary(page.t)
        with gr.Column(scale=7, min_width=320, elem_classes=["stack"]):
            with gr.Column(elem_classes=["card"]):
                setup = build_limits(page.t, vary)
            status, board = build_status(page), build_board(page)
    parts = parts_of(status, board, build_pictures(page))
    wire_setup(page, setup, tab)
    wire_start(page, setup, parts)
    wire_acts(page, parts)
    return Live(redraw, parts.inputs(page), parts.outputs(page))


def wire_start(page: Page, setup: Setup, parts: BoardParts) -> None:
    """Start a search, or mark what is wrong."""
    form, pressed = setup.form, gr.State(None)
    followed: list[Any] = parts.outputs(page)

    def submit(page: Page, pressed: Any, base: Any, knobs: Any, *limits: Any) -> tuple[Any, ...]:
        own = read_own(knobs)
        recipe = asked_for(page, form, base, own, limits)
        if recipe is None:
            shown = look(page, form, base, own, limits)
            return *shown, pressed, *[gr.skip()] * len(followed)
        job, pressed = start_training(page, recipe.model_dump(), pressed)
        told = [gr.skip()] * len(setup.shown)
        return *told, pressed, job.id, *redraw(page, job.id, None)[1:]

    held: list[Any] = [pressed, *setup.held(page)]
    setup.start.click(page.handler(submit), held, [*setup.shown, pressed, *followed], **QUIET).then(
        None, js=SHOW_RESULT, api_visibility="private"
    )
