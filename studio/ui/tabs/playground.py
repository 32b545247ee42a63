"""Playground: ask once; the model you started from and those you trained answer together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.ui.chat_view import prompt_chips
from studio.ui.header_view import card_title, lead
from studio.ui.lineup_view import lineup
from studio.ui.page import QUIET, Page, changed
from studio.ui.runs_view import usable
from studio.ui.tabs.playground_ask import LONGEST_QUESTION_CHARACTERS, start_over, wire_asking
from studio.ui.tabs.playground_columns import choose_run, open_playground, wire_columns
from studio.ui.tabs.playground_documents import (
    DocumentPanel,
    build_documents,
    wire_documents,
)
from studio.ui.tabs.playground_elsewhere import build_elsewhere, wire_elsewhere
from studio.ui.tabs.playground_judging import (
    build_blind,
    build_score,
    wire_judging,
    wire_score,
)
from studio.ui.tabs.playground_memory import dialogue_memory, wire_memory
from studio.ui.tabs.playground_options import Controls, build_options, wire_options
from studio.ui.tabs.playground_prompts import PromptPanel, build_prompts, wire_prompts
from studio.ui.tabs.playground_sure import wire_sureness
from studio.ui.talk import Talk, lay_out_talk

SHOW_MARKS = (
    "(on) => { document.querySelector('#conversation').classList.toggle('unmarked', !on); }"
)


@dataclass(frozen=True)
class Head:
    """The row above the conversation: who answers, and how it is shown."""

    columns: gr.HTML
    marks: gr.Checkbox
    blind: gr.Checkbox
    clear: gr.Button


@dataclass(frozen=True)
class Panels:
    """What is folded below the conversation."""

    controls: Controls
    board: gr.HTML
    prompts: PromptPanel
    documents: DocumentPanel
    elsewhere: gr.HTML


def build(page: Page, tab: gr.Tab) -> None:
    """Lay the tab out and wire it."""
    lead(page.t, "playground")
    nothing = build_nothing(page)
    with gr.Column(elem_classes=["card"]) as card:
        head = build_head(page)
        chips = prompt_chips("prompt-chips")
        parts = lay_out_talk(page)
        question, send, stop = build_box(page)
        panels = build_panels(page)
        talk = Talk(*parts, send, stop, build_export(page))

    memory = dialogue_memory()
    fresh: list[Any] = [head.columns, chips, panels.controls.scope]
    opening = wire_opening(page, tab, talk, memory, panels.controls, [*fresh, nothing, card])
    who = wire_who(page, talk, fresh, panels.documents, opening)
    changes = [
        opening[1],
        *who,
        *wire_asking(page, talk, question, chips, panels.controls.values),
        *wire_judging(page, talk, head.blind, panels.board),
        head.clear.click(page.handler(start_over), talk.dialogue, talk.drawn, **QUIET),
    ]
    wire_memory(page, talk.dialogue, memory, changes)
    wire_score(page, talk.dialogue, panels.board, [*opening, *who])
    # In the browser alone, and by a class: a style sheet that asks for the box itself is asked anew with every word.
    head.marks.change(None, head.marks, None, js=SHOW_MARKS, api_visibility="private", queue=False)
    wire_options(page, talk.dialogue, head.columns, panels.controls)
    wire_sureness(page, talk)
    wire_prompts(page, tab, talk.dialogue, panels.prompts, panels.controls.values)
    wire_elsewhere(page, talk.dialogue, panels.elsewhere, opening)


def build_nothing(page: Page) -> gr.Column:
    """Say what to do where no training has ended yet."""
    with gr.Column(elem_classes=["card"], visible=False) as nothing:
        card_title("", page.t("playground.no_run"))
        go_train = gr.Button(
            page.t("playground.go_train"),
            variant="primary",
            elem_id="go-train",
            size="sm",
            elem_classes=["slim"],
        )
    go_train.click(lambda: gr.Tabs(selected="train"), None, page.tabs, **QUIET)
    return nothing


def build_head(page: Page) -> Head:
    """Give the row above the conversation."""
    t = page.t
    with gr.Row(elem_classes=["run-row"]):
        columns = lineup("lineup")
        marks = gr.Checkbox(
            value=True,
            label=t("playground.differences"),
            elem_id="marks",
            scale=0,
            interactive=True,
        )
        blind = build_blind(page)
        clear = gr.Button(t("playground.clear"), size="sm", elem_id="clear", scale=0, min_width=96)
    return Head(columns, marks, blind, clear)


def build_panels(page: Page) -> Panels:
    """Lay out what is folded below the conversation."""
    with gr.Accordion(page.t("playground.options"), open=False, elem_classes=["advanced"]):
        controls = build_options(page)
    return Panels(
        controls,
        build_score(page),
        build_prompts(page),
        build_documents(page),
        build_elsewhere(page),
    )


def build_export(page: Page) -> gr.Button:
    """Give the next step after an answer."""
    return gr.Button(
        page.t("playground.export_next"),
        size="sm",
        elem_id="playground-export",
        elem_classes=["slim"],
        visible=False,
    )


def wire_who(
    page: Page, talk: Talk, fresh: list[Any], documents: DocumentPanel, opening: Sequence[Any]
) -> list[Any]:
    """Connect what changes who answers, and give its events."""
    chosen = wire_columns(page, talk, fresh)
    changes = [*opening, *chosen]
    return [*chosen, *wire_documents(page, talk.dialogue, documents, fresh, changes)]


def wire_opening(
    page: Page,
    tab: gr.Tab,
    talk: Talk,
    memory: gr.BrowserState,
    controls: Controls,
    others: list[Any],
) -> list[Any]:
    """Connect the tab, the training that is to be compared, and the next step; give the events of the first two.

    Until they are over nobody knows who answers.
    """
    kept: list[Any] = [*talk.drawn, controls.system, *controls.chosen, controls.follow]
    opened: list[Any] = [*kept, *others]
    opening: list[Any] = [talk.dialogue, page.tuned, memory]
    tab.select(page.handler(warm), None, None, **QUIET)
    taken: list[Any] = [page.tuned, page.tabs]
    talk.export.click(page.handler(take_home), talk.dialogue, taken, **QUIET)
    return [
        tab.select(page.handler(open_playground), opening, opened, **QUIET),
        changed(page.tuned)(page.handler(choose_run), opening, opened, **QUIET),
    ]


def build_box(page: Page) -> tuple[gr.Textbox, gr.Button, gr.Button]:
    """Give the box for the question, and what sends and stops it."""
    t = page.t
    with gr.Row(elem_classes=["ask"]):
        question = gr.Textbox(
            placeholder=t("playground.placeholder"),
            label=t("playground.question"),
            show_label=False,
            lines=1,
            max_lines=6,
            max_length=LONGEST_QUESTION_CHARACTERS,
            elem_id="question",
            scale=6,
            min_width=220,
        )
        common: dict[str, Any] = {"scale": 1, "min_width": 130, "size": "lg"}
        send = gr.Button(t("playground.send"), variant="primary", elem_id="send", **common)
        stop = gr.Button(
            t("playground.stop"),
            elem_id="stop-answer",
            elem_classes=["stop-act"],
            visible=False,
            **common,
        )
    return question, send, stop


def warm(page: Page) -> None:
    """Start the models' process when the tab is opened, so that the first answer comes sooner."""
    if usable(page.workspace.jobs.list("train")):
        page.workspace.playground.warm()


def take_home(page: Page, dialogue: Dialogue) -> tuple[Any, Any]:
    """Take the first training among the columns to the Export tab."""
    run_ids = (column.run_id for column in dialogue.lineup.columns if column.step is None)
    run_id = next((run_id for run_id in run_ids if run_id is not None), None)
    return gr.skip() if run_id is None else run_id, gr.Tabs(selected="export")
