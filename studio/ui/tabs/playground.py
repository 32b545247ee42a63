"""Playground: ask once; the model you started from and the one you trained answer together."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import gradio as gr

from studio.domain.job import Job
from studio.domain.records import read_rows
from studio.errors import StudioError
from studio.services.playground import Answer, Asked, AskOptions, Phase
from studio.ui.chat_view import Turn, chat, chat_value, conversations, prompt_chips, stop_turns
from studio.ui.forms import chooser
from studio.ui.header_view import card_title, lead
from studio.ui.page import QUIET, STREAMED, Page
from studio.ui.runs_view import run_choices, usable

MOST_CHIPS = 5
LONGEST_CHIP_CHARACTERS = 90
CHIP_SAMPLE_ROWS = 200
LONGEST_QUESTION_CHARACTERS = 8000


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
    with gr.Column(elem_classes=["card"]) as talk:
        with gr.Row(elem_classes=["run-row"]):
            run = chooser(t("playground.run"), "playground-run", scale=3)
            clear = gr.Button(
                t("playground.clear"), size="sm", elem_id="clear", scale=0, min_width=96
            )
        chips = prompt_chips("prompt-chips")
        conversation = chat(t, "conversation")
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
            send = gr.Button(
                t("playground.send"),
                variant="primary",
                elem_id="send",
                scale=1,
                min_width=130,
                size="lg",
            )
            stop = gr.Button(
                t("playground.stop"),
                elem_id="stop-answer",
                elem_classes=["stop-act"],
                scale=1,
                min_width=130,
                visible=False,
                size="lg",
            )
        with gr.Accordion(t("playground.options"), open=False, elem_classes=["advanced"]):
            with gr.Row():
                options: list[Any] = build_options(page)
        export = gr.Button(
            t("playground.export_next"),
            size="sm",
            elem_id="playground-export",
            elem_classes=["slim"],
            visible=False,
        )

    turns = gr.State([])
    busy: list[Any] = [conversation, turns, question, send, stop, export]
    asking: list[Any] = [run, question, turns, *options]
    sent: list[Any] = [
        trigger(page.handler(ask), asking, busy, **STREAMED)
        for trigger in (send.click, question.submit)
    ]
    sent.append(
        chips.pick(page.handler(take_prompt), None, question, **QUIET).then(
            page.handler(ask), asking, busy, **STREAMED
        )
    )
    # What is cancelled may still say a last word; it has to come before the answer to the click.
    stop.click(None, cancels=sent, api_visibility="private", queue=False).then(
        page.handler(stop_answer), [run, turns], [conversation, turns, send, stop], **QUIET
    )
    emptied: list[Any] = [conversation, turns, send, stop, export]
    for over in (clear.click, page.tuned.change):
        over(None, cancels=sent, api_visibility="private", queue=False).then(
            page.handler(start_over), None, emptied, **QUIET
        )
    opened: list[Any] = [run, chips, nothing, talk]
    page.tuned.change(page.handler(open_playground), page.tuned, opened, **QUIET)
    tab.select(page.handler(open_playground), page.tuned, opened, **QUIET)
    tab.select(page.handler(warm), None, None, **QUIET)
    run.input(lambda chosen: chosen, run, page.tuned, **QUIET)
    go_train.click(lambda: gr.Tabs(selected="train"), None, page.tabs, **QUIET)
    export.click(page.handler(take_home), run, [page.tuned, page.tabs], **QUIET)


def build_options(page: Page) -> list[Any]:
    """Give the controls of how words are chosen, in the order of `AskOptions`."""
    t, usual = page.t, AskOptions()

    def named(name: str) -> dict[str, Any]:
        key = f"playground.{name}"
        return {
            "label": t(key),
            "info": t(f"{key}_info"),
            "value": getattr(usual, name),
            "min_width": 200,
        }

    return [
        gr.Slider(0, 1.5, step=0.1, **named("temperature")),
        gr.Slider(0.1, 1, step=0.05, **named("top_p")),
        gr.Slider(16, 512, step=8, **named("max_new_tokens")),
        gr.Number(precision=0, minimum=0, **named("seed")),
    ]


def newest_usable(page: Page, wanted: int | None) -> tuple[list[tuple[str, int]], int | None]:
    """Give the choices, and the wanted training or the newest one there is."""
    choices = run_choices(page.t, page.workspace.jobs.list("train"))
    ids = [run_id for _, run_id in choices]
    return choices, wanted if wanted in ids else next(iter(ids), None)


def open_playground(page: Page, wanted: int | None) -> tuple[Any, ...]:
    """Show the trainings that can be talked to, the wanted one chosen, and questions to try."""
    choices, chosen = newest_usable(page, wanted)
    chips = chips_value(page, chosen) if chosen is not None else {}
    run = gr.Dropdown(choices=choices, value=chosen)
    return run, chips, gr.Column(visible=chosen is None), gr.Column(visible=chosen is not None)


def warm(page: Page) -> None:
    """Start the models' process when the tab is opened, so that the first answer comes sooner."""
    if usable(page.workspace.jobs.list("train")):
        page.workspace.playground.warm()


