"""Row shapes: which of the known ones a file's columns are in, and every row as a canonical example.

| Shape | Columns | Example |
|---|---|---|
| preference | chosen, rejected, with a prompt or inside both | DPO, HH-RLHF, UltraFeedback |
| thumbs | prompt, completion and a label that is true or false | KTO |
| messages, sharegpt | a list of turns (role/content, from/value) | OpenAI, ShareGPT |
| alpaca | instruction, input, output | Alpaca, Dolly |
| question-answer, prompt-completion | one side each | |
| text-label | text, category | |
| text | text | |
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from studio.domain.column_names import (
    QUESTION_NAMES,
    TEXT_NAMES,
    Fields,
    find_fields,
    find_name,
    plain_name,
)
from studio.domain.nested import UnusableRowError, as_text, is_nested, parse_nested
from studio.domain.raw_rows import Notice, RawRow
from studio.domain.records import Row, RowKind, Skipped, check_row
from studio.domain.shape_values import (
    LABELS_HEADING,
    LABELS_SEPARATOR,
    Make,
    are_turns,
    is_turns,
    label_of,
    make_alpaca,
    make_label,
    make_pair,
    make_preference,
    make_text,
    make_thumbs,
    make_turns,
    read_thumb,
    value_of,
)
from studio.domain.turns import split_transcript

SHAPE_SAMPLE_ROWS = 200
MOST_NAMED_LABELS = 30
# Of so many rows that are left out it is told which they are and how they begin.
MOST_SKIPPED_KEPT = 1_000
BEGINNING_CHARACTERS = 100
# Joining turns of one speaker may mend these, so the row is kept beside its reason.
MENDABLE_REASONS = frozenset(("not_in_turns", "system_not_first", "not_last"))
MAKE_BY_SHAPE: dict[str, Make] = {
    "messages": make_turns,
    "sharegpt": make_turns,
    "alpaca": make_alpaca,
    "prompt-completion": make_pair,
    "question-answer": make_pair,
    "text-label": make_label,
    "text": make_text,
    "preference": make_preference,
    "thumbs": make_thumbs,
}
SHAPES = tuple(MAKE_BY_SHAPE)
# What the rows of a shape are; of all others they are conversations.
KIND_BY_SHAPE: dict[str, RowKind] = {"text": "text", "preference": "preference", "thumbs": "thumbs"}


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which rows hold examples: its name, and the columns of each field in this file."""

    name: str
    fields: Fields

    def convert(
        self, values: dict[str, Any], line: int = 0, source: int = 0, labels: Sequence[str] = ()
    ) -> Row:
        """Give the example in one row's cells.

        Raises:
            UnusableRowError: with the reason's code.
        """
        return maker(self, labels)(values, self.fields, (line, source))


def maker(shape: Shape, labels: Sequence[str]) -> Make:
    """Give the function that converts a row; few enough labels are named behind every text."""
    if shape.name == "text-label" and 0 < len(labels) <= MOST_NAMED_LABELS:
        return partial(make_label, labels=LABELS_HEADING + LABELS_SEPARATOR.join(labels))
    return MAKE_BY_SHAPE[shape.name]


def detect_shape(rows: Sequence[RawRow], columns: Sequence[str] = ()) -> Shape | None:
    """Give the shape that the columns and cells of the first rows fit, or None where no one knows.

    Every column of the first rows counts, so that a gap in the first one decides nothing.
    """
    good = [row.values for row in rows if not row.problem]
    names = tuple(dict.fromkeys((*columns, *(name for values in good for name in values))))
    fields = find_fields(names)
    turns = find_turns(good, fields, names)
    if turns:
        fields = fields | {"turns": turns}
    else:
        fields.pop("turns", None)
    return (
        find_judged(good, fields)
        or find_conversation(good, fields)
        or find_asked(fields)
        or find_text(fields)
    )


def find_turns(rows: Sequence[dict[str, Any]], fields: Fields, names: Sequence[str]) -> tuple[str, ...]:  # fmt: skip
    """Give the columns that hold conversations: by name and content, or by content alone (also as text)."""
    named = tuple(name for name in fields.get("turns", ()) if holds_turns(rows, (name,)))
    if named or fields.keys() & {"answer", "chosen"}:
        return named
    return tuple(name for name in names if is_listed(value_of_first(rows, (name,))))[:1]


def is_listed(value: object) -> bool:
    """Tell whether a cell is a list of turns, or holds one as text."""
    if isinstance(value, str):
        return value.lstrip()[:1] == "[" and are_turns(parse_nested(value))
    return is_turns(value)


