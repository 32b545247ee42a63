"""Train: a goal, a model, a few settings, one button; then the progress, the curve and the next step."""

import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.recipe import Recipe, parse_recipe
from studio.i18n import Translator
from studio.ui.charts import curve_value, loss_chart
from studio.ui.drafts import new_draft
from studio.ui.forms import Form, build_field, chooser, list_fields
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, SWIFT, Live, Page, new_key
from studio.ui.picker_view import dataset_title
from studio.ui.runs_view import usable
from studio.ui.status_view import run_status, status_value

CHOSEN_PATHS = ("model.id", "data.id")
BASIC_PATHS = ("method.type", "training.epochs", "training.learning_rate")
# After Start: to the first mistake, or to the progress.
SHOW_RESULT = """() => {
  const mistake = document.querySelector('.wrong');
  if (mistake) mistake.scrollIntoView({ block: 'center', behavior: 'smooth' });
  else document.querySelector('#status')?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
}"""
# A second press within this time asks for the same training, not for another one.
DOUBLE_PRESS_SECONDS = 3.0


def build(page: Page, _tab: gr.Tab) -> Live:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "train")
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320, elem_classes=["card"]):
            goal = chooser(t("train.recipe"), "goal", info=t("train.recipe_info"))
            form, advanced = build_form(t)
            start = gr.Button(t("train.start"), variant="primary", elem_id="start", size="lg")
        with gr.Column(scale=7, min_width=320, elem_classes=["stack", "beside"]):
            with gr.Column(elem_classes=["card"]):
                status = run_status(t, "train.empty", "status")
                with gr.Row(visible=False, elem_classes=["next-row"]) as stop_row:
                    stop = gr.Button(
                        t("train.stop"), elem_id="stop", elem_classes=["stop-act"], size="sm"
                    )
                with gr.Row(visible=False, elem_classes=["next-row"]) as next_row:
                    compare = gr.Button(
                        t("train.next_compare"),
                        variant="primary",
                        elem_id="next-compare",
                        size="sm",
                    )
                    download = gr.Button(
                        t("train.next_download"), elem_id="next-download", size="sm"
                    )
                    again = gr.Button(t("train.next_again"), elem_id="next-again", size="sm")
            with gr.Column(elem_classes=["card"]):
                card_title(t("train.chart"), t("train.chart_info"))
                chart = loss_chart(t, "chart")

    seen, pressed = gr.State(None), gr.State(None)
    controls: list[Any] = list(form.controls.values())
    own: list[Any] = [
        control for path, control in form.controls.items() if path not in CHOSEN_PATHS
    ]
    live = Live(redraw, [page.run, seen], [page.run, seen, status, chart, stop_row, next_row])

    def fill(page: Page, draft: dict[str, Any]) -> list[Any]:
        recommended = page.workspace.recipes.load(draft["recipe"])
        values = form.write(parse_recipe(draft["values"]))
        changed = form.differences(values, recommended, advanced_paths(form))
        chosen = gr.Dropdown(
            choices=recipe_choices(page),
            value=draft["recipe"],
            info=recipe_text(page, draft["recipe"]),
        )
        return [chosen, *fill_form(page, form, values), advanced_title(page.t, changed)]

    def count_changes(page: Page, name: str, *values: Any) -> Any:
        recommended = page.workspace.recipes.load(name)
        return advanced_title(page.t, form.differences(values, recommended, advanced_paths(form)))

    def submit(page: Page, *values: Any) -> tuple[Any, ...]:
        *settings, name, pressed = values
        mistakes = form.mistakes(t, settings)
        told = form.tell(t, mistakes)
        if mistakes:
            is_folded = not mistakes.keys().isdisjoint(advanced_paths(form))
            opened = gr.Accordion(open=True) if is_folded else gr.skip()
            return *told, opened, pressed, *[gr.skip()] * len(live.outputs)
        job, pressed = start_training(page, form.read(settings), name, pressed)
        return *told, gr.skip(), pressed, *redraw(page, job.id, None)

    page.draft.change(page.handler(fill), page.draft, [goal, *controls, advanced], **SWIFT)
    goal.input(page.handler(choose_goal), [goal, form.controls["data.id"]], page.draft, **QUIET)
    gr.on(
        [control.input for control in own],
        page.handler(count_changes),
        [goal, *controls],
        advanced,
        trigger_mode="always_last",
        **SWIFT,
    )
    start.click(
        page.handler(submit),
        [*controls, goal, pressed],
        [*controls, advanced, pressed, *live.outputs],
        **QUIET,
    ).then(None, js=SHOW_RESULT, api_visibility="private")
    stop.click(page.handler(stop_training), page.run, [status, stop_row], **QUIET)
    compare.click(page.handler(go_to("playground")), page.run, [page.tuned, page.tabs], **QUIET)
    download.click(page.handler(go_to("export")), page.run, [page.tuned, page.tabs], **QUIET)
    again.click(page.handler(try_again), page.run, [page.draft], **QUIET)
    return live


