"""The two-minute tour: offered to a visitor without trainings, it trains the quick start, then leads on.

What is remembered lies in the browser (`BrowserState` with a fixed key): which training is the tour's, and how far it got.
"""

from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.ui.drawn import drawn
from studio.ui.page import QUIET, Live, Page, new_key, only_new
from studio.ui.tabs.export import submit_export

STEPS = ("train", "compare", "download")
RECIPE = "quickstart"
Memory = dict[str, Any]


def tour_card() -> gr.HTML:
    """Give the card above the tabs, empty at first."""
    return drawn("tour", {}, elem_id="tour")


def tour_memory() -> gr.BrowserState:
    """Give what the browser remembers; the fixed key and secret let it survive a restart of the server."""
    return gr.BrowserState({}, storage_key="tuning-studio.tour", secret="tuning-studio")  # noqa: S106  hides nothing


def wire_tour(page: Page, card: gr.HTML, memory: gr.BrowserState) -> Live:
    """Connect the card with the page."""
    outputs: list[Any] = [memory, card, page.run, page.tuned, page.tabs]
    card.go(page.handler(go), memory, outputs, **QUIET)
    card.leave(page.handler(leave), memory, [memory, card], **QUIET)
    return Live(redraw, [memory, card], [card])


def go(page: Page, memory: Memory, event: gr.EventData) -> tuple[Any, ...]:
    """Take the step that the card offers."""
    action, run_id = str(event.action), memory.get("run")
    tab: Any = gr.skip()
    if action == "start":
        recipe = page.workspace.recipes.load(RECIPE)
        run_id = page.workspace.submit_training(recipe, new_key()).id
        page.workspace.ensure_runner()
        memory, tab = {"run": run_id, "at": 1}, gr.Tabs(selected="train")
    elif action == "compare":
        memory, tab = {**memory, "at": 2}, gr.Tabs(selected="playground")
    elif action == "download" and run_id is not None:
        submit_export(page, run_id)
        memory, tab = {**memory, "at": 3}, gr.Tabs(selected="export")
    elif action == "finish":
        memory, tab = {"left": True}, gr.Tabs(selected="data")
    followed = run_id if action == "start" else gr.skip()
    tuned = run_id if action in ("compare", "download") else gr.skip()
    return memory, card_value(page, memory), followed, tuned, tab


def leave(page: Page, memory: Memory) -> tuple[Memory, dict[str, Any]]:
    """Close the tour for good."""
    return {"left": True}, {}


def redraw(page: Page, memory: Memory | None, shown: Any) -> tuple[Any]:
    """Show the step that the tour is at."""
    return (only_new(shown, card_value(page, memory or {})),)


def card_value(page: Page, memory: Memory) -> dict[str, Any]:
    """Give the card: an offer to the newcomer, the step to take, or nothing."""
    if memory.get("left"):
        return {}
    jobs = {job.id: job for job in page.workspace.jobs.list("train")}
    job = jobs.get(memory.get("run", -1))
    if job is None:
        return {} if jobs else step_value(page, 0, "offer", "start")
    if not job.is_final:
        name = "queued" if job.state == "queued" else "running"
        return {**step_value(page, 0, name, None), "share": share(page, job)}
    if job.folder.tuned is None:
        return step_value(page, 0, "failed", "start")
    names = {1: ("done", "compare"), 2: ("compared", "download"), 3: ("finished", "finish")}
    at = int(memory.get("at", 1))
    name, does = names.get(at, names[1])
    return step_value(page, at, name, does)


def share(page: Page, job: Job) -> float:
    """Give how much of the training is done, in whole percent so that the card is not redrawn for less."""
    snapshot = page.workspace.runs.snapshot(job.id)
    return round(snapshot.step / snapshot.total_steps, 2) if snapshot.total_steps else 0.0


def step_value(page: Page, at: int, name: str, does: str | None) -> dict[str, Any]:
    """Give the texts of one step."""
    t = page.t
    return {
        "steps": [t(f"tour.step_{step}") for step in STEPS],
        "at": at,
        "title": t(f"tour.{name}_title"),
        "text": t(f"tour.{name}_text"),
        "action": t(f"tour.{name}_action") if does else None,
        "does": does,
        "leave": t("tour.leave"),
        "share": None,
    }
