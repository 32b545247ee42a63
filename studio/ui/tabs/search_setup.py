"""Search, before the start: what to vary around the recipe of the Train tab, how, until when, and what that comes to."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.search import Search
from studio.domain.search_offers import offer_settings
from studio.errors import StudioError
from studio.i18n import Translator
from studio.ui import amounts
from studio.ui.forms import Form, build_field, control_id, list_fields
from studio.ui.header_view import card_title
from studio.ui.page import QUIET, Page, new_key, shared_value
from studio.ui.picker_view import error_value
from studio.ui.search_edits import Checked, Own, Row, as_row, check_search, read_own
from studio.ui.search_view import (
    base_line,
    base_value,
    knob_rows,
    knobs_value,
    plan_value,
    search_plan,
    told_value,
)
from studio.ui.tabs.train_form import dataset_name
from studio.ui.tabs.train_plan import count_lengths

# In sight: how the next settings are chosen, what decides, and what ends the search. The rest is folded away.
CHOICES = ("search.how", "search.judge_by")
LIMITS = ("search.minutes", "search.tries", "search.no_better_tries")
# What a search is given before anybody has said anything: time, which is what people have.
USUAL_MINUTES = 15
# With fewer tries than these there is little to choose between; the card says how long more of them take.
ENOUGH_TRIES = 12


@dataclass(frozen=True)
class Vary:
    """What may be varied; the value of `knobs` holds what somebody has changed of it (`search_edits.read_own`)."""

    base: gr.HTML
    knobs: gr.HTML


@dataclass(frozen=True)
class Setup:
    """What is there before the start."""

    vary: Vary
    form: Form
    plan: gr.HTML
    start: gr.Button

    @property
    def controls(self) -> list[Any]:
        return list(self.form.controls.values())

    def held(self, page: Page) -> list[Any]:
        """Give what a handler needs to know what is asked for."""
        return [page.recipe, self.vary.knobs, *self.controls]

    @property
    def shown(self) -> list[Any]:
        """Give what `look` draws."""
        return [self.vary.base, self.vary.knobs, self.plan, *self.controls]


def build_vary(t: Translator) -> Vary:
    """Lay out what may be varied."""
    card_title(t("search.vary_title"), t("search.vary_info"))
    return Vary(base_line("search-base"), knob_rows("knobs"))


def build_limits(t: Translator, vary: Vary) -> Setup:
    """Lay out how, until when, what that comes to, and the start."""
    fields = {field.path: field for field in list_fields(Search, "search.")}
    with gr.Row():
        controls: dict[str, Any] = {
            path: build_field(t, fields[path], min_width=200) for path in CHOICES
        }
    card_title(t("search.until_title"), t("search.until_info"))
    with gr.Row(elem_id="search-limits"):
        for path in LIMITS:
            controls[path] = build_limit(t, path)
    plan = search_plan("search-plan")
    start = gr.Button(t("search.start"), variant="primary", elem_id="search-start", size="lg")
    with gr.Accordion(
        t("train.advanced"), open=False, elem_id="search-advanced", elem_classes=["advanced"]
    ):
        for path, field in fields.items():
            if path not in controls:
                controls[path] = build_field(t, field)
    return Setup(vary, Form(Recipe, fields, controls), plan, start)


def build_limit(t: Translator, path: str) -> gr.Textbox:
    """Give the control of a limit: a text, since Gradio shows a number that is empty as 0, and takes it for one (6.31)."""
    usual = str(USUAL_MINUTES) if path == "search.minutes" else ""
    label = t(f"fields.{path}")
    return gr.Textbox(usual, label=label, elem_id=control_id(path), max_lines=1, min_width=90)


def wire_setup(page: Page, parts: Setup, tab: gr.Tab) -> None:
    """Let rows and card follow the Train tab's recipe and every change."""
    form, counted, edited = parts.form, shared_value(), shared_value()
    held, shown = parts.held(page), parts.shown

    def look_at(page: Page, base: Any, knobs: Any, *limits: Any) -> list[Any]:
        return look(page, form, base, read_own(knobs), limits)

    def enough(_page: Page, event: gr.EventData) -> str:
        return str(int(event.minutes))

    # One after the other, whoever has moved what: the last one sees everything as it is.
    named: dict[str, Any] = form.controls
    moved: list[Any] = [page.recipe.change, counted.change, edited.change]
    # A text that is pasted is changed, but not put in (Gradio 6.31).
    moved += [
        control.change if path in LIMITS else control.input for path, control in named.items()
    ]
    parts.vary.knobs.vary(None, None, edited, js="() => Math.random()", **QUIET)
    gr.on(moved, page.handler(look_at), held, shown, trigger_mode="always_last", **QUIET)
    minutes: Any = form.controls["search.minutes"]
    parts.plan.enough(page.handler(enough), None, minutes, **QUIET)
    parts.vary.base.train(page.handler(to_train), None, page.tabs, **QUIET)
    # Once somebody looks at this tab: a time is worth little while lengths are guesses.
    tab.select(page.handler(count), page.draft, counted, **QUIET)


