"""One's account at the Hugging Face Hub: an access token that is kept here, wherever the page asks for one."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.ui.page import QUIET, Page


@dataclass(frozen=True)
class AccountParts:
    """The components."""

    token: gr.Textbox
    sign_in: gr.Button
    sign_out: gr.Button
    box: gr.Accordion


def build_account(page: Page, elem_id: str) -> AccountParts:
    """Lay the part out, folded; the ids of its components begin with `elem_id`."""
    t = page.t
    with gr.Accordion(
        t("hub.account"), open=False, elem_id=f"{elem_id}-account", elem_classes=["advanced"]
    ) as box:
        token = gr.Textbox(
            label=t("hub.token"),
            info=t("hub.token_info"),
            type="password",
            elem_id=f"{elem_id}-token",
            html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
        )
        with gr.Row(elem_classes=["next-row"]):
            sign_in = gr.Button(t("hub.sign_in"), size="sm", elem_id=f"{elem_id}-sign-in")
            sign_out = gr.Button(t("hub.sign_out"), size="sm", elem_id=f"{elem_id}-sign-out")
    return AccountParts(token, sign_in, sign_out, box)


def wire_account(page: Page, parts: AccountParts) -> Any:
    """Connect the part and give the event of having signed in."""
    told: list[Any] = [parts.token, parts.box]
    parts.sign_out.click(page.handler(sign_out), None, told, **QUIET)
    return parts.sign_in.click(page.handler(sign_in), parts.token, told, **QUIET)


def sign_in(page: Page, token: str) -> tuple[str, Any]:
    """Keep a token for the Hub; its field is empty again, whatever happens."""
    name = page.workspace.hub.tokens.sign_in(token.strip())
    return "", gr.Accordion(label=page.t("hub.account_of", name=name), open=False)


def sign_out(page: Page) -> tuple[str, Any]:
    """Forget the token."""
    page.workspace.hub.tokens.sign_out()
    return "", gr.Accordion(label=page.t("hub.account"), open=False)
