"""Export: one click packs a tuned model, one more brings it to the visitor's own computer."""

from typing import Any

import gradio as gr

from studio.domain.export_targets import TARGETS, name_targets, parse_targets
from studio.domain.job import Job
from studio.i18n import Translator
from studio.services.exports import target_of
from studio.ui.drawn import drawn
from studio.ui.exports_view import ENDED_BADLY, exports_value
from studio.ui.forms import chooser
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, Live, Page, changed, only_new
from studio.ui.push_view import pushes_value
from studio.ui.tabs.export_push import build_push, wire_push
from studio.ui.tabs.playground_columns import newest_usable

# What is in every download, whatever its form.
INSIDE = {"recipe": "recipe.yaml", "card": "README.md", "script": "chat.py", "train": "train.py"}
STEPS = ("unpack", "ollama", "talk", "install", "run")


def build(page: Page, tab: gr.Tab) -> Live:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "export")
    with gr.Column(elem_classes=["card"], visible=False) as nothing:
        card_title("", t("export.no_run"))
        go_train = gr.Button(
            t("playground.go_train"), variant="primary", size="sm", elem_classes=["slim"]
        )
    with gr.Row(equal_height=False) as take:
        with gr.Column(scale=6, min_width=320, elem_classes=["card"]):
            run = chooser(t("export.run"), "export-run")
            forms = drawn("exports", {}, elem_id="exports")
            with gr.Accordion(t("export.several"), open=False, elem_classes=["advanced"]):
                several = gr.CheckboxGroup(
                    several_choices(t), label=t("export.several_label"), elem_id="export-several"
                )
                together = gr.Button(t("export.several_prepare"), size="sm", elem_classes=["slim"])
        with gr.Column(scale=5, min_width=320):
            push = build_push(page)
            with gr.Column(elem_classes=["card"]):
                card_title(t("export.inside_title"))
                drawn("facts", inside_value(t), elem_classes=["wide"])
                card_title(t("export.use_title"))
                drawn("steps", {"steps": [t(f"export.use.{step}") for step in STEPS]})
                compare = gr.Button(
                    t("export.compare_first"),
                    size="sm",
                    elem_id="export-compare",
                    elem_classes=["slim"],
                )

    shown = gr.State(None)
    live = Live(redraw, [shown, forms, push.pushes], [forms, push.pushes])
    opened: list[Any] = [run, shown, nothing, take, push.box, push.pushes, forms]
    wire_push(page, push, run, forms)
    forms.take(page.handler(prepare_download), run, forms, **QUIET)
    together.click(page.handler(prepare_several), [run, several], forms, **QUIET)
    forms.stop(page.handler(stop), run, forms, **QUIET)
    run.input(lambda chosen: chosen, run, page.tuned, **QUIET)
    changed(page.tuned)(page.handler(open_export), page.tuned, opened, **QUIET)
    tab.select(page.handler(open_export), page.tuned, opened, **QUIET)
    go_train.click(lambda: gr.Tabs(selected="train"), None, page.tabs, **QUIET)
    compare.click(lambda: gr.Tabs(selected="playground"), None, page.tabs, **QUIET)
    return live


def open_export(page: Page, wanted: int | None) -> tuple[Any, ...]:
    """Show the trainings that can be taken home, the wanted one chosen with its downloads."""
    choices, chosen = newest_usable(page, wanted)
    is_there = chosen is not None
    run = gr.Dropdown(choices=choices, value=chosen)
    visible = gr.Column(visible=not is_there), gr.Row(visible=is_there)
    pushed = gr.Column(visible=False), pushes_value(page.t, page.workspace.pushes, chosen)
    return run, chosen, *visible, *pushed, exports_value(page.t, page.workspace.exports, chosen)


def inside_value(t: Translator) -> dict[str, Any]:
    """Give what is in every download beside the model itself."""
    return {"rows": [[part, t(f"export.inside.{key}")] for key, part in INSIDE.items()]}


def prepare_download(page: Page, run_id: int | None, event: gr.EventData) -> dict[str, Any]:
    """Pack a training as the form that was pressed."""
    if run_id is not None:
        submit_export(page, run_id, str(event.form))
    return exports_value(page.t, page.workspace.exports, run_id)


def several_choices(t: Translator) -> list[tuple[str, str]]:
    """Give the forms of GGUF that can be made together."""
    kept = [target for target in TARGETS.values() if target.kind == "gguf"]
    return [(t(f"export.target.{target.name}.title"), target.name) for target in kept]


def prepare_several(page: Page, run_id: int | None, chosen: list[str]) -> dict[str, Any]:
    """Pack a training as several forms of GGUF in one download."""
    if run_id is not None and chosen:
        submit_export(page, run_id, name_targets(parse_targets(",".join(chosen))))
    return exports_value(page.t, page.workspace.exports, run_id)


def stop(page: Page, run_id: int | None, event: gr.EventData) -> dict[str, Any]:
    """Call a packing off."""
    job = page.workspace.jobs.get(int(event.job))
    if job.kind == "export":
        page.workspace.jobs.request_cancel(job.id)
    return exports_value(page.t, page.workspace.exports, run_id)


def submit_export(page: Page, run_id: int, target: str | None = None) -> Job:
    """Queue the packing of a training, once per form; after a failure the next press tries anew."""
    failures = sum(
        job.state in ENDED_BADLY and target in (None, target_of(job))
        for job in page.workspace.exports.of_run(run_id)
    )
    key = f"export-of-{run_id}-{target or 'as-it-is'}-{failures}"
    job = page.workspace.submit_export(run_id, target, key)
    page.workspace.ensure_runner()
    return job


def redraw(page: Page, run_id: int | None, shown: Any, pushed: Any) -> tuple[Any, Any]:
    """Show how the packings stand, and what is on its way to the Hub."""
    forms = exports_value(page.t, page.workspace.exports, run_id)
    pushes = pushes_value(page.t, page.workspace.pushes, run_id)
    return only_new(shown, forms), only_new(pushed, pushes)
