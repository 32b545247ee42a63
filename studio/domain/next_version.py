"""Store what a step made: the rows of the next version, with all that follows from them counted anew."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import PARTS, DatasetFolder, Facts, Index, Version, read_lines
from studio.domain.placeholders import find_placeholders
from studio.domain.records import row_from_line
from studio.domain.row_files import count_labels
from studio.errors import StudioError


def store(
    folder: DatasetFolder, base: Version, index: Index, keys: np.ndarray, facts: Facts
) -> Version:
    """Store what a step made of `base` and make it hold; `facts.labels` names the labels as `index` numbers them.

    Raises:
        StudioError: `data.changed_meanwhile` where another version holds by now.
    """
    labels = count_labels(index, [*facts.labels])
    held_out_rows = int(np.count_nonzero(index["part"] == PARTS.index("held_out")))
    counted = replace(
        facts,
        rows=len(index) + facts.skipped_rows,
        used=len(index),
        train_rows=len(index) - held_out_rows,
        held_out_rows=held_out_rows,
        labels=labels,
        placeholders=find_all_placeholders(folder.path, index) if facts.placeholders else (),
    )
    if folder.head() != base:
        raise StudioError("data.changed_meanwhile")
    version = folder.add_version(folder.next_number(), index, keys, counted)
    folder.make_hold(version)
    return version


def find_all_placeholders(dataset: Path, index: Index) -> tuple[str, ...]:
    """Give the names that wait for a text in any row."""
    names: set[str] = set()
    for line in read_lines(dataset, index):
        if b"{{" in line:
            names |= find_placeholders(row_from_line(line))
    return tuple(sorted(names))
