"""Train: take over what was chosen on the Data tab, as if it had been chosen in the form.

The form is the only place where a recipe is put together; the Data tab only says what it wants (`data_board.wanted`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.services.model_checks import ModelCheck
from studio.ui.drafts import Draft, with_values
from studio.ui.forms import Form
from studio.ui.model_view import check_value
from studio.ui.page import QUIET, Page
from studio.ui.tabs.train_form import seen_in
from studio.ui.tabs.train_model import ModelParts
from studio.ui.tabs.train_plan import settle

# These were chosen for one data set and say nothing about another.
LENGTHS = ("max_length_tokens", "too_long", "overlap_tokens")


def wire_take(page: Page, form: Form, parts: ModelParts, held: list[Any]) -> None:
    """Connect it; `held` are draft, check and controls."""

    def taken(page: Page, wanted: Any, draft: Draft, check: Any, *values: Any) -> Any:
        return take(page, form, wanted, draft, check, values)

    outputs: list[Any] = [parts.check, parts.card, page.draft]
    page.wanted.change(page.handler(taken), [page.wanted, *held], outputs, **QUIET)


def take(
    page: Page,
    form: Form,
    wanted: Mapping[str, Any],
    draft: Draft,
    check: ModelCheck | None,
    settings: Sequence[Any],
) -> tuple[Any, Any, Draft]:
    """Give check, its card and the draft: recommended anew, with what somebody had changed and what is wanted.

    Other data is asked anew what it looks like.
    """
    values = dict(zip(form.controls, settings, strict=True))
    if draft["values"]["data"]["id"] != wanted["data"]:
        draft, usual = {**draft, "goal": None}, draft["recommended"]["training"]
        values |= {f"training.{name}": usual[name] for name in LENGTHS}
    shown: tuple[Any, Any] = gr.skip(), gr.skip()
    if values["model.id"] != wanted["model"]:
        check = page.workspace.model_checks.check(wanted["model"])
        shown = check, check_value(page.t, check)
    values |= {"model.id": wanted["model"], "data.id": wanted["data"]}
    settled = settle(page, form, draft, check, [*values.values()])
    mixed = with_values(settled, "data", {"mix": dict(wanted["mix"])})
    kept = form.mistakes(page.t, settings).keys() - {"model.id", "data.id"}
    fresh = with_values(mixed, "training", wanted["training"])
    return *shown, seen_in(form, fresh, settings, kept)
