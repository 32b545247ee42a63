"""What the parts of the Data tab share: the states of one visitor, and how a change of the data set is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import Step
from studio.domain.job import Job
from studio.ui.examples_view import PAGE_ROWS, View
from studio.ui.page import QUIET, Page, new_key
from studio.ui.tabs.data_limits import Kept, Limits, Stored

INNER = ("examples", "columns", "lengths", "health", "topics", "held-out", "mix")
# So many of a visitor's own jobs are remembered, to tell how they ended.
MOST_ASKED = 20


@dataclass(frozen=True)
class Board:
    """The shared states and components. `shown` is redrawn with the data set; `live` follows its jobs."""

    page: Page
    view: gr.State
    """What the table of examples shows (`View`)."""
    limits: gr.HTML
    """The model and the lengths to show examples for (`Limits`)."""
    asked: gr.State
    """Numbers of the imports and changes that this visitor asked for and has not seen the end of."""
    pending: gr.State
    """Files that wait for somebody to say what their columns are."""
    mix: gr.State
    """Percent of further data sets in the training, by id."""
    inner: gr.Tabs
    live_inputs: list[Any]
    live_outputs: list[Any]
    redraw: Callable[..., Any]
    follow: Callable[..., Any]

    def redraw_after(self, event: Any) -> None:
        """Show what was asked for at once, and what it has made as soon as that is there."""
        for redraw in (self.redraw, self.follow):
            event = event.then(
                self.page.handler(redraw), self.live_inputs, self.live_outputs, **QUIET
            )


def is_open_script(inner: str) -> str:
    """Give what puts in the place of an event's first input whether an inner tab is open.

    Looking at a file or counting takes a second, so it is done only for somebody who sees it.
    """
    tab = f'#data-inner [role="tab"][data-tab-id="{inner}"]'
    return f"(_, ...rest) => [document.querySelector('{tab}')?.ariaSelected === 'true', ...rest]"


def change(page: Page, dataset_id: str, step: Step, asked: list[int]) -> list[int]:
    """Ask for a change of a data set and give the visitor's jobs with it."""
    return with_job(page, page.workspace.submit_change(dataset_id, step, new_key()), asked)


def with_job(page: Page, job: Job, asked: list[int]) -> list[int]:
    """Give the visitor's jobs with a new one, and see to it that somebody does it."""
    page.workspace.ensure_runner()
    return [*(asked or []), job.id][-MOST_ASKED:]


def filtered(stored: Kept, chosen_filter: str) -> Stored:
    """Give a view of all that one filter lets through."""
    return replace(
        View.from_json(stored), search="", part="", filter=chosen_filter, offset=0, chosen=None
    ).to_json()


def opened_at(page: Page, dataset_id: str, stored: Kept, place: int, limits: Limits) -> Stored:
    """Give the view turned to the page with a row; a filter that hides the row is lifted."""
    view = View.from_json(stored)
    for wanted in (view, View()):
        places = page.workspace.datasets.select(
            dataset_id, wanted.row_view(limits.model_here(page), limits.tokens)
        )
        at = (places == place).nonzero()[0]
        if len(at):
            offset = int(at[0]) // PAGE_ROWS * PAGE_ROWS
            return replace(wanted, offset=offset, chosen=place).to_json()
    return View().to_json()
