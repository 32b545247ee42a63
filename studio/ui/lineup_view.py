"""Who answers the next question: a chip for each column, and a list to add one from."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.column import Column
from studio.i18n import Translator
from studio.services.columns import MOST_COLUMNS, Choice
from studio.services.dialogue import Lineup
from studio.ui.chat_view import column_name, training_name
from studio.ui.drawn import drawn
from studio.ui.page import Page


def lineup(elem_id: str) -> gr.HTML:
    """Give an empty row; `join`, `leave` and `pair` carry the key of a column."""
    return drawn("lineup", {}, elem_id=elem_id)


def draw_lineup(page: Page, lineup: Lineup) -> dict[str, Any]:
    """Give the row of those who answer next."""
    library = page.workspace.playground.columns
    groups = [
        [lineup.columns.index(column) for column in group]
        for group in library.together(lineup.columns)
    ]
    choices = library.choices()
    chosen = [choice_of(page, column, choices) for column in lineup.columns]
    return lineup_value(page.t, chosen, groups, choices, list(lineup.own))


def choice_of(page: Page, column: Column, choices: Sequence[Choice]) -> Choice:
    """Give a column with its names, from `choices` where it is among them.

    Raises:
        StudioError: `job.unknown`.
    """
    found = (choice for choice in choices if choice.column == column)
    return next(found, None) or page.workspace.playground.columns.describe(column)


def lineup_value(
    t: Translator,
    chosen: Sequence[Choice],
    groups: Sequence[Sequence[int]],
    choices: Sequence[Choice],
    own: Sequence[str] = (),
) -> dict[str, Any]:
    """Give the chips of `chosen`, in `groups` (by place) of those that answer at once; `own` have options of their own."""
    places = {place: at for at, group in enumerate(groups) for place in group}
    left = [choice for choice in choices if choice not in chosen]
    is_full = len(chosen) >= MOST_COLUMNS
    return {
        "label": t("playground.columns"),
        "items": [
            {
                "key": choice.column.key,
                "kind": "base" if choice.column.is_base else "tuned",
                "name": short_name(t, choice),
                "group": places.get(place, 0),
                "own": t("playground.own_options") if choice.column.key in own else "",
            }
            for place, choice in enumerate(chosen)
        ],
        "drop_label": t("playground.drop"),
        "note": note(t, chosen, groups),
        "add_label": t("playground.full", most=MOST_COLUMNS) if is_full else t("playground.add"),
        "adds": [] if is_full else adds(t, left),
        "pairs": pairs(t, choices),
        "pairs_label": t("playground.pairs"),
    }


def short_name(t: Translator, choice: Choice) -> str:
    """Give a name where colour tells what is tuned."""
    return column_name(t, choice) if choice.column.is_base else training_name(t, choice)


def adds(t: Translator, left: Sequence[Choice]) -> list[dict[str, Any]]:
    """Give what can be added, in groups: what trainings left, checkpoints, base models."""
    groups = (
        ("trainings", [c for c in left if not c.column.is_base and c.column.step is None]),
        ("checkpoints", [c for c in left if c.column.step is not None]),
        ("documents", [c for c in left if c.column.has_documents]),
        ("bases", [c for c in left if c.column.is_base and not c.column.has_documents]),
    )
    return [
        {
            "label": t(f"playground.{name}"),
            "options": [
                [c.column.key, c.name if c.column.is_base else training_name(t, c)] for c in found
            ],
        }
        for name, found in groups
        if found
    ]


def pairs(t: Translator, choices: Sequence[Choice]) -> list[list[str]]:
    """Give the trainings whose base model and result can take the place of all columns."""
    trained = [c for c in choices if not c.column.is_base and c.column.step is None]
    return [[c.column.key, training_name(t, c)] for c in trained]


def note(t: Translator, chosen: Sequence[Choice], groups: Sequence[Sequence[int]]) -> str:
    """Give which columns answer at once and which in turn."""
    if len(chosen) < 2:
        return ""
    if len(groups) == 1:
        return t("playground.all_together")
    if len(groups) == len(chosen):
        return t("playground.all_in_turn")
    names = [
        t("playground.list_sign").join(short_name(t, chosen[place]) for place in group)
        for group in groups
    ]
    return t("playground.in_groups", groups=t("playground.then_sign").join(names))
