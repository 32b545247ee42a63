"""A saved set of prompts in the Playground: kept, changed, and asked of all columns as a table."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.services.dialogue import Dialogue
from studio.services.prompt_runs import PromptRun
from studio.services.prompt_sets import check_prompts, split_prompts
from studio.ui.forms import chooser
from studio.ui.page import QUIET, Page, say
from studio.ui.prompts_view import prompt_table, table_value
from studio.ui.tabs.playground_columns import ready_lineup
from studio.ui.tabs.playground_options import apply


@dataclass(frozen=True)
class PromptPanel:
    """The parts of the panel."""

    chosen: gr.Dropdown
    name: gr.Textbox
    text: gr.Textbox
    save: gr.Button
    drop: gr.Button
    ask: gr.Button
    table: gr.HTML


def build_prompts(page: Page) -> PromptPanel:
    """Lay the panel out."""
    t = page.t
    with gr.Accordion(
        t("prompts.title"), open=False, elem_classes=["advanced"], elem_id="prompt-sets"
    ):
        with gr.Row():
            chosen = chooser(t("prompts.set"), "prompt-set", info=t("prompts.set_info"))
            name = gr.Textbox(label=t("prompts.name"), info=t("prompts.name_info"))
        text = gr.Textbox(
            label=t("prompts.prompts"),
            info=t("prompts.prompts_info"),
            lines=5,
            max_lines=14,
            elem_id="prompt-text",
        )
        with gr.Row(elem_classes=["next-row"]):
            common: dict[str, Any] = {"size": "sm", "elem_classes": ["slim"]}
            ask = gr.Button(t("prompts.ask"), variant="primary", elem_id="ask-prompts", **common)
            save = gr.Button(t("prompts.save"), elem_id="save-prompts", **common)
            drop = gr.Button(t("prompts.delete"), visible=False, **common)
        table = prompt_table("prompt-table")
    return PromptPanel(chosen, name, text, save, drop, ask, table)


def wire_prompts(
    page: Page, tab: gr.Tab, dialogue: gr.State, panel: PromptPanel, options: list[Any]
) -> None:
    """Connect the panel. Rows are asked one by one, each for itself, so that nothing long hangs on one request."""
    run = gr.State(PromptRun())
    named: list[Any] = [panel.chosen, panel.drop]
    tab.select(page.handler(list_sets), panel.chosen, named, **QUIET)
    filled: list[Any] = [panel.name, panel.text, panel.drop]
    panel.chosen.input(page.handler(open_set), panel.chosen, filled, **QUIET)
    given: list[Any] = [panel.name, panel.text]
    panel.save.click(page.handler(save_set), given, [*named, page.said], **QUIET)
    emptied: list[Any] = [*named, *filled[:2], page.said]
    panel.drop.click(page.handler(drop_set), panel.chosen, emptied, **QUIET)
    asking: list[Any] = [run, dialogue, panel.text, *options]
    panel.ask.click(page.handler(begin_run), asking, panel.table, **QUIET)
    # The next row is wanted as soon as one is drawn, before the page has put its event away.
    wanted: dict[str, Any] = {**QUIET, "trigger_mode": "multiple"}
    panel.table.next(page.handler(ask_next), run, panel.table, **wanted)
    panel.table.halt(page.handler(halt), run, panel.table, **QUIET)


def list_sets(page: Page, chosen: str | None) -> tuple[Any, Any]:
    """Give the sets that are kept, and the chosen one if it is still there."""
    names = page.workspace.prompts.names()
    is_there = chosen in names
    return gr.Dropdown(choices=names, value=chosen if is_there else None), gr.Button(
        visible=is_there
    )


def open_set(page: Page, chosen: str | None) -> tuple[Any, ...]:
    """Show a set.

    Raises:
        StudioError: `prompts.unknown`.
    """
    prompts = page.workspace.prompts.get(chosen or "")
    return chosen, "\n".join(prompts), gr.Button(visible=True)


def save_set(page: Page, name: str, text: str) -> tuple[Any, ...]:
    """Keep the prompts under a name.

    Raises:
        StudioError: `prompts.*`.
    """
    kept = page.workspace.prompts.save(name, split_prompts(text))
    return *list_sets(page, kept), say(page.t("prompts.saved", name=kept))


def drop_set(page: Page, chosen: str | None) -> tuple[Any, ...]:
    """Forget the chosen set."""
    page.workspace.prompts.delete(chosen or "")
    return *list_sets(page, None), "", "", say(page.t("prompts.deleted"))


def begin_run(
    page: Page, run: PromptRun, dialogue: Dialogue, text: str, *options: Any
) -> dict[str, Any]:
    """Show an empty table, which then asks for its rows.

    Raises:
        StudioError: `prompts.empty`, `prompts.too_many`, `job.unknown`, `export.not_finished`.
    """
    apply(dialogue, options)
    lineup = ready_lineup(page, dialogue)
    prompts = check_prompts(split_prompts(text))
    library = page.workspace.playground.columns
    run.begin(prompts, [library.describe(column) for column in lineup.columns], lineup)
    return table_value(page.t, run)


def ask_next(
    page: Page, request: gr.Request, run: PromptRun, event: gr.EventData
) -> dict[str, Any]:
    """Ask the prompt that the table waits for, and give its row."""
    place = int(event.place)
    run.ask(page.workspace.playground, place, int(event.run), visitor_of(request))
    return table_value(page.t, run, since=place)


def halt(page: Page, request: gr.Request, run: PromptRun) -> dict[str, Any]:
    """Ask nothing more; the row that is being answered ends where it is."""
    run.is_stopped = True
    page.workspace.playground.stop(visitor_of(request))
    return table_value(page.t, run, since=len(run.turns))


def visitor_of(request: gr.Request) -> str:
    """Give the name under which prompts are asked: they end no question of the same visitor's conversation."""
    return f"{request.session_hash} prompts"
