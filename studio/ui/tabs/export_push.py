"""Export: one more press brings a finished download to the Hugging Face Hub, seen by its owner only unless said otherwise."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.pushing import PushOrder
from studio.services.exports import target_of
from studio.ui.drawn import drawn
from studio.ui.exports_view import title_of
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page, new_key
from studio.ui.push_view import panel_value, pushes_value
from studio.ui.tabs.hub_account import AccountParts, build_account, wire_account


@dataclass(frozen=True)
class PushParts:
    """The components; `chosen` is the download that shall be brought."""

    box: gr.Column
    chosen: gr.State
    what: gr.HTML
    name: gr.Textbox
    is_private: gr.Checkbox
    accepts: gr.Checkbox
    account: AccountParts
    push: gr.Button
    pushes: gr.HTML


def build_push(page: Page) -> PushParts:
    """Lay the part out; the form is hidden until somebody wants to bring something."""
    t = page.t
    with gr.Column(visible=False, elem_classes=["card"], elem_id="push") as box:
        card_title(t("push.title"))
        what = drawn("exports", {}, elem_id="push-what")
        name = gr.Textbox(
            label=t("push.name"), info=t("push.name_info"), max_lines=1, elem_id="push-name"
        )
        is_private = gr.Checkbox(
            True, label=t("push.is_private"), info=t("push.is_private_info"), elem_id="push-private"
        )
        accepts = gr.Checkbox(
            False, label=t("push.accepts"), info=t("push.accepts_info"), visible=False
        )
        account = build_account(page, "push")
        push = gr.Button(
            t("push.push"), variant="primary", size="sm", elem_id="push-go", elem_classes=["slim"]
        )
    pushes = drawn("exports", {}, elem_id="pushes")
    return PushParts(box, gr.State(None), what, name, is_private, accepts, account, push, pushes)


def wire_push(page: Page, parts: PushParts, run: gr.Dropdown, forms: gr.HTML) -> None:
    """Connect the part: `forms` asks for it, `run` is the training."""
    opened: list[Any] = [parts.box, parts.chosen, parts.what, parts.accepts, parts.push]
    asked: list[Any] = [run, parts.chosen, parts.name, parts.is_private, parts.accepts]
    wire_account(page, parts.account)
    forms.push(page.handler(open_push), run, opened, **QUIET)
    parts.push.click(page.handler(push_download), asked, [parts.box, parts.pushes], **QUIET)
    parts.pushes.take(page.handler(push_again), run, parts.pushes, **QUIET)
    parts.pushes.update(page.handler(update_repository), run, parts.pushes, **QUIET)
    parts.pushes.stop(page.handler(stop_push), run, parts.pushes, **QUIET)


def open_push(page: Page, run_id: int | None, event: gr.EventData) -> tuple[Any, ...]:
    """Show the form for a finished download; one that differs from what was chatted with asks about that, too."""
    workspace, t = page.workspace, page.t
    job = workspace.jobs.get(int(event.job))
    what = panel_value(t, workspace.exports, run_id)
    accepts = gr.Checkbox(False, visible=workspace.pushes.differs(job.id))
    press = gr.Button(t("push.push_form", form=title_of(t, target_of(job))))
    return gr.Column(visible=True), job.id, what, accepts, press


def push_download(
    page: Page, run_id: int | None, chosen: int, name: str, is_private: bool, accepts: bool
) -> tuple[Any, dict[str, Any]]:
    """Bring the chosen download to the Hub."""
    order = PushOrder(str(name).strip(), bool(is_private), bool(accepts))
    page.workspace.pushes.submit(int(chosen), order, new_key())
    page.workspace.ensure_runner()
    return gr.Column(visible=False), pushes_value(page.t, page.workspace.pushes, run_id)


def push_again(page: Page, run_id: int | None, event: gr.EventData) -> dict[str, Any]:
    """Try once more to bring what did not arrive."""
    page.workspace.pushes.again(push_job(page, event.form).id, new_key())
    page.workspace.ensure_runner()
    return pushes_value(page.t, page.workspace.pushes, run_id)


def update_repository(page: Page, run_id: int | None, event: gr.EventData) -> dict[str, Any]:
    """Put a download in the place of what a repository holds: somebody has read that there is something, and pressed."""
    page.workspace.pushes.update(push_job(page, event.form).id, new_key())
    page.workspace.ensure_runner()
    return pushes_value(page.t, page.workspace.pushes, run_id)


def stop_push(page: Page, run_id: int | None, event: gr.EventData) -> dict[str, Any]:
    """Call it off."""
    page.workspace.jobs.request_cancel(push_job(page, event.job).id)
    return pushes_value(page.t, page.workspace.pushes, run_id)


def push_job(page: Page, number: Any) -> Job:
    """Give the job that a press in the browser names."""
    known = {str(job.id): job for job in page.workspace.jobs.list("push")}
    return known[str(number)]