def build_form(t: Translator) -> tuple[Form, gr.Accordion]:
    """Give the recipe's form: what is chosen and the few basic settings in sight, the rest folded away."""
    fields = {field.path: field for field in list_fields(Recipe)}
    controls: dict[str, Any] = {}
    for path in CHOSEN_PATHS:
        label = t(f"fields.{path}")
        controls[path] = chooser(label, f"field-{path.replace('.', '-')}", info=t.help(path))
    controls["method.type"] = build_field(t, fields["method.type"])
    with gr.Row():
        for path in BASIC_PATHS[1:]:
            controls[path] = build_field(t, fields[path], min_width=180)
    with gr.Accordion(
        t("train.advanced"), open=False, elem_id="advanced", elem_classes=["advanced"]
    ) as advanced:
        for path, field in fields.items():
            if path not in controls:
                controls[path] = build_field(t, field)
    return Form(Recipe, fields, controls), advanced


def advanced_paths(form: Form) -> list[str]:
    """Give the paths of the folded settings."""
    return [path for path in form.controls if path not in (*CHOSEN_PATHS, *BASIC_PATHS)]


def advanced_title(t: Translator, changed: int) -> Any:
    """Give the title of the folded part: how many of its settings differ from the recommended ones."""
    return gr.Accordion(
        label=t("train.advanced_changed", n=changed) if changed else t("train.advanced")
    )


def fill_form(page: Page, form: Form, values: Sequence[Any]) -> list[Any]:
    """Give the controls their values, without marks of mistakes; models and data sets become choices."""
    workspace, t = page.workspace, page.t
    models = [
        (
            t("train.model_parameters", name=model.name, millions=f"{model.parameters / 1e6:,.1f}"),
            model.id,
        )
        for model in workspace.models.list()
    ]
    data = [(dataset_title(t, dataset), dataset.id) for dataset in workspace.datasets.list()]
    choices = {"model.id": {"choices": models}, "data.id": {"choices": data}}
    fresh = zip(form.controls, form.tell(t, {}), values, strict=True)
    return [{**plain, **choices.get(path, {}), "value": value} for path, plain, value in fresh]


def recipe_choices(page: Page) -> list[tuple[str, str]]:
    """Give the recipes as choices: what each is for."""
    titles = {name: f"recipes.{name}.title" for name in page.workspace.recipes.names()}
    return [(page.t(key) if page.t.has(key) else name, name) for name, key in titles.items()]


def recipe_text(page: Page, name: str) -> str:
    """Give what a recipe is for, in a sentence."""
    key = f"recipes.{name}.what"
    return page.t(key) if page.t.has(key) else page.t("train.recipe_info")


def choose_goal(page: Page, name: str, dataset_id: str) -> dict[str, Any]:
    """Fill in a recipe. A file of one's own stays chosen; a sample gives way to the recipe's."""
    is_own = bool(dataset_id) and not page.workspace.datasets.get(dataset_id).is_sample
    return new_draft(page, recipe=name, data=dataset_id if is_own else None)


def start_training(
    page: Page, values: dict[str, Any], name: str, pressed: dict[str, Any] | None
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


def stop_training(page: Page, run_id: int | None) -> tuple[Any, Any]:
    """Ask the training to stop; what it has learned so far is kept."""
    if run_id is None:
        return gr.skip(), gr.skip()
    job = page.workspace.jobs.request_cancel(run_id)
    status = status_value(page.t, page.workspace.runs.snapshot(job.id))
    return status, gr.Row(visible=False)


def try_again(page: Page, run_id: int) -> dict[str, Any]:
    """Fill in the settings of a training, ready for a change."""
    gr.Info(page.t("train.again_ready"), title="", duration=4)
    return new_draft(page, like=run_id)


def go_to(tab: str) -> Any:
    """Give a handler that takes a training to another tab."""

    def go(page: Page, run_id: int | None) -> tuple[Any, Any]:
        return run_id, gr.Tabs(selected=tab)

    return go


def redraw(page: Page, run_id: int | None, seen: Any) -> tuple[Any, ...]:
    """Show how the followed training stands; nothing is sent where nothing has changed."""
    run_id = follow(page.workspace.jobs.list("train", 50), run_id)
    if run_id is None:
        return None, seen, *[gr.skip()] * 4
    snapshot = page.workspace.runs.snapshot(run_id)
    job = snapshot.job
    is_stopping = job.folder.cancel.exists()
    now = [run_id, job.state, job.queue_place, snapshot.events, is_stopping]
    if now == seen:
        return run_id, seen, *[gr.skip()] * 4
    return (
        run_id,
        now,
        status_value(page.t, snapshot),
        curve_value(page.t, snapshot),
        gr.Row(visible=not job.is_final and not is_stopping),
        gr.Row(visible=bool(usable([job]))),
    )


def follow(jobs: Sequence[Job], run_id: int | None) -> int | None:
    """Give the training to show: the followed one while it goes on, else the one that runs, else the newest."""
    followed = next((job for job in jobs if job.id == run_id), None)
    if followed is not None and not followed.is_final:
        return followed.id
    active = sorted(
        (job for job in jobs if not job.is_final), key=lambda job: (job.state != "running", job.id)
    )
    if active:
        return active[0].id
    return followed.id if followed else (jobs[0].id if jobs else None)
