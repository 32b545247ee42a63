"""How the Playground's columns choose their words: settings for all of them, and own ones for a single column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from studio.domain.column import parse_column
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue
from studio.services.playground import AskOptions
from studio.ui.chat_view import column_name
from studio.ui.forms import chooser
from studio.ui.lineup_view import draw_lineup
from studio.ui.page import QUIET, Page

# The scope of the settings that all columns share which have none of their own.
ALL = ""
EXACT, VARIED = "exact", "varied"
# What is offered first to those who want variety.
USUAL_VARIETY = AskOptions(temperature=0.7, top_p=0.95)
LONGEST_SYSTEM_CHARACTERS = 4000


@dataclass(frozen=True)
class Controls:
    """The controls of the settings. `values` are read by `apply`."""

    scope: gr.Dropdown
    system: gr.Textbox
    way: gr.Radio
    temperature: gr.Slider
    top_p: gr.Slider
    max_new_tokens: gr.Slider
    seed: gr.Number
    follow: gr.Button

    @property
    def values(self) -> list[Any]:
        """Give the controls in the order of `apply`."""
        return [self.scope, self.system, *self.chosen]

    @property
    def chosen(self) -> list[Any]:
        """Give the controls of one column's settings, in the order of `read_options`."""
        return [self.way, self.temperature, self.top_p, self.max_new_tokens, self.seed]


def build_options(page: Page) -> Controls:
    """Lay the settings out."""
    t = page.t

    def named(name: str, **options: Any) -> dict[str, Any]:
        key = f"playground.{name}"
        return {"label": t(key), "info": t(f"{key}_info"), "min_width": 200, **options}

    usual = AskOptions()
    system = gr.Textbox(
        **named("system", lines=2, max_lines=6, max_length=LONGEST_SYSTEM_CHARACTERS),
        placeholder=t("playground.system_none"),
        elem_id="system-prompt",
    )
    with gr.Row():
        scope = chooser(t("playground.scope"), "option-scope", info=t("playground.scope_info"))
        ways = [(t(f"playground.ways.{way}"), way) for way in (EXACT, VARIED)]
        way = gr.Radio(ways, **named("way", value=EXACT, elem_id="option-way"))
        length = {"value": usual.max_new_tokens, "elem_id": "option-length"}
        max_new_tokens = gr.Slider(16, 512, step=8, **named("max_new_tokens", **length))
    with gr.Row():
        variety, hidden = USUAL_VARIETY, {"visible": False}
        temperature = gr.Slider(
            0.1, 1.5, step=0.1, **named("temperature", value=variety.temperature, **hidden)
        )
        top_p = gr.Slider(0.1, 1, step=0.05, **named("top_p", value=variety.top_p, **hidden))
        seed = gr.Number(precision=0, minimum=0, **named("seed", value=variety.seed, **hidden))
    follow = gr.Button(t("playground.follow"), size="sm", elem_classes=["slim"], visible=False)
    return Controls(scope, system, way, temperature, top_p, max_new_tokens, seed, follow)


def wire_options(page: Page, dialogue: gr.State, row: gr.HTML, controls: Controls) -> None:
    """Connect the settings; `row` is the row of columns, which marks those with own ones."""
    given: list[Any] = [dialogue, *controls.values]
    varied: list[Any] = [controls.temperature, controls.top_p, controls.seed, controls.follow]
    change = page.handler(change_options)
    often: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
    for control in controls.chosen:
        control.input(change, given, [row, *varied], **often)
    opened: list[Any] = [*controls.chosen, controls.follow]
    scoped: list[Any] = [dialogue, controls.scope]
    controls.scope.input(page.handler(open_scope), scoped, opened, **QUIET)
    followed: list[Any] = [row, *opened]
    controls.follow.click(page.handler(follow_all), scoped, followed, **QUIET)


def change_options(page: Page, dialogue: Dialogue, *values: Any) -> tuple[Any, ...]:
    """Take the settings over; what only varied answers need is shown for those."""
    apply(dialogue, values)
    is_varied = values[2] == VARIED
    return (
        draw_lineup(page, dialogue.lineup),
        *[gr.update(visible=is_varied)] * 3,
        gr.Button(visible=values[0] in dialogue.lineup.own),
    )


def apply(dialogue: Dialogue, values: Sequence[Any]) -> None:
    """Put the values of the controls where they belong: to all columns, or to the one that they are for."""
    scope, system, *chosen = values
    options = read_options(chosen)
    lineup = replace(dialogue.lineup, system=str(system or "")[:LONGEST_SYSTEM_CHARACTERS])
    if parse_column(scope or ALL) not in lineup.columns:
        lineup = replace(lineup, shared=options)
    elif options != lineup.options(parse_column(scope)):
        lineup = replace(lineup, own={**lineup.own, scope: options})
    dialogue.lineup = lineup


def read_options(values: Sequence[Any]) -> AskOptions:
    """Give the options from their controls; an emptied one means the usual. Exact answers have nothing to vary."""
    usual = AskOptions()
    way, temperature, top_p, max_new_tokens, seed = values
    longest = int(max_new_tokens or usual.max_new_tokens)
    if way != VARIED:
        return AskOptions(max_new_tokens=longest)
    return AskOptions(
        temperature=float(temperature or USUAL_VARIETY.temperature),
        top_p=float(top_p or USUAL_VARIETY.top_p),
        max_new_tokens=longest,
        seed=int(seed or usual.seed),
    )


def open_scope(page: Page, dialogue: Dialogue, scope: str | None) -> tuple[Any, ...]:
    """Show the settings of one column, or those of all."""
    lineup = dialogue.lineup
    options = lineup.options(parse_column(scope or ALL))
    is_varied = options.temperature > 0
    shown = options if is_varied else USUAL_VARIETY
    return (
        VARIED if is_varied else EXACT,
        gr.update(value=shown.temperature, visible=is_varied),
        gr.update(value=shown.top_p, visible=is_varied),
        options.max_new_tokens,
        gr.update(value=shown.seed, visible=is_varied),
        gr.Button(visible=scope in lineup.own),
    )


def follow_all(page: Page, dialogue: Dialogue, scope: str | None) -> tuple[Any, ...]:
    """Let a column follow the settings of all again."""
    own = {key: options for key, options in dialogue.lineup.own.items() if key != scope}
    dialogue.lineup = replace(dialogue.lineup, own=own)
    return draw_lineup(page, dialogue.lineup), *open_scope(page, dialogue, scope)


def scope_choices(page: Page, choices: Sequence[Choice]) -> gr.Dropdown:
    """Give what the settings can be for: all columns, chosen at first, or a single one."""
    singles = [(column_name(page.t, choice), choice.column.key) for choice in choices]
    is_alone = len(singles) < 2
    return gr.Dropdown(
        choices=[(page.t("playground.all_columns"), ALL), *singles], value=ALL, visible=not is_alone
    )
