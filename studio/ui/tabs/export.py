"""Export: one click packs a tuned model, one more brings it to the visitor's own computer."""

from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.i18n import Translator
from studio.ui import amounts
from studio.ui.drawn import drawn
from studio.ui.forms import chooser
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, Live, Page, shared_value
from studio.ui.tabs.playground_columns import newest_usable

# What is in a download, by what the training left.
INSIDE = {
    "adapter": {"adapter": "adapter/", "base": "base/"},
    "model": {"model": "model/"},
}
ALWAYS_INSIDE = {"recipe": "recipe.yaml", "card": "README.md", "script": "chat.py"}
STEPS = ("unpack", "install", "run")


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
        with gr.Column(scale=5, min_width=320, elem_classes=["card"]):
            run = chooser(t("export.run"), "export-run")
            prepare = gr.Button(
                t("export.prepare"), variant="primary", elem_id="prepare", size="lg"
            )
            card = drawn("download", {}, elem_id="download")
        with gr.Column(scale=6, min_width=320, elem_classes=["card"]):
            card_title(t("export.inside_title"))
            inside = drawn("facts", inside_value(t, "adapter"), elem_classes=["wide"])
            card_title(t("export.use_title"))
            drawn("steps", {"steps": [t(f"export.use.{step}") for step in STEPS]})
            compare = gr.Button(
                t("export.compare_first"),
                size="sm",
                elem_id="export-compare",
                elem_classes=["slim"],
            )

    shown, seen = gr.State(None), shared_value()
    live = Live(redraw, [shown, seen], [seen, card, prepare])
    opened: list[Any] = [run, shown, nothing, take, inside, *live.outputs]
    prepare.click(page.handler(prepare_download), run, live.outputs, **QUIET)
    run.input(lambda chosen: chosen, run, page.tuned, **QUIET)
    page.tuned.change(page.handler(open_export), page.tuned, opened, **QUIET)
    tab.select(page.handler(open_export), page.tuned, opened, **QUIET)
    go_train.click(lambda: gr.Tabs(selected="train"), None, page.tabs, **QUIET)
    compare.click(lambda: gr.Tabs(selected="playground"), None, page.tabs, **QUIET)
    return live


def open_export(page: Page, wanted: int | None) -> tuple[Any, ...]:
    """Show the trainings that can be taken home, the wanted one chosen with its download."""
    choices, chosen = newest_usable(page, wanted)
    is_there = chosen is not None
    run = gr.Dropdown(choices=choices, value=chosen)
    visible = gr.Column(visible=not is_there), gr.Row(visible=is_there)
    tuned = page.workspace.jobs.get(chosen).folder.tuned if chosen is not None else None
    inside = inside_value(page.t, tuned.name) if tuned is not None else gr.skip()
    return run, chosen, *visible, inside, *redraw(page, chosen, None)


def inside_value(t: Translator, kind: str) -> dict[str, Any]:
    """Give what is in the download of a training that left an adapter or a whole model."""
    parts = {**INSIDE[kind], **ALWAYS_INSIDE}
    return {"rows": [[part, t(f"export.inside.{key}")] for key, part in parts.items()]}


def prepare_download(page: Page, run_id: int | None) -> tuple[Any, ...]:
    """Pack a training, once; after a failure the next press tries anew."""
    if run_id is not None:
        submit_export(page, run_id)
    return redraw(page, run_id, None)


def submit_export(page: Page, run_id: int) -> Job:
    """Queue the packing of a training under a key that only failures change."""
    failures = sum(job.state in ("failed", "cancelled") for job in exports_of(page, run_id))
    job = page.workspace.submit_export(run_id, None, f"export-of-{run_id}-{failures}")
    page.workspace.ensure_runner()
    return job


def exports_of(page: Page, run_id: int | None) -> list[Job]:
    """Give the packings of a training, newest first."""
    return [job for job in page.workspace.jobs.list("export") if job.parent == run_id]


def redraw(page: Page, run_id: int | None, seen: Any) -> tuple[Any, Any, Any]:
    """Show how the packing stands."""
    job = next(iter(exports_of(page, run_id)), None)
    now = [run_id, job.id if job else None, job.state if job else None]
    if now == seen:
        return (gr.skip(),) * 3
    is_offered = job is None or job.state in ("failed", "cancelled")
    return now, card_value(page, job), gr.Button(visible=is_offered)


def card_value(page: Page, job: Job | None) -> dict[str, Any]:
    """Give what the download card shows: packing, ready with its link, or why it failed."""
    t = page.t
    if job is None:
        return {}
    if job.state == "done":
        file = page.workspace.export_file(job.id)
        return {
            "title": t("export.ready_title"),
            "text": t("export.ready_text", size=amounts.size(file.stat().st_size), name=file.name),
            "href": f"/files/exports/{job.id}",
            "file": file.name,
            "action": t("export.download"),
        }
    if job.error is not None:
        error = t.error(job.error)
        return {
            "title": t("export.failed_title"),
            "text": f"{error.title}. {error.what} {error.fix}",
        }
    if job.state == "cancelled":
        return {"title": t("export.failed_title"), "text": t("states.cancelled")}
    return {"title": t("export.preparing_title"), "text": t("export.preparing_text"), "share": 0}
