"""Import files: source files in, a data set's first version out, row by row.

Nothing is held in memory but a few numbers per row, so a million rows take no more than the index of them.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.dataset_folder import PARTS, DatasetFolder, Facts, Step, Version
from studio.domain.formats import Notice, RawFile, RawRow, read_file
from studio.domain.mapping import shape_for_mapping
from studio.domain.records import Row, Skipped, row_to_line
from studio.domain.row_files import RowsFile, count_labels
from studio.domain.shapes import (
    KIND_BY_SHAPE,
    MOST_SKIPPED_KEPT,
    SHAPE_SAMPLE_ROWS,
    Shape,
    common_shape,
    convert_rows,
    detect_shape,
    label_notices,
    labels_of,
)
from studio.domain.splits import split_places
from studio.domain.watching import Watch, report
from studio.errors import StudioError

DEFAULT_HELD_OUT_PERCENT = 10.0
MOST_MENDABLE_BYTES = 16 * 2**20
ROWS_PER_REPORT = 1_000
LABEL_SHAPE = "text-label"
TRAIN, HELD_OUT = range(len(PARTS))


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and the name that its owner knows it by (text, never a path)."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to import: files that become one data set; `mapping` gives columns their roles where they are not known."""

    sources: tuple[Source, ...]
    mapping: dict[str, str] | None = None
    held_out_percent: float = DEFAULT_HELD_OUT_PERCENT
    held_out_source: Source | None = None
    """The user's own held-out examples; the rest is then learned."""
    seed: int = 0

    def step(self) -> Step:
        """Give it as the first step of a data set; files by their names."""
        return Step(
            "import",
            {
                "files": [source.name for source in self.sources],
                "mapping": self.mapping,
                "held_out_percent": self.held_out_percent,
                "held_out_file": self.held_out_source.name if self.held_out_source else None,
                "seed": self.seed,
            },
        )

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON, for a job."""
        return asdict(self) | {
            "sources": [[str(source.path), source.name] for source in self.sources],
            "held_out_source": [str(self.held_out_source.path), self.held_out_source.name]
            if self.held_out_source
            else None,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "ImportOrder":
        """Give what `to_json` made of it."""
        own = stored["held_out_source"]
        values: dict[str, Any] = {
            **stored,
            "sources": tuple(Source(Path(path), name) for path, name in stored["sources"]),
            "held_out_source": Source(Path(own[0]), own[1]) if own else None,
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Opened:
    """A source that was recognised; its items are read once, while they are asked for."""

    format: str
    shape: str
    notices: tuple[Notice, ...]
    items: Iterator[Row | Skipped]
    position: Callable[[], int]
    """Gives the bytes of the file that were taken so far."""
    size_bytes: int


@dataclass(slots=True)
class Tally:
    """What was read so far."""

    rows: int = 0
    skipped_rows: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    mendable: list[bytes] = field(default_factory=list)
    mendable_bytes: int = 0
    formats: dict[str, None] = field(default_factory=dict)
    shapes: dict[str, None] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)

    def skip(self, item: Skipped) -> None:
        """Count a row that cannot be used; keep its reason, and itself if it can be mended, where there is room."""
        self.skipped_rows += 1
        self.reasons[item.reason] += 1
        if len(self.skipped) < MOST_SKIPPED_KEPT:
            self.skipped.append(replace(item, row=None))
        if item.row is not None and self.mendable_bytes < MOST_MENDABLE_BYTES:
            self.mendable.append(row_to_line(item.row))
            self.mendable_bytes += len(self.mendable[-1])

    def check_used(self, used_rows: int) -> None:
        """Refuse sources of which no row can be used."""
        if not used_rows:
            first = self.skipped[0]
            raise StudioError(
                "data.no_examples", rows=self.rows, line=first.line, reason=first.reason
            )


def recognise(source: Source, mapping: dict[str, str] | None) -> tuple[RawFile, Shape]:
    """Open a file and give it with its shape: that of its columns, or that of the roles that they were given.

    Raises:
        StudioError: what `read_file` raises, `data.empty_file`, `data.unknown_columns`.
    """
    raw = read_file(source.path, source.name)
    first: list[RawRow] = list(islice(raw.rows, SHAPE_SAMPLE_ROWS))
    if not first:
        raise StudioError("data.empty_file")
    shape = shape_for_mapping(mapping, first) if mapping else detect_shape(first, raw.columns)
    if shape is None:
        raise StudioError("data.unknown_columns", columns=", ".join(raw.columns[:12]) or "-")
    return replace(raw, rows=chain(first, raw.rows)), shape


def open_source(
    source: Source, mapping: dict[str, str] | None, labels: Sequence[str] = (), place: int = 0
) -> Opened:
    """Recognise a file and give its examples as they are read; `labels` are those of all files (`find_labels`).

    Raises:
        StudioError: what `recognise` raises (while rows are read, too).
    """
    raw, shape = recognise(source, mapping)
    notices = (*raw.notices, *label_notices(labels))
    rows = convert_rows(raw.rows, shape, labels, place)
    return Opened(raw.format, shape.name, notices, rows, raw.position, source.path.stat().st_size)


def find_labels(
    sources: Sequence[Source], mapping: dict[str, str] | None, watch: Watch
) -> tuple[str, ...]:
    """Give the categories that occur in the files, which have to be known before the first example can name them."""
    labels: dict[str, None] = {}
    for source in sources:
        with naming(source, len(sources) > 1):
            raw, shape = recognise(source, mapping)
            if shape.name == LABEL_SHAPE:
                size = source.path.stat().st_size
                labels |= dict.fromkeys(labels_of(watched(raw, size, watch), shape))
    return tuple(sorted(labels, key=lambda label: (label.casefold(), label)))


def watched(raw: RawFile, size_bytes: int, watch: Watch) -> Iterator[RawRow]:
    """Give the rows of a file while its owner sees how far it is."""
    for number, row in enumerate(raw.rows):
        if number % ROWS_PER_REPORT == 0:
            report(watch, "looking", raw.position(), size_bytes)
        yield row


def import_files(
    folder: DatasetFolder, order: ImportOrder, watch: Watch, step: Step | None = None
) -> Version:
    """Read the sources into a new version of `folder` and make it hold.

    A failure at any moment leaves the version that held before; `step` is what the new one says it was made by.

    Raises:
        StudioError: what `open_source` raises, or `data.no_examples` where no row can be used.
        Cancelled: the work was called off.
    """
    number = folder.next_number()
    rows_file, tally = RowsFile(folder.path, number), Tally()
    try:
        read_sources(order, rows_file, tally, watch)
        index, keys = rows_file.index(), rows_file.keys()
        if order.held_out_source is None:
            report(watch, "splitting", 0, len(index))
            index["part"] = split_places(keys, index["label"], order.held_out_percent, order.seed)
        labels = count_labels(index, [*rows_file.labels])
        report(watch, "saving", 0, len(index))
        rows_file.close()
    except BaseException:
        rows_file.discard()
        raise
    keep_mendable(folder, tally)
    held_out_rows = int(np.count_nonzero(index["part"] == HELD_OUT))
    facts = Facts(
        step=step or order.step(),
        format=", ".join(tally.formats),
        shape=common_shape([*tally.shapes]),
        rows=tally.rows,
        used=len(index),
        skipped_rows=tally.skipped_rows,
        skipped=tuple(tally.skipped),
        reasons=dict(tally.reasons),
        notices=tuple(tally.notices.values()),
        train_rows=len(index) - held_out_rows,
        held_out_rows=held_out_rows,
        held_out_percent=None if order.held_out_source else order.held_out_percent,
        labels=labels,
        placeholders=tuple(sorted(rows_file.placeholders)),
    )
    version = folder.add_version(number, index, keys, facts)
    folder.make_hold(version)
    return version


def read_sources(order: ImportOrder, rows_file: RowsFile, tally: Tally, watch: Watch) -> None:
    """Read all files of an order, the held-out one last."""
    own = order.held_out_source
    sources = [*order.sources, *([own] if own else [])]
    labels = find_labels(sources, order.mapping, watch)
    for place, source in enumerate(sources):
        is_held_out = place == len(order.sources)
        if is_held_out:
            tally.check_used(len(rows_file))
        with naming(source, len(sources) > 1):
            opened = open_source(source, order.mapping, labels, place)
            take(opened, rows_file, tally, watch, HELD_OUT if is_held_out else TRAIN)
    tally.check_used(len(rows_file))
    if len({KIND_BY_SHAPE.get(shape, "chat") for shape in tally.shapes}) > 1:
        mixed = Notice("mixed_shapes", {"shapes": ", ".join(tally.shapes)})
        tally.notices[repr(mixed)] = mixed


@contextmanager
def naming(source: Source, is_one_of_several: bool) -> Generator[None]:
    """Let an error tell in which of several files it is."""
    try:
        yield
    except StudioError as error:
        if is_one_of_several:
            error.values["file"] = source.name
        raise


def take(opened: Opened, rows_file: RowsFile, tally: Tally, watch: Watch, part: int) -> None:
    """Store the examples of one source and count what was skipped."""
    tally.formats[opened.format] = None
    tally.shapes[opened.shape] = None
    tally.notices |= {repr(notice): notice for notice in opened.notices}
    for item in opened.items:
        tally.rows += 1
        if isinstance(item, Row):
            rows_file.add(item, part)
        else:
            tally.skip(item)
        if tally.rows % ROWS_PER_REPORT == 0:
            report(watch, "reading", opened.position(), opened.size_bytes)


def keep_mendable(folder: DatasetFolder, tally: Tally) -> None:
    """Store the rows that a step could mend."""
    beside = folder.mendable.with_name(f".{folder.mendable.name}.partial")
    folder.mendable.unlink(missing_ok=True)
    if tally.mendable:
        beside.write_bytes(b"".join(tally.mendable))
        beside.rename(folder.mendable)