def value_of_first(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Any:
    """Give the first cell of the columns that holds something in any row."""
    found = (value_of(values, columns) for values in rows)
    return next((value for value in found if value is not None), None)


def holds_turns(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> bool:
    """Tell whether a column holds conversations and not plain text."""
    value = value_of_first(rows, columns)
    if isinstance(value, str):
        return is_nested(value) or split_transcript(value) is not None
    return isinstance(value, list | dict)


def find_judged(rows: Sequence[dict[str, Any]], fields: Fields) -> Shape | None:
    """Give the shape of rows with judged answers: pairs, or thumbs."""
    if {"chosen", "rejected"} <= fields.keys():
        return Shape("preference", fields)
    marks = fields.get("thumb") or fields.get("label", ())
    marks = tuple(name for name in marks if is_mark(rows, name))
    is_whole = "turns" in fields or ("answer" in fields and asked_field(fields) is not None)
    if marks and is_whole:
        asked = asked_field(fields) or ""
        return Shape("thumbs", with_question(fields, asked) | {"thumb": marks})
    return None


def is_mark(rows: Sequence[dict[str, Any]], column: str) -> bool:
    """Tell whether every cell of a column says good or bad."""
    marks = [values[column] for values in rows if values.get(column) not in (None, "")]
    return bool(marks) and all(read_thumb(mark) is not None for mark in marks)


def find_conversation(rows: Sequence[dict[str, Any]], fields: Fields) -> Shape | None:
    """Give the shape of rows that hold whole conversations."""
    if "turns" not in fields:
        return None
    first = value_of_first(rows, fields["turns"])
    if isinstance(first, str):
        first = parse_nested(first) if is_nested(first) else None
    turn = first[0] if isinstance(first, list) and first else first
    is_sharegpt = isinstance(turn, dict) and ("from" in turn or "value" in turn)
    return Shape("sharegpt" if is_sharegpt else "messages", fields)


def asked_field(fields: Fields) -> str | None:
    """Give the field that holds what is asked."""
    names = ("instruction", "question", "input", "context", "text")
    return next((name for name in names if name in fields), None)


def with_question(fields: Fields, asked: str) -> Fields:
    """Give the fields with what is asked as the question."""
    if asked in ("question", "instruction", ""):
        return fields
    rest = {name: columns for name, columns in fields.items() if name != asked}
    return rest | {"question": fields[asked]}


def find_asked(fields: Fields) -> Shape | None:
    """Give the shape of rows with a question and an answer, or with a text and its category."""
    asked = asked_field(fields)
    if asked is None:
        return None
    if "answer" in fields:
        if asked == "instruction":
            return Shape("alpaca", fields)
        fields = with_question(fields, asked)
        is_question = find_name(fields["question"][0]) in QUESTION_NAMES
        return Shape("question-answer" if is_question else "prompt-completion", fields)
    if "label" in fields:
        return Shape("text-label", fields | {"text": fields.get("text") or fields[asked]})
    return None


def find_text(fields: Fields) -> Shape | None:
    """Give the shape of rows that are texts and nothing else."""
    columns = tuple(name for name in fields.get("text", ()) if plain_name(name) in TEXT_NAMES)
    return Shape("text", {"text": columns[:1]}) if columns else None


def convert_rows(
    rows: Iterable[RawRow], shape: Shape, labels: Sequence[str] = (), source: int = 0
) -> Iterator[Row | Skipped]:
    """Turn raw rows into examples; a row that cannot be learned from comes out as `Skipped`, never silently.

    `labels` are those of `labels_of`; `source` is the file's place among several.
    """
    make, fields, told = maker(shape, labels), shape.fields, 0
    for raw in rows:
        row, reason = None, raw.problem
        if not reason:
            try:
                row = make(raw.values, fields, (raw.line, source))
                reason = check_row(row) or ""
            except UnusableRowError as error:
                reason = str(error)
            except RecursionError:
                reason = "too_deep"
        if row is not None and not reason:
            yield row
            continue
        told += 1
        said = beginning(raw) if told <= MOST_SKIPPED_KEPT else ""
        yield Skipped(raw.line, reason, source, said, row if reason in MENDABLE_REASONS else None)


def beginning(raw: RawRow) -> str:
    """Give how a row begins, on one line: enough to find it again."""
    try:
        cells = [as_text(value)[:BEGINNING_CHARACTERS] for value in raw.values.values()]
    except RecursionError:
        cells = []
    said = raw.text or " · ".join(cell for cell in cells if cell.strip())
    line = " ".join(said[: 2 * BEGINNING_CHARACTERS].split())
    return line if len(line) <= BEGINNING_CHARACTERS else f"{line[:BEGINNING_CHARACTERS]}…"


def labels_of(rows: Iterable[RawRow], shape: Shape) -> list[str]:
    """Give the categories that occur, sorted; none where the shape has no categories."""
    if shape.name != "text-label":
        return []
    found = {label_of(raw.values, shape.fields) for raw in rows if not raw.problem}
    return sorted(found - {""}, key=lambda label: (label.casefold(), label))


def common_shape(shapes: Sequence[str]) -> str:
    """Give the shape of rows from files of several shapes: the first one, unless their rows are of different kinds.

    Then they can be learned together as conversations only.
    """
    kinds = {KIND_BY_SHAPE.get(shape, "chat") for shape in shapes}
    if len(kinds) == 1:
        return shapes[0]
    return next((shape for shape in shapes if shape not in KIND_BY_SHAPE), "messages")


def label_notices(labels: Sequence[str]) -> tuple[Notice, ...]:
    """Say so where there are too many categories to name them in every question."""
    if len(labels) <= MOST_NAMED_LABELS:
        return ()
    return (Notice("labels_not_named", {"n": len(labels), "most": MOST_NAMED_LABELS}),)
