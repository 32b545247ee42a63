"""A quick look at a file before it is imported: what it is, its first rows, and what they would become."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from studio.domain.formats import Notice, RawRow, read_file
from studio.domain.importing import Source
from studio.domain.mapping import guess_mapping, shape_for_mapping
from studio.domain.placeholders import find_placeholders
from studio.domain.records import Row, Skipped
from studio.domain.shapes import SHAPE_SAMPLE_ROWS, convert_rows, detect_shape, labels_of
from studio.errors import StudioError

SHOWN_ROWS = 20
# The categories that an example names are looked for up to here, which takes a fraction of a second.
LABEL_SAMPLE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at a file's beginning tells. `mapping` gives each column its role, as it is or as it is guessed."""

    format: str
    notices: tuple[Notice, ...]
    columns: tuple[str, ...]
    rows: tuple[RawRow, ...]
    shape: str | None
    """None: nobody knows the columns, and the user has to give them roles."""
    mapping: dict[str, str]
    examples: tuple[Row | Skipped, ...]
    placeholders: tuple[str, ...]
    problem: StudioError | None = None
    """What is wrong with the roles that were given."""


def inspect_file(source: Source, mapping: dict[str, str] | None = None) -> Inspection:
    """Look at the first rows of a file, with the roles that its columns were given or those that can be guessed.

    Raises:
        StudioError: what `read_file` raises, `data.empty_file`.
    """
    raw = read_file(source.path, source.name)
    first = [*islice(raw.rows, SHAPE_SAMPLE_ROWS)]
    if not first:
        raise StudioError("data.empty_file")
    shape, problem = None, None
    try:
        shape = shape_for_mapping(mapping, first) if mapping else detect_shape(first, raw.columns)
    except StudioError as error:
        problem = error
    shown = first[:SHOWN_ROWS]
    sample = chain(first, islice(raw.rows, LABEL_SAMPLE_ROWS))
    labels = labels_of(sample, shape) if shape else []
    examples: Iterator[Row | Skipped] = convert_rows(shown, shape, labels) if shape else iter(())
    made = tuple(examples)
    return Inspection(
        format=raw.format,
        notices=raw.notices,
        columns=raw.columns,
        rows=tuple(shown),
        shape=shape.name if shape else None,
        mapping=mapping or {**guess_mapping(raw.columns, first)},
        examples=made,
        placeholders=tuple(
            sorted({n for e in made if isinstance(e, Row) for n in find_placeholders(e)})
        ),
        problem=problem,
    )
