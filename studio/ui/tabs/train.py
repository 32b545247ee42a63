"""Train: a goal, a model, a few settings, one button; then the progress, the curve and the next step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.recipe import parse_recipe
from studio.ui.drafts import Draft
from studio.ui.forms import Form
from studio.ui.goals_view import goal_cards, reason_list, reasons_value
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, Live, Page, changed, new_key, shared_value
from studio.ui.picker_view import notice
from studio.ui.plan_view import plan_card
from studio.ui.settings_view import settings_bar
from studio.ui.tabs import train_model, train_plan, train_take
from studio.ui.tabs.train_after import build_after, redraw, wire_after
from studio.ui.tabs.train_form import (
    CHOSEN_PATHS,
    advanced_paths,
    bar_value,
    build_advanced,
    build_basic,
    build_choice,
    fill_form,
    form_notes,
    make_form,
    merged,
    recipe_value,
    seen_in,
    with_draft,
)
from studio.ui.tabs.train_model import ModelParts, build_model, wire_model

# After Start: to the first mistake, or to the progress.
SHOW_RESULT = """() => {
  const mistake = document.querySelector('.wrong');
  if (mistake) mistake.scrollIntoView({ block: 'center', behavior: 'smooth' });
  else document.querySelector('#status')?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
}"""
# What was worked out of a draft must not undo what somebody has chosen meanwhile; it is worked out again instead.
TAKE_IF_NEWEST = """(fresh, draft, counted) => {
  return fresh.of === draft.mark ? [fresh.draft, counted] : [draft, counted + '+'];
}"""
# A second press within this time asks for the same training, not for another one.
DOUBLE_PRESS_SECONDS = 3.0


@dataclass(frozen=True)
class Before:
    """What is there before the start."""

    form: Form
    model: ModelParts
    goals: gr.HTML
    reasons: gr.HTML
    bar: gr.HTML
    advanced: gr.Accordion
    mixed: gr.HTML
    plan: gr.HTML
    start: gr.Button
    mark: gr.HTML
    """The mark of the draft that the controls hold; a draft reaches them a moment after it was made."""

    @property
    def controls(self) -> list[Any]:
        return list(self.form.controls.values())

    @property
    def held(self) -> list[Any]:
        """Give what a handler needs to know what the form says: draft, check of the model, controls."""
        return [self.model.check, *self.controls]


def build(page: Page, tab: gr.Tab) -> Live:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "train")
    with gr.Column(elem_classes=["card"]):
        card_title(t("goals.title"), t("train.goals_info"))
        goals = goal_cards("goals")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320, elem_classes=["card"]):
            controls = {"model.id": build_choice(t, "model.id")}
            model = build_model(page)
            controls["model.continue_from"] = build_choice(t, "model.continue_from")
            controls["data.id"] = build_choice(t, "data.id")
            controls |= build_basic(t)
            reasons = reason_list("reasons")
            mixed = notice("train-mix")
            start = gr.Button(t("train.start"), variant="primary", elem_id="start", size="lg")
            bar = settings_bar(t, "settings")
            folded, advanced = build_advanced(t)
        with gr.Column(scale=7, min_width=320, elem_classes=["stack", "beside"]):
            with gr.Column(elem_classes=["card"]):
                plan = plan_card("plan")
            after = build_after(page)
    form = make_form({**controls, **folded})
    before = Before(form, model, goals, reasons, bar, advanced, mixed, plan, start, shared_value())
    followed = after.outputs(page)
    wire_before(page, before)
    wire_counting(page, before, tab)
    wire_start(page, before, followed)
    wire_after(page, after)
    return Live(
        redraw_all,
        [*after.inputs(page), *model.live_inputs],
        [*followed, *model.live_outputs],
    )


def wire_before(page: Page, parts: Before) -> None:
    """Fill the form with drafts, and let goals and plan follow it."""
    form = parts.form
    redrafting = (*CHOSEN_PATHS, "method.type")
    own: list[Any] = [form.controls[path] for path in form.controls if path not in redrafting]
    held: list[Any] = [page.draft, *parts.held]

    def fill(page: Page, draft: Draft, _check: Any, *now: Any) -> list[Any]:
        values = merged(form, draft, now)
        return [
            train_plan.tell_goals(page, draft),
            reasons_value(page.t, draft),
            *fill_form(page, form, draft, values, now),
            train_plan.tell_mix(page, draft, None),
            train_model.tell_models(page, draft["values"]["model"]["id"]),
            recipe_value(page, form, draft, values),
            draft["mark"],
        ]

    def moved(page: Page, draft: Draft, check: Any, *values: Any) -> tuple[Any, ...]:
        plan = train_plan.tell_plan(page, form, draft, check, values)
        recipe = recipe_value(page, form, draft, values)
        return bar_value(page, form, draft, values), plan, recipe

    def pick(page: Page, event: gr.EventData, draft: Draft, check: Any, *values: Any) -> Draft:
        fresh = train_plan.choose_goal(page, form, str(event.id), draft, check, values)
        return seen_in(form, fresh, values)

    def fit(page: Page, draft: Draft, check: Any, *values: Any) -> Draft:
        return seen_in(form, train_plan.make_fit(page, form, draft, check, values), values)

    def reset(page: Page, draft: Draft, _check: Any, *values: Any) -> Draft:
        return seen_in(form, train_plan.reset(page, form, draft, values), values)

    filled: list[Any] = [parts.goals, parts.reasons, *parts.controls, parts.mixed]
    # Values arrive one by one: only what follows the answer knows that all of them are there.
    arrived = shared_value()
    filled += [parts.model.models, page.recipe, arrived]
    changed(page.draft)(page.handler(fill), held, filled, **QUIET).then(
        None, arrived, parts.mark, js="(mark) => mark", **QUIET
    )
    # One after the other, whoever has moved what: the last one sees the form as it is.
    gr.on(
        [parts.mark.change, *(control.input for control in own)],
        page.handler(moved),
        held,
        [parts.bar, parts.plan, page.recipe],
        trigger_mode="always_last",
        **QUIET,
    )
    for path, handler in {
        "data.id": train_plan.settle,
        "method.type": train_plan.change_method,
        "model.continue_from": train_plan.choose_start,
    }.items():
        control: Any = form.controls[path]
        control.input(
            page.handler(around_mistakes(form, handler)),
            held,
            page.draft,
            trigger_mode="always_last",
            **QUIET,
        )
    wire_model(page, form, parts.model, held)
    train_take.wire_take(page, form, parts.model, held)
    parts.goals.pick(page.handler(pick), held, page.draft, trigger_mode="multiple", **QUIET)
    parts.plan.fit(page.handler(fit), held, page.draft, **QUIET)
    parts.bar.reset(page.handler(reset), held, page.draft, **QUIET)
    parts.bar.open(page.handler(unfold), None, parts.advanced, **QUIET)


def around_mistakes(form: Form, work_out: Callable[..., Draft]) -> Callable[..., Draft]:
    """Let what is wrong stay in the form, to be seen, while the rest follows what `work_out` gives."""

    def work(page: Page, draft: Draft, check: Any, *values: Any) -> Draft:
        fresh = work_out(page, form, draft, check, values)
        return seen_in(form, fresh, values, form.mistakes(page.t, values))

    return work


def wire_counting(page: Page, parts: Before, tab: gr.Tab) -> None:
    """Count the examples in word pieces once somebody looks at this tab, and work out anew what was a guess until then."""
    is_open, counted, fresh = gr.State(False), shared_value(), shared_value()
    seen: list[Any] = [is_open, page.draft]

    def recount(page: Page, mark: str | None, draft: Draft, check: Any, *values: Any) -> Any:
        form = parts.form
        if mark != draft["mark"]:
            # The draft has not reached the form yet; it will, before this answer does.
            values = tuple(form.write(parse_recipe(draft["values"])))
        worked_out = around_mistakes(form, train_plan.settle)(page, draft, check, *values)
        return {"of": draft["mark"], "draft": worked_out}

    tab.select(lambda: True, None, is_open, **QUIET).then(
        page.handler(train_plan.count_lengths), seen, counted, **QUIET
    )
    changed(page.draft)(page.handler(train_plan.count_lengths), seen, counted, **QUIET)
    held: list[Any] = [parts.mark, page.draft, *parts.held]
    counted.change(page.handler(recount), held, fresh, **QUIET)
    fresh.change(
        None, [fresh, page.draft, counted], [page.draft, counted], js=TAKE_IF_NEWEST, **QUIET
    )


def wire_start(page: Page, parts: Before, followed: list[Any]) -> None:
    """Start a training, or mark what is wrong with the settings."""
    form, pressed = parts.form, gr.State(None)

    def submit(page: Page, *values: Any) -> tuple[Any, ...]:
        *settings, pressed, draft = values
        mistakes = form.mistakes(page.t, settings)
        told = form.tell(page.t, mistakes, form_notes(page.t, form, settings))
        if mistakes:
            is_folded = not mistakes.keys().isdisjoint(advanced_paths(form))
            opened = gr.Accordion(open=True) if is_folded else gr.skip()
            return *told, opened, pressed, *[gr.skip()] * len(followed)
        job, pressed = start_training(page, with_draft(form.read(settings), draft), pressed)
        return *told, gr.skip(), pressed, job.id, *redraw(page, job.id, None)[1:]

    parts.start.click(
        page.handler(submit),
        [*parts.controls, pressed, page.draft],
        [*parts.controls, parts.advanced, pressed, *followed],
        **QUIET,
    ).then(None, js=SHOW_RESULT, api_visibility="private")


def unfold(_page: Page) -> Any:
    """Open the folded settings."""
    return gr.Accordion(open=True)


def start_training(
    page: Page, values: dict[str, Any], pressed: dict[str, Any] | None
) -> tuple[Job, dict[str, Any]]:
    """Queue a training; the same settings pressed twice in a moment give the same one."""
    recipe, now = parse_recipe(values), time.time()
    wanted = recipe.model_dump_json()
    is_double = (
        pressed and pressed["wanted"] == wanted and now - pressed["time"] < DOUBLE_PRESS_SECONDS
    )
    key = pressed["key"] if pressed and is_double else new_key()
    job = page.workspace.submit_training(recipe, key)
    page.workspace.ensure_runner()
    return job, {"wanted": wanted, "time": now, "key": key}


def redraw_all(
    page: Page, run_id: int | None, seen: Any, acts: Any, *downloads: Any
) -> tuple[Any, ...]:
    """Show how the followed training and the downloads stand."""
    return *redraw(page, run_id, seen, acts), *train_model.redraw_work(page, *downloads)
