"""The first rows of a file with a role for every column; each role is given once."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio.domain.formats import RawRow
from studio.domain.mapping import MAPPED_ROLES
from studio.i18n import Translator
from studio.ui.drawn import drawn
from studio.ui.examples_view import shorten

IGNORE = "ignore"
ROWS_SHOWN = 8
CELL_CHARACTERS = 90
Mapped = dict[str, str]


def columns_table(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty table."""
    return drawn("columns", columns_value(t, (), (), {}), elem_id=elem_id)


def columns_value(
    t: Translator,
    columns: Sequence[str],
    rows: Sequence[RawRow],
    mapping: Mapping[str, str],
    turn: int = 0,
) -> dict[str, Any]:
    """Give the file's first rows and the role of each column; `turn` is the choice that this answers."""
    return {
        "turn": turn,
        "can_use": False,
        "can_undo": False,
        "words": {"use": t("columns.use"), "undo": t("columns.undo")},
        "columns": [{"name": name, "role": mapping.get(name, IGNORE)} for name in columns],
        "rows": [
            [shorten(cell_text(row.values.get(name)), CELL_CHARACTERS) for name in columns]
            for row in rows[:ROWS_SHOWN]
        ],
        "roles": [[role, t(f"columns.role.{role}")] for role in MAPPED_ROLES],
        "role_label": t("columns.role_label"),
        "label": t("columns.label"),
        "empty": t("columns.none"),
    }


def cell_text(value: object) -> str:
    """Give a cell as text."""
    return "" if value is None else str(value)


def chosen_roles(mapping: Mapping[str, str], roles: Sequence[str]) -> Mapped:
    """Give the mapping with one role per column, in the table's order; as it was where they are of another table."""
    known = {*MAPPED_ROLES, IGNORE}
    if len(roles) != len(mapping) or not known.issuperset(roles):
        return dict(mapping)
    return dict(zip(mapping, roles, strict=True))
