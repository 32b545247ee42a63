"""Columns by hand: which column holds what, as the user says it, and a first guess to start from."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from studio.domain.column_names import Fields
from studio.domain.nested import as_text
from studio.domain.raw_rows import RawRow
from studio.domain.shapes import SHAPE_SAMPLE_ROWS, Shape, detect_shape
from studio.errors import StudioError

MappedRole = Literal[
    "question", "answer", "system", "context", "label", "text", "chosen", "rejected", "ignore"
]
MAPPED_ROLES: tuple[MappedRole, ...] = get_args(MappedRole)
ROLE_BY_FIELD: dict[str, MappedRole] = {
    "instruction": "question", "question": "question", "input": "context", "context": "context", "system": "system",
    "answer": "answer", "text": "text", "label": "label", "thumb": "label", "chosen": "chosen", "rejected": "rejected",
}  # fmt: skip
# A column with at most this share of different cells, and this many, holds categories.
MOST_LABEL_RATIO = 0.5
MOST_LABELS = 100


def shape_for_mapping(mapping: Mapping[str, str]) -> Shape:
    """Give the shape of rows whose columns hold what `mapping` (column -> role) says.

    Raises:
        StudioError: `data.role_twice`, `data.mapping_incomplete`.
    """
    used = {column: role for column, role in mapping.items() if role in MAPPED_ROLES}
    given = [role for role in used.values() if role != "ignore"]
    twice = sorted({role for role in given if given.count(role) > 1})
    if twice:
        raise StudioError("data.role_twice", roles=", ".join(twice))
    fields: Fields = {role: (column,) for column, role in used.items() if role != "ignore"}
    asked = next((name for name in ("question", "text", "context") if name in fields), None)
    if {"chosen", "rejected"} <= fields.keys():
        return Shape("preference", fields)
    if asked and "answer" in fields:
        fields = {name: columns for name, columns in fields.items() if name != asked} | {
            "question": fields[asked]
        }
        if "label" in fields:
            return Shape("thumbs", fields | {"thumb": fields["label"]})
        return Shape("question-answer", fields)
    if asked and "label" in fields:
        return Shape("text-label", fields | {"text": fields[asked]})
    if "text" in fields:
        return Shape("text", fields)
    raise StudioError("data.mapping_incomplete", roles=", ".join(sorted(given)) or "-")


def guess_mapping(columns: Sequence[str], rows: Sequence[RawRow]) -> dict[str, MappedRole]:
    """Give a role for every column: what is recognised, else the longest texts as answer and question.

    Nothing where the columns hold whole conversations, of which no role can be chosen.
    """
    shape = detect_shape(rows, columns)
    if shape is not None and shape.name in ("messages", "sharegpt"):
        return {}
    mapping: dict[str, MappedRole] = dict.fromkeys(columns, "ignore")
    guessed = roles_of(shape) if shape else roles_by_content(columns, rows)
    return mapping | {column: role for role, column in guessed.items() if column in mapping}


def roles_of(shape: Shape) -> dict[MappedRole, str]:
    """Give the column of each role in a recognised shape."""
    wanted = {
        "text-label": ("text", "label", "system"),
        "text": ("text",),
        "preference": ("question", "instruction", "input", "context", "system", "chosen", "rejected"),
        "thumbs": ("question", "instruction", "input", "context", "system", "answer", "thumb"),
    }.get(shape.name, ("question", "instruction", "input", "context", "system", "answer"))  # fmt: skip
    roles: dict[MappedRole, str] = {}
    for field in wanted:
        if field in shape.fields:
            roles.setdefault(ROLE_BY_FIELD[field], shape.fields[field][0])
    if "question" not in roles and "context" in roles and "text" not in roles:
        roles["question"] = roles.pop("context")
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
