"""Train, the model: the catalog, a search of the Hub, a check before the start, and its download as a visible job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.services.model_checks import ModelCheck
from studio.ui.drafts import Draft
from studio.ui.forms import Form
from studio.ui.model_view import check_card, check_value, model_list, models_value
from studio.ui.page import QUIET, Page, new_key, only_new, say
from studio.ui.tabs.hub_account import AccountParts, build_account, wire_account
from studio.ui.tabs.train_form import seen_in
from studio.ui.tabs.train_plan import settle
from studio.ui.work_view import work_list, work_value

MOST_ASKED = 20


@dataclass(frozen=True)
class ModelParts:
    """The components. `check` holds what is known of the chosen model, `asked` this visitor's downloads."""

    check: gr.State
    card: gr.HTML
    work: gr.HTML
    more: gr.Accordion
    models: gr.HTML
    account: AccountParts
    asked: gr.State

    @property
    def live_inputs(self) -> list[Any]:
        return [self.asked, self.check, self.work, self.card]

    @property
    def live_outputs(self) -> list[Any]:
        return [self.work, self.check, self.card]


def build_model(page: Page) -> ModelParts:
    """Lay the part out, below the field of the model."""
    t = page.t
    card, work = check_card("model-check"), work_list("model-work")
    with gr.Accordion(
        t("models.more"), open=False, elem_id="more-models", elem_classes=["advanced"]
    ) as more:
        models = model_list(t, "models")
        account = build_account(page, "model")
    check, asked = gr.State(None), gr.State([])
    return ModelParts(check, card, work, more, models, account, asked)


def wire_model(page: Page, form: Form, parts: ModelParts, held: list[Any]) -> None:
    """Connect the part; `held` are draft, check and controls."""
    field: Any = form.controls["model.id"]

    def pick(page: Page, event: gr.EventData, draft: Draft, _check: Any, *values: Any) -> Any:
        return choose_model(page, form, str(event.id), draft, values)

    def choose(page: Page, draft: Draft, _check: Any, *values: Any) -> Any:
        model_id = values[list(form.controls).index("model.id")]
        return choose_model(page, form, str(model_id), draft, values)

    chosen: list[Any] = [parts.check, parts.card, page.draft]
    parts.models.pick(page.handler(pick), held, chosen, trigger_mode="multiple", **QUIET)
    field.input(page.handler(choose), held, chosen, trigger_mode="always_last", **QUIET)
    # Somebody who has signed in may be let in now.
    wire_account(page, parts.account).then(page.handler(choose), held, chosen, **QUIET)
    parts.models.drop(page.handler(drop), None, [parts.models, page.said], **QUIET).then(
        page.handler(choose), held, chosen, **QUIET
    )
    parts.models.search(page.handler(search), field, parts.models, **QUIET)
    parts.card.download(
        page.handler(download), parts.asked, [parts.asked, parts.card, parts.work], **QUIET
    )
    parts.card.arrived(page.handler(choose), held, chosen, **QUIET)
    parts.work.stop(page.handler(stop), parts.asked, parts.work, **QUIET)
    parts.work.close(page.handler(close), parts.asked, [parts.asked, parts.work], **QUIET)


def choose_model(
    page: Page, form: Form, model_id: str, draft: Draft, settings: Sequence[Any]
) -> tuple[ModelCheck, dict[str, Any], Draft]:
    """Check a model and give what is recommended for it."""
    found = page.workspace.model_checks.check(model_id)
    values = [
        model_id if path == "model.id" else value
        for path, value in zip(form.controls, settings, strict=True)
    ]
    fresh = settle(page, form, draft, found, values)
    kept = form.mistakes(page.t, settings).keys() - {"model.id"}
    return found, check_value(page.t, found), seen_in(form, fresh, settings, kept)


def tell_models(page: Page, chosen: str) -> dict[str, Any]:
    """Give the models that can be chosen."""
    kept = page.workspace.downloads.kept()
    return models_value(page.t, page.workspace.models.offers(), chosen, kept=kept)


def drop(page: Page, event: gr.EventData) -> tuple[Any, Any]:
    """Delete a downloaded model.

    Raises:
        StudioError: `model.busy`, `model.stays`.
    """
    model_id = str(event.id)
    page.workspace.downloads.delete(model_id)
    return tell_models(page, ""), say(page.t("models.dropped", name=model_id))


def search(page: Page, event: gr.EventData, chosen: str) -> dict[str, Any]:
    """Search the Hub for models; where it cannot be reached, say so."""
    offers, kept = page.workspace.models.offers(), page.workspace.downloads.kept()
    try:
        found = page.workspace.model_checks.search(str(event.text))
    except StudioError as error:
        return models_value(page.t, offers, chosen, problem=error, kept=kept)
    return models_value(page.t, offers, chosen, found, kept=kept)


def download(page: Page, event: gr.EventData, asked: list[int]) -> tuple[list[int], Any, Any]:
    """Queue the download of a model."""
    try:
        job = page.workspace.submit_download(str(event.id), new_key())
    except StudioError as error:
        found = ModelCheck(str(event.id), problems=(error,))
        return asked, check_value(page.t, found), gr.skip()
    page.workspace.ensure_runner()
    asked = [*(asked or []), job.id][-MOST_ASKED:]
    return asked, {"awaited": str(event.id)}, tell_work(page, asked)


def stop(page: Page, asked: list[int], event: gr.EventData) -> dict[str, Any]:
    """Ask a download to stop; what it has brought stays for the next try."""
    page.workspace.jobs.request_cancel(int(event.id))
    return tell_work(page, asked)


def close(page: Page, asked: list[int], event: gr.EventData) -> tuple[list[int], Any]:
    """Put away the news of a download that failed."""
    asked = [job_id for job_id in asked if job_id != int(event.id)]
    return asked, tell_work(page, asked)


def tell_work(page: Page, asked: Sequence[int]) -> dict[str, Any]:
    """Give every download that goes on, and those of this visitor that failed."""
    jobs = page.workspace.jobs.list("download", 50)
    active = [(job, page.workspace.progress(job)) for job in jobs if not job.is_final]
    failed = [job for job in jobs if job.state == "failed" and job.id in (asked or [])]
    return work_value(page.t, active, failed)


def redraw_work(
    page: Page, asked: list[int], check: ModelCheck | None, shown: Any, card: Any
) -> tuple[Any, ...]:
    """Show how downloads go; the chosen model is checked again when its own has ended, well or not.

    A card that tells of another model is about to tell of this one.
    """
    work = tell_work(page, asked)
    told = only_new(shown, work)
    if check is None or check.is_downloaded:
        return told, gr.skip(), gr.skip()
    is_coming = any(one["title"] == check.id and not one.get("kind") for one in work["items"])
    is_awaited, is_told = (bool(card) and card.get(key) == check.id for key in ("awaited", "id"))
    if is_coming or not (is_awaited or (is_told and is_here(page, check.id))):
        return told, gr.skip(), gr.skip()
    found = page.workspace.model_checks.check(check.id)
    return told, found, check_value(page.t, found, arrived=new_key())


def is_here(page: Page, model_id: str) -> bool:
    """Tell whether a model is on this disk; the Hub is not asked."""
    try:
        page.workspace.models.get(model_id)
    except StudioError:
        return False
    return True
