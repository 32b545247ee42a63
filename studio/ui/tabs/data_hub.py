"""Data, bringing a data set of the Hugging Face Hub: search, choose a part, bring it; and one's account there."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.hub import HubDetails
from studio.errors import StudioError
from studio.ui.hub_view import asking_value, details_value, found_value, hub_error, hub_results
from studio.ui.page import QUIET, Page, new_key
from studio.ui.tabs.data_board import Board, with_job
from studio.ui.tabs.hub_account import AccountParts, build_account, wire_account


@dataclass(frozen=True)
class HubParts:
    """The components; `found` and `chosen` hold what the Hub said."""

    query: gr.Textbox
    search: gr.Button
    results: gr.HTML
    account: AccountParts
    found: gr.State
    chosen: gr.State


def build_hub(page: Page) -> HubParts:
    """Lay the part out."""
    t = page.t
    found, chosen = gr.State(None), gr.State(None)
    with gr.Row(elem_classes=["hub-row"]):
        query = gr.Textbox(
            label=t("hub.search"),
            show_label=False,
            placeholder=t("hub.placeholder"),
            elem_id="hub-query",
            min_width=120,
            scale=4,
        )
        search = gr.Button(t("hub.search"), size="sm", elem_id="hub-search", min_width=76, scale=1)
    results = hub_results("hub")
    return HubParts(query, search, results, build_account(page, "hub"), found, chosen)


def wire_hub(board: Board, parts: HubParts) -> Any:
    """Connect the part and give the event of bringing."""
    page = board.page
    asked = gr.on(
        [parts.search.click, parts.query.submit],
        page.handler(tell_asking),
        None,
        parts.results,
        **QUIET,
    )
    asked.then(
        page.handler(search_hub),
        parts.query,
        [parts.results, parts.found, parts.chosen],
        **QUIET,
    )
    parts.results.pick(page.handler(describe), None, [parts.results, parts.chosen], **QUIET)
    parts.results.back(page.handler(go_back), parts.found, parts.results, **QUIET)
    wire_account(page, parts.account)
    return parts.results.bring(
        page.handler(bring), [parts.chosen, board.asked], [board.asked, parts.results], **QUIET
    )


def tell_asking(page: Page) -> dict[str, Any]:
    """Tell that the Hub is being asked, which may take seconds."""
    return asking_value(page.t)


def search_hub(page: Page, query: str) -> tuple[Any, Any, None]:
    """Search the Hub; where it cannot be reached, say so."""
    try:
        found = page.workspace.hub.search(query)
    except StudioError as error:
        return hub_error(page.t, error), None, None
    return found_value(page.t, found), found, None


def describe(page: Page, event: gr.EventData) -> tuple[Any, Any]:
    """Show the parts of a data set."""
    try:
        details = page.workspace.hub.describe(str(event.id))
    except StudioError as error:
        return hub_error(page.t, error), None
    return details_value(page.t, details), details


def go_back(page: Page, found: list[Any] | None) -> dict[str, Any]:
    """Show the list again."""
    return found_value(page.t, found or [])


def bring(
    page: Page, details: HubDetails | None, asked: list[int], event: gr.EventData
) -> tuple[list[int], Any]:
    """Download a part of a data set and import it."""
    if details is None:
        return asked, gr.skip()
    try:
        choice = page.workspace.hub.choose(details, str(event.subset), str(event.split))
        job = page.workspace.submit_hub_import(choice, new_key())
    except StudioError as error:
        return asked, hub_error(page.t, error)
    return with_job(page, job, asked), {}
