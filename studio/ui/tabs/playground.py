"""Playground: ask once; the model you started from and those you trained answer together."""

from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.ui.chat_view import prompt_chips
from studio.ui.header_view import card_title, lead
from studio.ui.lineup_view import lineup
from studio.ui.page import QUIET, Page
from studio.ui.runs_view import usable
from studio.ui.tabs.playground_ask import LONGEST_QUESTION_CHARACTERS, start_over, wire_asking
from studio.ui.tabs.playground_columns import choose_run, open_playground, wire_columns
from studio.ui.tabs.playground_documents import build_documents, wire_documents
from studio.ui.tabs.playground_elsewhere import build_elsewhere, wire_elsewhere
from studio.ui.tabs.playground_judging import build_blind, build_score, wire_judging
from studio.ui.tabs.playground_memory import dialogue_memory, wire_memory
from studio.ui.tabs.playground_options import build_options, wire_options
from studio.ui.tabs.playground_prompts import build_prompts, wire_prompts
from studio.ui.tabs.playground_sure import wire_sureness
from studio.ui.talk import Talk, lay_out_talk

SHOW_MARKS = (
    "(on) => { document.querySelector('#conversation').classList.toggle('unmarked', !on); }"
)


def build(page: Page, tab: gr.Tab) -> None:
    """Lay the tab out and wire it."""
    t = page.t
    lead(t, "playground")
    with gr.Column(elem_classes=["card"], visible=False) as nothing:
        card_title("", t("playground.no_run"))
        go_train = gr.Button(
            t("playground.go_train"),
            variant="primary",
            elem_id="go-train",
            size="sm",
            elem_classes=["slim"],
        )
    with gr.Column(elem_classes=["card"]) as card:
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
            clear = gr.Button(
                t("playground.clear"), size="sm", elem_id="clear", scale=0, min_width=96
            )
        chips = prompt_chips("prompt-chips")
        parts = lay_out_talk(page)
        question, send, stop = build_box(page)
        with gr.Accordion(t("playground.options"), open=False, elem_classes=["advanced"]):
            controls = build_options(page)
        board = build_score(page)
        panel = build_prompts(page)
        documents = build_documents(page)
        elsewhere = build_elsewhere(page)
        export = gr.Button(
            t("playground.export_next"),
            size="sm",
            elem_id="playground-export",
            elem_classes=["slim"],
            visible=False,
        )

    talk = Talk(*parts, send, stop, export)
    memory = dialogue_memory()
    fresh: list[Any] = [columns, chips, controls.scope]
    chosen = wire_columns(page, talk, fresh)
    changes = [
        *wire_asking(page, talk, question, chips, controls.values),
        *chosen,
        *wire_documents(page, tab, talk.dialogue, documents, fresh, chosen),
        clear.click(page.handler(start_over), talk.dialogue, talk.drawn, **QUIET),
    ]
    # In the browser alone, and by a class: a style sheet that asks for the box itself is asked anew with every word.
    marks.change(None, marks, None, js=SHOW_MARKS, api_visibility="private", queue=False)
    wire_options(page, talk.dialogue, columns, controls)
    wire_sureness(page, talk)
    wire_prompts(page, tab, talk.dialogue, panel, controls.values)
    wire_judging(page, tab, talk, blind, board)
    wire_elsewhere(page, tab, talk.dialogue, elsewhere)
    kept: list[Any] = [*talk.drawn, controls.system, *controls.chosen, controls.follow]
    opened: list[Any] = [*kept, *fresh, nothing, card]
    opening: list[Any] = [talk.dialogue, page.tuned, memory]
    changes.append(page.tuned.change(page.handler(choose_run), opening, opened, **QUIET))
    wire_memory(page, talk.dialogue, memory, changes)
    tab.select(page.handler(open_playground), opening, opened, **QUIET)
    tab.select(page.handler(warm), None, None, **QUIET)
    go_train.click(lambda: gr.Tabs(selected="train"), None, page.tabs, **QUIET)
    export.click(page.handler(take_home), talk.dialogue, [page.tuned, page.tabs], **QUIET)


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