def chips_value(page: Page, run_id: int) -> dict[str, Any]:
    """Give some questions that the model has not learned; the base model's own where none were held out."""
    job = page.workspace.jobs.get(run_id)
    held_out = held_out_questions(job)
    if held_out:
        return {"label": page.t("playground.chips"), "items": held_out}
    known = {model.id: model for model in page.workspace.models.list()}
    model = known.get(page.workspace.runs.recipe(run_id).model.id)
    prompts = model.prompts if model else {}
    items = [text for texts in prompts.values() for text in texts[:2]][:MOST_CHIPS]
    return {"label": page.t("playground.chips_own"), "items": items}


def held_out_questions(job: Job) -> list[str]:
    """Give a few short questions from the training's own held-out examples, spread over all of them."""
    if not job.folder.held_out_rows.exists():
        return []
    rows = islice(read_rows(job.folder.held_out_rows), CHIP_SAMPLE_ROWS)
    questions = list(
        dict.fromkeys(row.question().strip() for row in rows if len(row.messages) <= 3)
    )
    short = [text for text in questions if 0 < len(text) <= LONGEST_CHIP_CHARACTERS]
    stride = max(1, len(short) // MOST_CHIPS)
    return short[::stride][:MOST_CHIPS]


def take_prompt(page: Page, event: gr.EventData) -> str:
    """Put a suggested question into the box."""
    return str(event.text)[:LONGEST_QUESTION_CHARACTERS]


def ask(
    page: Page,
    request: gr.Request,
    run_id: int | None,
    question: str,
    turns: list[Turn],
    *options: Any,
) -> Iterator[tuple[Any, ...]]:
    """Stream both answers to one question; closing this generator stops the models.

    Every step tells everything anew: where steps come fast, Gradio (6.31) turns one that it has not shown yet into the next, and
    a `gr.skip()` there would leave the page with the step before.
    """
    question = question.strip()
    if not question:
        gr.Info(page.t("playground.no_question"), title="", duration=3)
        return
    run_id = newest_usable(page, run_id)[1]
    if run_id is None:
        raise StudioError("export.not_finished")
    playground = page.workspace.playground
    columns = playground.columns.usual(run_id)
    choices = [playground.columns.describe(column) for column in columns]
    turns = stop_turns(turns)
    talk = conversations(turns, question, len(columns))
    given = Turn(question, tuple(Answer() for _ in columns))
    asking = (gr.Button(visible=False), gr.Button(visible=True), gr.skip())
    shown = chat_value(page.t, choices, [*turns, given], Phase())
    yield shown, [*turns, given], "", *asking
    how = read_options(options)
    asked = [Asked(column, turns, how) for column, turns in zip(columns, talk, strict=True)]
    for progress in playground.ask(asked, str(request.session_hash)):
        given = replace(given, answers=tuple(replace(answer) for answer in progress.answers))
        shown = chat_value(page.t, choices, [*turns, given], progress.phase)
        yield shown, [*turns, given], gr.skip(), *asking
    ready = (gr.Button(visible=True), gr.Button(visible=False), gr.Button(visible=True))
    yield shown, [*turns, given], gr.skip(), *ready


def read_options(values: Sequence[Any]) -> AskOptions:
    """Give the options from their controls; an emptied one means the usual."""
    usual = AskOptions()
    temperature, top_p, max_new_tokens, seed = values
    return AskOptions(
        temperature=usual.temperature if temperature is None else float(temperature),
        top_p=usual.top_p if top_p is None else float(top_p),
        max_new_tokens=int(max_new_tokens or usual.max_new_tokens),
        seed=int(seed or usual.seed),
    )


def stop_answer(page: Page, run_id: int | None, turns: list[Turn]) -> tuple[Any, ...]:
    """Mark what was said so far as stopped."""
    stopped = stop_turns(turns)
    library = page.workspace.playground.columns
    choices = [library.describe(c) for c in library.usual(run_id)] if run_id is not None else []
    shown = chat_value(page.t, choices, stopped, None) if choices else gr.skip()
    return shown, stopped, gr.Button(visible=True), gr.Button(visible=False)


def start_over(page: Page) -> tuple[Any, ...]:
    """Begin a new conversation."""
    empty = chat_value(page.t, (), (), None)
    return empty, [], gr.Button(visible=True), gr.Button(visible=False), gr.Button(visible=False)


def take_home(page: Page, run_id: int | None) -> tuple[Any, Any]:
    """Take the training to the Export tab."""
    return run_id, gr.Tabs(selected="export")
