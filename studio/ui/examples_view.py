"""The examples of a data set as a table, a page at a time; `look` says what somebody wants to see of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

from studio.domain.dataset_folder import PARTS
from studio.domain.findings import Health
from studio.domain.records import Row
from studio.domain.topic_map import Topics
from studio.i18n import Translator
from studio.services.datasets import Dataset
from studio.services.row_views import ANY_FINDING, RowView
from studio.ui.drawn import drawn

PAGE_ROWS = 10
LONGEST_CELL_CHARACTERS = 160
MOST_LABELS_LISTED = 100
LABEL_CHARACTERS = 40
TOPIC_WORDS = 4
TOO_LONG = "too_long"
ORDERS = ("file", "longest", "shortest")


@dataclass(frozen=True, slots=True)
class View:
    """What the table shows: a part, a search, an order, one filter, a page and the chosen row's place.

    `filter` is "finding:<code>", "label:<label>", "topic:<number>", "too_long" or nothing.
    """

    part: str = ""
    search: str = ""
    order: str = "file"
    filter: str = ""
    offset: int = 0
    chosen: int | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> "View":
        """Give the view that `to_json` stored, or the first one."""
        return cls(**stored) if stored else cls()

    @classmethod
    def from_page(cls, wanted: Mapping[str, Any]) -> "View":
        """Give the view that a page asks for, which may be anything."""
        part, search, order, chosen_filter = (
            str(wanted.get(name, "")) for name in ("part", "search", "order", "filter")
        )
        offset, chosen = (wanted.get(name) for name in ("offset", "chosen"))
        return cls(
            part,
            search,
            order,
            chosen_filter,
            offset=max(0, int(offset or 0)),
            chosen=None if chosen is None else max(0, int(chosen)),
        )

    def to_json(self) -> dict[str, Any]:
        """Give it as a value for `gr.State`."""
        return asdict(self)

    @property
    def needs_lengths(self) -> bool:
        """Tell whether nobody can say which rows it shows before their tokens are counted."""
        return self.filter == TOO_LONG

    def row_view(self, model_id: str | None, limit_tokens: int) -> RowView:
        """Give it in the words of the library; what it does not know of is left out."""
        kind, _, value = self.filter.partition(":")
        part = next((part for part in PARTS if part == self.part), None)
        return RowView(
            part=part,
            search=self.search.strip(),
            order=self.order if self.order in ORDERS else "file",
            finding=value if kind == "finding" else None,
            label=value if kind == "label" else None,
            topic=int(value) if kind == "topic" and value.isdecimal() else None,
            too_long_over=limit_tokens if self.needs_lengths else None,
            model_id=model_id,
        )


def examples_table(elem_id: str) -> gr.HTML:
    """Give an empty table."""
    return drawn("rows", {}, elem_id=elem_id)


def table_value(
    t: Translator,
    rows: Mapping[int, Row],
    total: int,
    view: View,
    tools: dict[str, Any],
    turn: int = 0,
) -> dict[str, Any]:
    """Give one page of rows by place; `total` rows fit the view, and `turn` is the look that this answers."""
    columns = ("column_line", "column_question", "column_answer")
    return {
        "turn": turn,
        "columns": [t(f"data.{name}") for name in columns],
        "rows": [
            {
                "id": place,
                "cells": [str(row.line or "+"), shorten(row.question()), shorten(row_answer(row))],
            }
            for place, row in rows.items()
        ],
        "chosen": view.chosen,
        "offset": view.offset,
        "limit": PAGE_ROWS,
        "total": total,
        "label": t("data.rows"),
        "previous": t("data.previous"),
        "next": t("data.next"),
        "page_label": t("examples.page"),
        "range": t("data.range", first=view.offset + 1, last=view.offset + len(rows), total=total),
        "empty": t("examples.none_fit" if view != View(part=view.part) else "data.rows_empty"),
        "view": view.to_json(),
        "search_label": t("examples.search"),
        "tools": tools,
    }


def with_tokens(t: Translator, table: dict[str, Any], tokens: Mapping[int, int]) -> dict[str, Any]:
    """Give the table with a column of the rows' lengths, where any is known."""
    if not tokens:
        return table
    rows = [
        {**row, "cells": [*row["cells"], f"{tokens[row['id']]:,}" if row["id"] in tokens else ""]}
        for row in table["rows"]
    ]
    return {**table, "columns": [*table["columns"], t("data.column_tokens")], "rows": rows}


def row_answer(row: Row) -> str:
    """Give what stands in the answer's column: of a plain text nothing more than its beginning."""
    return "" if row.kind == "text" else row.answer()


def table_tools(
    t: Translator, dataset: Dataset, health: Health | None, topics: Topics | None
) -> dict[str, Any]:
    """Give the choices above the table: part, order, and the filters that this data set has."""
    parts = [["", t("examples.part_all")]]
    parts += [[part, t(f"data.part_{part}")] for part in PARTS]
    orders = [[order, t(f"examples.order_{order}")] for order in ORDERS]
    plain = [["", t("examples.filter_none")], [TOO_LONG, t("examples.filter_too_long")]]
    groups: list[dict[str, Any]] = [{"options": plain}]
    found = [
        [f"finding:{one.code}", f"{finding_title(t, one.code)} ({one.rows:,})"]
        for one in (health.findings if health else ())
        if one.places
    ]
    if found:
        found.insert(0, [f"finding:{ANY_FINDING}", t("examples.filter_any")])
    labels = [
        [f"label:{label}", f"{label[:LABEL_CHARACTERS]} ({rows:,})"]
        for label, rows in list(dataset.labels.items())[:MOST_LABELS_LISTED]
    ]
    themes = [
        [f"topic:{topic.number}", f"{' '.join(topic.words[:TOPIC_WORDS])} ({topic.rows:,})"]
        for topic in (topics.topics if topics else ())
    ]
    for name, options in (("issues", found), ("labels", labels), ("topics", themes)):
        if options:
            groups.append({"label": t(f"examples.filter_{name}"), "options": options})
    return {
        "part": {"label": t("examples.part"), "groups": [{"options": parts}]},
        "order": {"label": t("examples.order"), "groups": [{"options": orders}]},
        "filter": {"label": t("examples.filter"), "groups": groups},
    }


def finding_title(t: Translator, code: str) -> str:
    """Give the name of a finding."""
    key = f"health.{code}.title"
    return t(key) if t.has(key) else code.replace("_", " ")


def shorten(text: str, characters: int = LONGEST_CELL_CHARACTERS) -> str:
    """Give the beginning of a text on one line."""
    line = " ".join(text[: 2 * characters].split())
    return line if len(line) <= characters else f"{line[:characters]}…"
