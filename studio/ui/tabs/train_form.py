"""Train, the form: what is chosen, the few basic settings, the rest folded away by group."""

from collections.abc import Iterable, Sequence
from typing import Any

import gradio as gr

from studio.domain.recipe import EXCLUDABLE, Recipe, barred_settings, parse_recipe
from studio.errors import StudioError
from studio.i18n import Translator
from studio.ui.drafts import Draft
from studio.ui.drawn import drawn
from studio.ui.forms import Form, build_field, chooser, control_id, list_fields
from studio.ui.page import Page
from studio.ui.picker_view import dataset_title
from studio.ui.runs_view import run_choices, usable
from studio.ui.settings_view import settings_value

CHOSEN_PATHS = ("model.id", "model.continue_from", "data.id")
# What the choice to go on with nothing holds.
AFRESH = ""
BASIC_PATHS = ("method.type", "training.epochs", "training.learning_rate")
# The folded settings by what they are about; what is named nowhere comes last, with the machine.
GROUPS: dict[str, tuple[str, ...]] = {
    "method": ("method.", "objective."),
    "pace": (
        "training.max_steps",
        "training.batch_rows",
        "training.accumulation_steps",
        "training.warmup_steps",
        "training.schedule",
        "training.weight_decay",
    ),
    "checks": (
        "data.held_out_percent",
        "training.eval_every_steps",
        "training.watch_prompts",
        "training.keep",
        "training.patience_evals",
        "training.most_rise_percent",
    ),
    "examples": (
        "data.",
        "training.max_length_tokens",
        "training.too_long",
        "training.overlap_tokens",
        "training.packing",
    ),
    "elsewhere": ("tracking.",),
    "machine": ("",),
}


def build_choice(t: Translator, path: str) -> gr.Dropdown:
    """Give the control of what is trained, or on what."""
    return chooser(t(f"fields.{path}"), control_id(path), info=t.help(path))


def build_basic(t: Translator) -> dict[str, Any]:
    """Give the controls of the few basic settings."""
    fields = {field.path: field for field in list_fields(Recipe)}
    controls: dict[str, Any] = {"method.type": build_field(t, fields["method.type"])}
    with gr.Row():
        for path in BASIC_PATHS[1:]:
            controls[path] = build_field(t, fields[path], min_width=180)
    return controls


def build_advanced(t: Translator) -> tuple[dict[str, Any], gr.Accordion]:
    """Give the controls of all other settings, by group."""
    left = [field for field in list_fields(Recipe) if field.path not in CHOSEN_PATHS + BASIC_PATHS]
    controls: dict[str, Any] = {}
    with gr.Accordion(
        t("train.advanced"), open=False, elem_id="advanced", elem_classes=["advanced"]
    ) as advanced:
        for group, starts in GROUPS.items():
            own = [field for field in left if field.path.startswith(starts)]
            left = [field for field in left if field not in own]
            if own:
                with gr.Group(elem_classes=["field-group"]):
                    title = {"title": t(f"settings.group.{group}"), "level": "h4"}
                    drawn("lead", title, elem_classes=["group-title"])
                    for field in own:
                        controls[field.path] = build_field(t, field)
    return controls, advanced


def make_form(controls: dict[str, Any]) -> Form:
    """Give the form of these controls."""
    return Form(Recipe, {field.path: field for field in list_fields(Recipe)}, controls)


def advanced_paths(form: Form) -> list[str]:
    """Give the paths of the folded settings."""
    return [path for path in setting_paths(form) if path not in BASIC_PATHS]


def setting_paths(form: Form) -> list[str]:
    """Give the paths of everything that is recommended, not chosen."""
    return [path for path in form.controls if path not in CHOSEN_PATHS]


def seen_in(form: Form, draft: Draft, settings: Sequence[Any], kept: Iterable[str] = ()) -> Draft:
    """Give the draft with what the form held when it was worked out, but for `kept` paths, which stay as they are."""
    kept = set(kept)
    seen = {p: v for p, v in zip(form.controls, settings, strict=True) if p not in kept}
    return {**draft, "seen": seen}


def merged(form: Form, draft: Draft, now: Sequence[Any]) -> list[Any]:
    """Give what the form is to hold: the draft, but what somebody has changed since it was worked out."""
    wanted, seen = form.write(parse_recipe(draft["values"])), draft["seen"]
    if seen is None:
        return wanted
    return [
        fresh if path in seen and seen[path] == value else value
        for path, fresh, value in zip(form.controls, wanted, now, strict=True)
    ]


