"""What every tab is built with, and the edge between handlers and the browser: `Page.handler`."""

import functools
import html
import inspect
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from studio.domain.full_disk import is_disk_full
from studio.errors import StudioError
from studio.i18n import Translator
from studio.services.workspace import Workspace

log = logging.getLogger(__name__)

# Every event of the page: one request with one answer, in no API listing, no spinner. Not through Gradio's queue: it
# answers on a stream that closes after the last event it knows of, and an event that joins just then is lost (6.31).
QUIET: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "show_progress_on": [],
    "queue": False,
}


@dataclass(frozen=True)
class Page:
    """One language's page: the workspace, its texts, and the only values that tabs share (`shared_value`)."""

    workspace: Workspace
    t: Translator
    tabs: gr.Tabs
    dataset: gr.HTML
    """The data set chosen on the Data tab."""
    draft: gr.HTML
    """A recipe to fill the Train form with (`drafts.new_draft`)."""
    wanted: gr.HTML
    """What the Data tab wants the training to use (`data_board.wanted`); the Train tab takes it over."""
    recipe: gr.HTML
    """The recipe that the Train form holds, or what is wrong with it (`train_form.recipe_value`); a search goes by it."""
    run: gr.HTML
    """The training that the Train tab follows."""
    search: gr.HTML
    """The search that the Search tab follows."""
    tuned: gr.HTML
    """The training to compare and to take home."""
    said: gr.HTML
    """A sentence that stays for a few seconds (`say`)."""

    def handler(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Bind `fn(page, …)` to this page and turn its errors into sentences."""
        return guard(self.t, fn, self)


def shared_value() -> gr.HTML:
    """Give a value that tells when it changed; a `gr.State` tells so only of events in the queue."""
    return gr.HTML(None, html_template=" ", visible="hidden")


def changed(value: gr.HTML) -> Callable[..., gr.events.Dependency]:
    """Give an event of one's own that comes whenever `value` changes, for a handler that may not miss the last change.

    Such a handler waits while it is at work; Gradio (6.31) then repeats the event for all who hear of it. Two that hear
    of the same one would call each other for ever.
    """
    own = shared_value()
    value.change(None, value, own, js="(value) => value", **QUIET)
    return own.change


@dataclass(frozen=True)
class Live:
    """What a tab redraws while something runs: `redraw(page, *inputs)` gives one value per output.

    What has not changed is not sent. Answers may overtake each other, so what was sent last is known only by what lies
    in the browser: the component's own value, or a `shared_value` that is written together with what it stands for.
    """

    redraw: Callable[..., Sequence[Any]]
    inputs: list[Component]
    outputs: list[Component]


def guard(t: Translator, fn: Callable[..., Any], page: Page) -> Callable[..., Any]:
    """Give `fn` bound to `page` for Gradio: a `StudioError` shows its text, anything else an id that is in the log."""

    def show(error: Exception) -> gr.Error:
        return gr.Error(error_markup(t, error), print_exception=False)

    def call(*values: Any) -> Any:
        try:
            return fn(page, *values)
        except gr.Error:
            raise
        except Exception as error:
            raise show(error) from error

    def stream(*values: Any) -> Iterator[Any]:
        try:
            yield from fn(page, *values)
        except gr.Error:
            raise
        except Exception as error:
            raise show(error) from error

    guarded: Any = stream if inspect.isgeneratorfunction(fn) else call
    functools.update_wrapper(guarded, fn)
    # Gradio reads the signature to pass event data; it must not see the page, which comes first.
    signature = inspect.signature(fn)
    first, *own = signature.parameters
    guarded.__signature__ = signature.replace(parameters=[signature.parameters[k] for k in own])
    guarded.__annotations__ = {k: v for k, v in fn.__annotations__.items() if k != first}
    del guarded.__wrapped__
    return guarded


def only_new(known: Any, value: Any) -> Any:
    """Give a value to send, or nothing where it is known already."""
    return gr.skip() if value == known else value


def say(text: str) -> dict[str, Any]:
    """Give a sentence for `Page.said`; Gradio's own `gr.Info` reaches only events in the queue."""
    return {"text": text, "mark": new_key()}


def new_key() -> str:
    """Give a key for a job that nobody else has."""
    return secrets.token_hex(8)


def error_markup(t: Translator, error: Exception) -> str:
    """Give an error as markup, every value escaped: for Gradio's toast, which renders it, and for `said.js`, which does not."""
    if is_disk_full(error):
        log.error("the disk is full", exc_info=error)
        error = StudioError("home.disk_full")
    if not isinstance(error, StudioError):
        mark = secrets.token_hex(2)
        log.exception("unexpected error %s", mark, exc_info=error)
        error = StudioError("unexpected", id=mark)
    text = t.error(error)
    title, what, fix = (html.escape(part) for part in (text.title, text.what, text.fix))
    return f"<b>{title}</b>{what} {fix}"
