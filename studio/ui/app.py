"""The page of one language: header, tour, tabs, and the one pulse that keeps them fresh."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from studio.i18n import Translator
from studio.services.workspace import Workspace
from studio.ui.drafts import new_draft
from studio.ui.drawn import drawn
from studio.ui.header_view import page_header
from studio.ui.page import QUIET, Live, Page, shared_value
from studio.ui.tabs import data, export, playground, runs, search, train
from studio.ui.tour import tour_card, tour_memory, wire_tour

TABS: tuple[tuple[str, Callable[[Page, gr.Tab], Live | None]], ...] = (
    ("data", data.build),
    ("train", train.build),
    ("search", search.build),
    ("playground", playground.build),
    ("export", export.build),
    ("runs", runs.build),
)
BUSY_SECONDS = 1.0
IDLE_SECONDS = 4.0

# The open tab is in the address, so that a reload, a bookmark and the language link keep it. The first tab says that it
# is open before the page has loaded; that must not overwrite the address.
OPEN_FROM_ADDRESS = """() => {
  window.studioIsOpen = true;
  const name = location.hash.slice(1);
  if (/^[a-z]+$/.test(name)) document.querySelector(`[role="tab"][data-tab-id="${name}"]`)?.click();
}"""
WRITE_TO_ADDRESS = """() => {
  if (!window.studioIsOpen) return;
  history.replaceState(null, '', '#NAME');
  window.dispatchEvent(new Event('hashchange'));
}"""


def build_app(workspace: Workspace, t: Translator) -> gr.Blocks:
    """Give the page in the language of `t`."""
    with gr.Blocks(
        title=t("app.name"),
        analytics_enabled=False,
        fill_width=True,
    ) as demo:
        dataset, draft, wanted, recipe, run, followed, tuned = (shared_value() for _ in range(7))
        said = drawn("said", {}, elem_id="said")
        memory, pace = tour_memory(), gr.State(IDLE_SECONDS)
        page_header(t, workspace.machine())
        card = tour_card()
        lives: dict[str, Live] = {}
        with gr.Tabs(selected="data", elem_id="tabs", overflow_behavior="wrap") as tabs:
            page = Page(
                workspace, t, tabs, dataset, draft, wanted, recipe, run, followed, tuned, said
            )
            for name, build in TABS:
                with gr.Tab(t(f"tabs.{name}"), id=name) as tab:
                    live = build(page, tab)
                if live:
                    lives[name] = live
                tab.select(
                    None, js=WRITE_TO_ADDRESS.replace("NAME", name), api_visibility="private"
                )
        tour = wire_tour(page, card, memory)
        pulse = drawn("pulse", {"seconds": IDLE_SECONDS}, elem_id="pulse", visible="hidden")

        def keep_fresh(event: Any, *shown: Live) -> None:
            fresh: list[Any] = [pace, pulse, *(part for live in shown for part in live.outputs)]
            inputs: list[Any] = [pace, *(part for live in shown for part in live.inputs)]
            event(page.handler(redraw_all(shown)), inputs, fresh, **QUIET)

        for name, _ in TABS:
            keep_fresh(getattr(pulse, name), *([lives[name]] if name in lives else []), tour)
        for event in (run.change, followed.change, demo.load):
            keep_fresh(event, *lives.values(), tour)
        demo.load(page.handler(open_page), None, [dataset, draft], **QUIET)
        demo.load(None, js=OPEN_FROM_ADDRESS, api_visibility="private")
    return demo


def open_page(page: Page) -> tuple[str, dict[str, Any]]:
    """Give what a new visitor starts with: the first data set, and the recipe made for it."""
    first = data.first_dataset(page)
    return first, new_draft(page, data=first)


def redraw_all(lives: Sequence[Live]) -> Callable[..., list[Any]]:
    """Give one handler that redraws all these, and looks more often while something is at work."""

    def redraw(page: Page, pace: float, *values: Any) -> list[Any]:
        is_busy = page.workspace.jobs.has_work()
        if is_busy:
            page.workspace.ensure_runner()
        wanted = BUSY_SECONDS if is_busy else IDLE_SECONDS
        shown: list[Any] = [wanted, gr.skip() if wanted == pace else {"seconds": wanted}]
        start = 0
        for live in lives:
            end = start + len(live.inputs)
            shown += live.redraw(page, *values[start:end])
            start = end
        return shown

    return redraw
