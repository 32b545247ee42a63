"""Search, what follows a start: how it stands, the board that grows, and the pictures of what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.recipe import Recipe
from studio.domain.search_space import read_knobs, search_of, value_at
from studio.domain.tries import Board
from studio.errors import StudioError
from studio.ui.acts_view import act_row
from studio.ui.board_view import board_table, board_value, state_value
from studio.ui.findings_view import (
    curves_picture,
    curves_value,
    parallel_picture,
    parallel_value,
    scatter_picture,
    scatter_value,
    weights_picture,
    weights_value,
)
from studio.ui.forms import chooser
from studio.ui.header_view import card_title
from studio.ui.page import Page, only_new, shared_value
from studio.ui.search_acts_view import search_acts_value
from studio.ui.status_view import run_name, run_status

MOST_SEARCHES = 50


@dataclass(frozen=True)
class BoardParts:
    """The components; `seen` holds what they were drawn from."""

    seen: gr.HTML
    which: gr.Dropdown
    status: gr.HTML
    acts: gr.HTML
    board_card: gr.Column
    board: gr.HTML
    pictures: gr.Column
    curves: gr.HTML
    weights: gr.HTML
    scatter: gr.HTML
    parallel: gr.HTML

    def inputs(self, page: Page) -> list[Any]:
        """Give what `redraw` asks for."""
        return [page.search, self.seen, self.acts]

    def outputs(self, page: Page) -> list[Any]:
        """Give what `redraw` draws."""
        return [
            page.search,
            self.seen,
            self.which,
            self.status,
            self.acts,
            self.board_card,
            self.board,
            *self.drawn,
        ]

    @property
    def drawn(self) -> list[Any]:
        """Give the pictures, behind what holds them."""
        return [self.pictures, self.curves, self.weights, self.scatter, self.parallel]


def build_status(page: Page) -> tuple[gr.Dropdown, gr.HTML, gr.HTML]:
    """Lay out how a search stands, and what can be done with it; where there are several, which one."""
    with gr.Column(elem_classes=["card"]):
        which = chooser(page.t("board.which"), "search-which", visible=False)
        return which, run_status(page.t, "board.nothing", "search-status"), act_row("search-acts")


def build_board(page: Page) -> tuple[gr.Column, gr.HTML]:
    """Lay the board out, hidden at first."""
    with gr.Column(elem_classes=["card"], visible=False) as card:
        card_title(page.t("board.title"), page.t("board.info"))
        return card, board_table(page.t, "board")


def build_pictures(page: Page) -> tuple[gr.Column, dict[str, gr.HTML]]:
    """Lay the pictures out, hidden at first."""
    made = {
        "weights": weights_picture,
        "curves": curves_picture,
        "scatter": scatter_picture,
        "parallel": parallel_picture,
    }
    parts: dict[str, gr.HTML] = {}
    with gr.Column(elem_classes=["stack"], visible=False) as pictures:
        for names in (("weights", "curves"), ("scatter", "parallel")):
            with gr.Row(equal_height=False):
                for name in names:
                    with gr.Column(scale=1, min_width=320, elem_classes=["card"]):
                        card_title(page.t(f"board.{name}_title"), page.t(f"board.{name}_info"))
                        parts[name] = made[name](f"search-{name}")
    return pictures, parts


def follow(jobs: Sequence[Job], search_id: int | None) -> int | None:
    """Give the search to show: the one that somebody has opened, else one that runs, else the newest."""
    if any(job.id == search_id for job in jobs):
        return search_id
    return next((job.id for job in jobs if not job.is_final), jobs[0].id if jobs else None)


def redraw(page: Page, search_id: int | None, seen: Any, shown_acts: Any = None) -> tuple[Any, ...]:
    """Show how the followed search stands."""
    searches, jobs = page.workspace.searches, page.workspace.jobs.list("search", MOST_SEARCHES)
    known, search_id = search_id, follow(jobs, search_id)
    if search_id is None:
        # Either there was never one, or the last one was deleted.
        return (None, None, *nothing(page)) if seen else (gr.skip(),) * 12
    now = [*searches.mark(search_id), [job.id for job in jobs]]
    if now == seen:
        return only_new(known, search_id), *[gr.skip()] * 11
    snapshot = page.workspace.runs.snapshot(search_id)
    recipe, board = page.workspace.runs.recipe(search_id), searches.board(search_id)
    is_kept = searches.learned(search_id, board.best) is not None
    acts = search_acts_value(page.t, snapshot.job, board, is_kept=is_kept)
    left = seconds_left(page, snapshot.job, recipe, board)
    return (
        only_new(known, search_id),
        now,
        which_of(page, jobs, search_id),
        state_value(page.t, snapshot, search_of(recipe), board, left),
        only_new(shown_acts, acts),
        gr.Column(visible=True),
        board_value(
            page.t, snapshot.job, board, own_values(recipe), searches.waiting(search_id, board)
        ),
        *pictures_of(page, recipe, board),
    )


def pictures_of(page: Page, recipe: Recipe, board: Board) -> list[Any]:
    """Give the pictures of a board; none while no try has been checked."""
    t, knobs, own = page.t, read_knobs(recipe), own_values(recipe)
    return [
        gr.Column(visible=any(one.points for one in board.tries)),
        curves_value(t, board),
        weights_value(t, board, knobs, own),
        scatter_value(t, board, knobs),
        parallel_value(t, board, knobs),
    ]


def own_values(recipe: Recipe) -> dict[str, Any]:
    """Give the recipe's own values of what it varies."""
    values = {knob.path: value_at(recipe, knob.path) for knob in read_knobs(recipe)}
    return {path: value for path, value in values.items() if value is not None}


def which_of(page: Page, jobs: Sequence[Job], search_id: int) -> gr.Dropdown:
    """Give the searches to choose from, where there are several."""
    choices = [(run_name(page.t, job.id, job.name), job.id) for job in jobs]
    return gr.Dropdown(choices=choices, value=search_id, visible=len(jobs) > 1)


def nothing(page: Page) -> tuple[Any, ...]:
    """Give what is shown without any search."""
    hidden = gr.Column(visible=False)
    none = gr.Dropdown(visible=False)
    return none, {"empty": page.t("board.nothing")}, {}, hidden, {}, hidden, {}, {}, {}, {}


def seconds_left(page: Page, job: Job, recipe: Recipe, board: Board) -> float | None:
    """Give how long a search that goes on still takes; None where nobody knows."""
    if job.is_final:
        return None
    try:
        return page.workspace.planner.plan_search(recipe, None, board.tries).seconds
    except StudioError:
        # The model or the data may be gone since; the search has its own copy.
        return None


def parts_of(
    status: tuple[gr.Dropdown, gr.HTML, gr.HTML],
    board: tuple[gr.Column, gr.HTML],
    pictures: tuple[gr.Column, dict[str, gr.HTML]],
) -> BoardParts:
    """Put what was laid out together."""
    return BoardParts(shared_value(), *status, *board, pictures[0], **pictures[1])
