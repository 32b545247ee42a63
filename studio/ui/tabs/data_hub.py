"""Data, bringing a data set of the Hugging Face Hub: search, choose a part, bring it; and one's account there."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.hub import HubDetails
from studio.errors import StudioError
from studio.ui.hub_view import details_value, found_value, hub_error, hub_results
from studio.ui.page import QUIET, Page, new_key
from studio.ui.tabs.data_board import Board, with_job


@dataclass(frozen=True)
class HubParts:
    """The components; `found` and `chosen` hold what the Hub said."""

    query: gr.Textbox
    search: gr.Button
    results: gr.HTML
    token: gr.Textbox
    sign_in: gr.Button
    sign_out: gr.Button
    account: gr.Accordion
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
    with gr.Accordion(
        t("hub.account"), open=False, elem_id="hub-account", elem_classes=["advanced"]
    ) as account:
        token = gr.Textbox(
            label=t("hub.token"),
            info=t("hub.token_info"),
            type="password",
            elem_id="hub-token",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        with gr.Row(elem_classes=["next-row"]):
            sign_in = gr.Button(t("hub.sign_in"), size="sm", elem_id="hub-sign-in")
            sign_out = gr.Button(t("hub.sign_out"), size="sm", elem_id="hub-sign-out")
    return HubParts(query, search, results, token, sign_in, sign_out, account, found, chosen)


def wire_hub(board: Board, parts: HubParts) -> Any:
    """Connect the part and give the event of bringing."""
    page = board.page
    gr.on(
        [parts.search.click, parts.query.submit],
        page.handler(search_hub),
        parts.query,
        [parts.results, parts.found, parts.chosen],
        **QUIET,
    )
    parts.results.pick(page.handler(describe), None, [parts.results, parts.chosen], **QUIET)
    parts.results.back(page.handler(go_back), parts.found, parts.results, **QUIET)
    parts.sign_in.click(page.handler(sign_in), parts.token, [parts.token, parts.account], **QUIET)
    parts.sign_out.click(page.handler(sign_out), None, [parts.token, parts.account], **QUIET)
    return parts.results.bring(
        page.handler(bring), [parts.chosen, board.asked], [board.asked, parts.results], **QUIET
    )


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


def sign_in(page: Page, token: str) -> tuple[str, Any]:
    """Keep a token for the Hub; its field is empty again, whatever happens."""
    name = page.workspace.hub.tokens.sign_in(token.strip())
    return "", gr.Accordion(label=page.t("hub.account_of", name=name), open=False)


def sign_out(page: Page) -> tuple[str, Any]:
    """Forget the token."""
    page.workspace.hub.tokens.sign_out()
    return "", gr.Accordion(label=page.t("hub.account"), open=False)
