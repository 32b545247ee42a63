"""What the buttons of a search and of its tries do."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import yaml

from studio.domain.search_space import with_settings
from studio.domain.tries import spent_seconds
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.ui import amounts
from studio.ui.drafts import draft_like, new_draft
from studio.ui.page import QUIET, Page, new_key, say
from studio.ui.status_view import run_name
from studio.ui.tabs.search_board import BoardParts, redraw


def wire_acts(page: Page, parts: BoardParts) -> None:
    """Connect the buttons."""
    shown: list[Any] = parts.outputs(page)
    acts, board = parts.acts, parts.board
    parts.which.input(page.handler(open_search), parts.which, shown, **QUIET)
    acts.keep(page.handler(stopping(discard=False)), None, shown, **QUIET)
    acts.discard(page.handler(stopping(discard=True)), None, shown, **QUIET)
    acts.resume(page.handler(resume), None, shown, **QUIET)
    acts.more(page.handler(go_on), None, shown, **QUIET)
    acts.remove(page.handler(remove), None, [page.said, *shown], **QUIET)
    acts.use(page.handler(use_best), None, [page.tuned, page.said, page.tabs], **QUIET)
    filled: list[Any] = [page.draft, page.said, page.tabs]
    acts.further(page.handler(train_further), None, filled, **QUIET)
    acts.again(page.handler(take_best), None, filled, **QUIET)
    board.settings(page.handler(take_settings), None, filled, **QUIET)
    board.stop(page.handler(stop_try), None, shown, **QUIET)
    board.clone(page.handler(clone_try), None, [page.said, *shown], **QUIET)
    board.withdraw(page.handler(withdraw), None, shown, **QUIET)


def open_search(page: Page, which: Any) -> tuple[Any, ...]:
    """Show another search."""
    search_id = page.workspace.searches.get(int(which)).id
    return search_id, *redraw(page, search_id, None)[1:]


def stopping(*, discard: bool) -> Callable[..., Any]:
    """Give a handler that stops a search."""

    def stop(page: Page, event: gr.EventData) -> tuple[Any, ...]:
        search_id = page.workspace.searches.get(int(event.id)).id
        page.workspace.jobs.request_cancel(search_id, discard=discard)
        return redraw(page, search_id, None)

    return stop


def stop_try(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """End one try; the search goes on with the next one."""
    search_id = int(event.search)
    page.workspace.searches.stop_try(search_id, int(event.number))
    return redraw(page, search_id, None)


def clone_try(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Have a copy of a try with a change come next."""
    search_id, number = int(event.search), int(event.number)
    typed = event.settings if isinstance(event.settings, dict) else {}
    changes = {str(path): read_scalar(str(text)) for path, text in typed.items()}
    page.workspace.searches.clone_try(search_id, number, changes)
    return say(page.t("board.cloned", number=number)), *redraw(page, search_id, None)


def withdraw(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Take back a copy that is not begun."""
    search_id = int(event.search)
    page.workspace.searches.withdraw(search_id, str(event.wish))
    return redraw(page, search_id, None)


def read_scalar(text: str) -> Any:
    """Give what somebody has typed as a recipe reads it; what is none of its values stays text, and is refused there."""
    try:
        value = parse_yaml(text)
    except yaml.YAMLError:
        return text
    return value if isinstance(value, bool | int | float | str) else text


def resume(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Go on with what is left of a search's budget."""
    job = page.workspace.submit_resume(int(event.id), new_key())
    page.workspace.ensure_runner()
    return job.id, *redraw(page, job.id, None)[1:]


def go_on(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Give a search more time or more tries, counted from what it has had; other limits are lifted."""
    search_id = page.workspace.searches.get(int(event.id)).id
    tries = page.workspace.searches.board(search_id).tries
    more = {name: read_amount(getattr(event, name, "")) for name in ("minutes", "tries")}
    if not any(more.values()):
        raise StudioError("search.no_more")
    spent = {
        "minutes": spent_seconds(tries) / amounts.MINUTE_SECONDS,
        "tries": sum(one.is_counted for one in tries),
    }
    limits = {name: round(spent[name] + n, 2) if n else None for name, n in more.items()}
    limits["tries"] = None if limits["tries"] is None else int(limits["tries"])
    changes = [
        f"search.{name}={'null' if limit is None else limit}"
        for name, limit in {**limits, "no_better_tries": None}.items()
    ]
    job = page.workspace.submit_resume(search_id, new_key(), changes)
    page.workspace.ensure_runner()
    return job.id, *redraw(page, job.id, None)[1:]


def read_amount(text: Any) -> float:
    """Give a number that somebody has typed, 0 where there is none.

    Raises:
        StudioError: `search.no_more`.
    """
    try:
        return max(0.0, float(str(text).strip() or 0))
    except ValueError as error:
        raise StudioError("search.no_more") from error


def remove(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Delete a search for good."""
    job = page.workspace.searches.get(int(event.id))
    page.workspace.delete_run(job.id)
    said = say(page.t("board.removed", name=run_name(page.t, job.id, job.name)))
    return said, *redraw(page, None, [job.id])


def use_best(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Make the best try a training, and open it beside its base model."""
    job = page.workspace.searches.use_best(int(event.id))
    said = say(page.t("board.used", name=run_name(page.t, job.id, job.name)))
    return job.id, said, gr.Tabs(selected="playground")


def train_further(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Take the best try to the Train tab, ready to learn further from where it stands."""
    job = page.workspace.searches.use_best(int(event.id))
    draft = new_draft(page, like=job.id, further=True)
    return draft, say(page.t("train.further_ready")), gr.Tabs(selected="train")


def take_best(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Take the settings of the best try to the Train tab."""
    search_id = int(event.id)
    best = page.workspace.searches.board(search_id).best
    if best is None:
        raise StudioError("search.no_best", id=search_id)
    return take(page, search_id, best.number)


def take_settings(page: Page, event: gr.EventData) -> tuple[Any, ...]:
    """Take the settings of any try to the Train tab."""
    return take(page, int(event.search), int(event.number))


def take(page: Page, search_id: int, number: int) -> tuple[Any, ...]:
    """Give a draft of a try's settings in the recipe that the search began with.

    Raises:
        StudioError: `job.unknown`, `search.no_try`.
    """
    tried = page.workspace.searches.find_try(search_id, number)
    recipe = with_settings(page.workspace.runs.recipe(search_id), tried.settings)
    said = say(page.t("board.taken", number=number))
    return draft_like(page, recipe), said, gr.Tabs(selected="train")