def valid_settings(page: Page, form: Form, draft: Draft, settings: Sequence[Any]) -> dict[str, Any]:
    """Give the nested values of the form, where something is wrong with one the draft's instead."""
    mistaken = form.mistakes(page.t, settings)
    before = form.write(parse_recipe(draft["values"]))
    good = [
        old if path in mistaken else value
        for path, value, old in zip(form.controls, settings, before, strict=True)
    ]
    return draft["values"] if mistaken and form.mistakes(page.t, good) else form.read(good)


def fill_form(
    page: Page, form: Form, draft: Draft, values: Sequence[Any], now: Sequence[Any]
) -> list[Any]:
    """Give the controls that hold something else `now` their values, without marks of mistakes.

    Models and data sets become choices. A form that holds no draft yet is written as a whole: what is empty would come
    back from the browser as 0.
    """
    t = page.t
    model_id = str(values[list(form.controls).index("model.id")])
    data = [(dataset_title(t, dataset), dataset.id) for dataset in page.workspace.datasets.list()]
    starts = start_choices(page, model_id)
    further = values[list(form.controls).index("model.continue_from")]
    choices: dict[str, dict[str, Any]] = {
        "model.id": {"choices": model_choices(page, model_id)},
        # Where there is nothing to go on from there is nothing to ask.
        "model.continue_from": {"choices": starts, "visible": len(starts) > 1 or bool(further)},
        "data.id": {"choices": data},
    }
    barred = barred_settings(parse_recipe(draft["values"]).method)
    choices |= {path: {"interactive": path not in barred} for path in EXCLUDABLE}
    told = form.tell(t, {}, form_notes(t, form, values))
    return [
        {**plain, **choices.get(path, {}), "value": AFRESH if is_afresh(path, value) else value}
        if draft["seen"] is None or value != old or path in choices or path == "method.type"
        else gr.skip()
        for path, plain, value, old in zip(form.controls, told, values, now, strict=True)
    ]


def is_afresh(path: str, value: Any) -> bool:
    """Tell whether a control says that nothing is gone on with; a dropdown cannot hold nothing."""
    return path == "model.continue_from" and value is None


def form_notes(t: Translator, form: Form, values: Sequence[Any]) -> dict[str, str]:
    """Give what the chosen method is, and why it keeps some settings off."""
    kind = str(values[list(form.controls).index("method.type")])
    barred = barred_settings(parse_recipe({"method": {"type": kind}}).method)
    name = t(f"choices.method.type.{kind}")
    reasons = {path: t(f"settings.barred.{why}", method=name) for path, why in barred.items()}
    return {"method.type": t.method(kind), **reasons}


def start_choices(page: Page, model_id: str) -> list[tuple[str, Any]]:
    """Give the trainings of a model that can be gone on with, and to start afresh."""
    runs = page.workspace.runs
    jobs = [
        job
        for job in usable(page.workspace.jobs.list("train"))
        if runs.spec(job.id)["recipe"]["model"]["id"] == model_id
    ]
    return [(page.t("train.afresh"), AFRESH), *run_choices(page.t, jobs)]


def model_choices(page: Page, chosen: str) -> list[tuple[str, str]]:
    """Give the models on this disk as choices, and the chosen one wherever it is."""
    named = [
        (
            page.t(
                "train.model_parameters",
                name=model.name,
                millions=f"{model.parameters / 1e6:,.1f}",
            ),
            model.id,
        )
        for model in page.workspace.models.list()
    ]
    return named if chosen in [model_id for _, model_id in named] else [*named, (chosen, chosen)]


def dataset_name(page: Page, dataset_id: str) -> str:
    """Give what a data set is called; its id where it is gone."""
    try:
        return dataset_title(page.t, page.workspace.datasets.get(dataset_id))
    except StudioError:
        return dataset_id


def bar_value(page: Page, form: Form, draft: Draft, values: Sequence[Any]) -> dict[str, Any]:
    """Give which settings differ from the recommended ones."""
    recommended = Recipe.model_validate(draft["recommended"])
    return settings_value(page.t, form, list(values), recommended, setting_paths(form))


def with_draft(values: dict[str, Any], draft: Draft | None) -> dict[str, Any]:
    """Give the form's values with the draft's further data sets, which have no control, unless the data is another."""
    data = draft["values"]["data"] if draft else {}
    if data.get("id") != values["data"]["id"]:
        return values
    return {**values, "data": {**values["data"], "mix": data.get("mix", {})}}


def recipe_value(page: Page, form: Form, draft: Draft, settings: Sequence[Any]) -> dict[str, Any]:
    """Give the recipe that the form holds, or what is wrong with it, for who builds on it."""
    t = page.t
    mistakes = form.mistakes(t, settings)
    if mistakes:
        named = [f"{t(f'fields.{path}')}: {text}" for path, text in mistakes.items()]
        return {"problem": {"title": t("plan.mistakes"), "text": " ".join(named)}}
    return {"values": with_draft(form.read(settings), draft)}