def to_train(_page: Page) -> Any:
    """Lead to where the recipe is made."""
    return gr.Tabs(selected="train")


def count(page: Page, draft: Any) -> Any:
    """Count the examples in word pieces; a new mark in any case, since speeds may be known by now."""
    count_lengths(page, is_open=True, draft=draft)
    return new_key()


def look(page: Page, form: Form, base: Any, own: Own, limits: Sequence[Any]) -> list[Any]:
    """Give what a search starts from, the rows, the card, and the controls with what is wrong with them."""
    t = page.t
    told = form.mistakes(t, limits)
    # What the limits mean stands above them once.
    controls = form.tell(t, told, dict.fromkeys(LIMITS, ""))
    try:
        recipe = read_base(base)
    except StudioError as error:
        return [{}, {}, told_value(t, error_value(t, error)), *controls]
    if recipe is None:
        problem = (base or {}).get("problem")
        return [{}, {}, told_value(t, problem) if problem else {}, *controls]
    rows = offered_rows(page, recipe, own)
    checked = check(page, form, recipe, rows, limits)
    names = (recipe.model.id, dataset_name(page, recipe.data.id))
    return [
        base_value(t, recipe, names),
        knobs_value(t, recipe, rows, checked.mistakes, own),
        tell_plan(page, checked, told),
        *controls,
    ]


def read_base(base: Any) -> Recipe | None:
    """Give the recipe of the Train tab; None while it is not there yet, or something is wrong with it.

    Raises:
        StudioError: see `parse_recipe`.
    """
    values = (base or {}).get("values")
    return parse_recipe({**values, "search": None}) if values else None


def offered_rows(page: Page, recipe: Recipe, own: Own) -> list[Row]:
    """Give everything that may be varied, with what somebody has changed of it."""
    rows, layers = None, None
    # Where nothing is known of the data or the model the card says so.
    with suppress(StudioError):
        situation = page.workspace.planner.situation(recipe)
        rows, layers = situation.data.train_rows, situation.model.shape.layers
    return [
        as_row(offer, own["edits"].get(offer.path, {}))
        for offer in offer_settings(recipe, rows, layers)
    ]


def asked_for(page: Page, form: Form, base: Any, own: Own, limits: Sequence[Any]) -> Recipe | None:
    """Give the recipe of the search that is asked for; None where something is wrong with it.

    Raises:
        StudioError: see `parse_recipe`.
    """
    recipe = read_base(base)
    if recipe is None:
        return None
    return check(page, form, recipe, offered_rows(page, recipe, own), limits).recipe


def check(
    page: Page, form: Form, recipe: Recipe, rows: Sequence[Row], limits: Sequence[Any]
) -> Checked:
    """Give the recipe with its search, or what is wrong; the controls say themselves what is wrong with them."""
    if form.mistakes(page.t, limits):
        return Checked(None, {}, page.t("search.mistakes.limits"))
    return check_search(page.t, recipe, list(rows), form.read(limits)["search"])


def tell_plan(page: Page, checked: Checked, told: Mapping[str, str]) -> dict[str, Any]:
    """Give what the search comes to, or what is wrong."""
    t = page.t
    if checked.recipe is None:
        named = [
            f"{t(f'fields.{path}')}: {text}" for path, text in {**checked.mistakes, **told}.items()
        ]
        text = " ".join(named) or checked.problem
        return told_value(t, {"title": t("plan.mistakes"), "text": text})
    try:
        plan = page.workspace.planner.plan_search(checked.recipe)
        if not page.workspace.planner.situation(checked.recipe).data.held_out_rows:
            return told_value(t, error_value(t, StudioError("search.nothing_held_out")))
    except StudioError as error:
        return told_value(t, error_value(t, error))
    return plan_value(t, checked.recipe, plan, enough_minutes(plan.tries, plan.seconds))


def enough_minutes(tries: int, seconds: float) -> int | None:
    """Give in how many minutes there are enough tries; None where there are, or nobody knows."""
    if not tries or tries >= ENOUGH_TRIES:
        return None
    return round_up(seconds / tries * ENOUGH_TRIES / amounts.MINUTE_SECONDS)


def round_up(minutes: float) -> int:
    """Give minutes as people would say them."""
    step = 1 if minutes < 10 else 5 if minutes < 60 else 15
    return max(1, int(-(-minutes // step) * step))
