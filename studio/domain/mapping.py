"""Columns by hand: which column holds what, as the user says it, and a first guess to start from."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from studio.domain.column_names import Fields
from studio.domain.nested import as_text
from studio.domain.raw_rows import RawRow
from studio.domain.shapes import (
    SHAPE_SAMPLE_ROWS,
    Shape,
    detect_shape,
    find_conversation,
    with_question,
)
from studio.errors import StudioError

MappedRole = Literal[
    "turns", "question", "input", "answer", "system", "context", "history", "tools", "label", "text",
    "chosen", "rejected", "ignore",
]  # fmt: skip
MAPPED_ROLES: tuple[MappedRole, ...] = get_args(MappedRole)
ROLE_BY_FIELD: dict[str, MappedRole] = {
    "turns": "turns", "instruction": "question", "question": "question", "input": "input", "context": "context",
    "system": "system", "history": "history", "tools": "tools", "answer": "answer", "text": "text", "label": "label",
    "thumb": "label", "chosen": "chosen", "rejected": "rejected",
}  # fmt: skip
ASKED = ("instruction", "question", "input", "context")
# The fields of each shape that have a role; where two have the same one, the first counts.
FIELDS_BY_SHAPE: dict[str, tuple[str, ...]] = {
    "messages": ("turns", "system", "tools"),
    "sharegpt": ("turns", "system", "tools"),
    "text-label": ("text", "label", "system"),
    "text": ("text",),
    "preference": ("turns", *ASKED, "system", "history", "tools", "chosen", "rejected"),
    "thumbs": ("turns", *ASKED, "system", "history", "tools", "answer", "thumb"),
}
FIELDS_OF_PAIRS = (*ASKED, "system", "history", "tools", "answer")
# A column with at most this share of different cells, and this many, holds categories.
MOST_LABEL_RATIO = 0.5
MOST_LABELS = 100


def shape_for_mapping(mapping: Mapping[str, str], rows: Sequence[RawRow] = ()) -> Shape:
    """Give the shape of rows whose columns hold what `mapping` (column -> role) says; the first `rows` tell its name.

    Raises:
        StudioError: `data.role_twice`, `data.mapping_incomplete`.
    """
    fields = fields_of(mapping)
    asked = next((name for name in (*ASKED, "text") if name in fields), None)
    if {"chosen", "rejected"} <= fields.keys():
        return Shape("preference", fields)
    if asked and "answer" in fields:
        name = "alpaca" if asked == "instruction" else "question-answer"
        return judged(Shape(name, with_question(fields, asked)))
    if "turns" in fields:
        good = [row.values for row in rows if not row.problem]
        return judged(find_conversation(good, fields) or Shape("messages", fields))
    if asked and "label" in fields:
        return Shape("text-label", fields | {"text": fields.get("text") or fields[asked]})
    if "text" in fields:
        return Shape("text", fields)
    raise StudioError("data.mapping_incomplete", roles=", ".join(sorted(fields)) or "-")


def fields_of(mapping: Mapping[str, str]) -> Fields:
    """Give the column of each field that the roles tell of; of what is asked behind an instruction stands an input.

    Raises:
        StudioError: `data.role_twice`.
    """
    used = [(role, column) for column, role in mapping.items() if role in MAPPED_ROLES]
    given = [role for role, _ in used if role != "ignore"]
    twice = sorted({role for role in given if given.count(role) > 1})
    if twice:
        raise StudioError("data.role_twice", roles=", ".join(twice))
    fields: Fields = {role: (column,) for role, column in used if role != "ignore"}
    if {"question", "input"} <= fields.keys():
        fields["instruction"] = fields.pop("question")
    return fields


def judged(shape: Shape) -> Shape:
    """Give the shape of whole examples; beside them a label says whether they are good."""
    if "label" not in shape.fields:
        return shape
    return Shape("thumbs", shape.fields | {"thumb": shape.fields["label"]})


def guess_mapping(columns: Sequence[str], rows: Sequence[RawRow]) -> dict[str, MappedRole]:
    """Give a role for every column: what is recognised, else the longest texts as answer and question."""
    shape = detect_shape(rows, columns)
    mapping: dict[str, MappedRole] = dict.fromkeys(columns, "ignore")
    guessed = roles_of(shape) if shape else roles_by_content(columns, rows)
    return mapping | {column: role for role, column in guessed.items() if column in mapping}


def roles_of(shape: Shape) -> dict[MappedRole, str]:
    """Give the column of each role in a recognised shape."""
    roles: dict[MappedRole, str] = {}
    for field in FIELDS_BY_SHAPE.get(shape.name, FIELDS_OF_PAIRS):
        if field in shape.fields:
            roles.setdefault(ROLE_BY_FIELD[field], shape.fields[field][0])
    if "instruction" in shape.fields and "context" in roles and "input" not in roles:
        # Behind an instruction a context stands as an input does.
        roles["input"] = roles.pop("context")
    asked: tuple[MappedRole, ...] = ("input", "context")
    alone = next((role for role in asked if role in roles), None)
    if alone and not roles.keys() & {"question", "turns", "text"}:
        roles["question"] = roles.pop(alone)
    return roles


def roles_by_content(columns: Sequence[str], rows: Sequence[RawRow]) -> dict[MappedRole, str]:
    """Guess from the cells: few different short ones are categories, the longest texts question and answer, in order."""
    values = [raw.values for raw in rows[:SHAPE_SAMPLE_ROWS] if not raw.problem]
    texts = {column: cells_of(values, column) for column in columns}
    texts = {column: cells for column, cells in texts.items() if any(map(is_words, cells))}
    by_length = sorted(texts, key=lambda column: -sum(map(len, texts[column])) / len(texts[column]))
    labels = [column for column in by_length if is_categories(texts[column])]
    long = [column for column in by_length if column not in labels]
    if len(long) >= 2:
        question, answer = sorted(long[:2], key=list(columns).index)
        return {"question": question, "answer": answer}
    if long and labels:
        return {"text": long[0], "label": labels[0]}
    return {"text": long[0]} if long else {}


def cells_of(rows: Sequence[dict[str, Any]], column: str) -> list[str]:
    """Give a column's filled cells as text."""
    cells = (as_text(values.get(column)) for values in rows)
    return [cell for cell in cells if cell.strip()]


def is_words(cell: str) -> bool:
    """Tell whether a cell holds letters and not only numbers."""
    return sum(character.isalpha() for character in cell) * 2 > len(cell.replace(" ", ""))


def is_categories(cells: list[str]) -> bool:
    """Tell whether the cells of a column repeat, so that they are categories."""
    different = len(set(cells))
    return len(cells) > 3 and different <= min(MOST_LABELS, len(cells) * MOST_LABEL_RATIO)
