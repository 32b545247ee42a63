"""Write a rows file, and the index of what is in it, while rows stream by."""

import os
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import ROW, Index, rows_file
from studio.domain.placeholders import find_placeholders
from studio.domain.records import Row, row_to_line
from studio.domain.splits import RowGroups

NO_LABEL = -1


class RowsFile:
    """Owns one rows file while it is written. It has its name when it is complete (`close`)."""

    def __init__(self, dataset: Path, number: int, labels: Sequence[str] = ()) -> None:
        self.number = number
        self.path = rows_file(dataset, number)
        self.labels = {label: place for place, label in enumerate(labels)}
        self.placeholders: set[str] = set()
        self._partial = self.path.with_name(f".{self.path.name}.partial")
        self._file = self._partial.open("wb")
        self._end = 0
        self._offsets, self._bytes = array("Q"), array("I")
        self._parts, self._labels, self._groups = array("B"), array("i"), RowGroups()

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, row: Row, part: int = 0) -> None:
        """Append a row; `part` is its place among `PARTS`."""
        line = row_to_line(row)
        self._file.write(line)
        self._offsets.append(self._end)
        self._bytes.append(len(line))
        self._end += len(line)
        self._parts.append(part)
        self._labels.append(self.label_number(row.label))
        self._groups.add(row)
        if b"{{" in line:
            self.placeholders |= find_placeholders(row)

    def label_number(self, label: str | None) -> int:
        """Give the place of a label among all; a new one comes last."""
        return NO_LABEL if label is None else self.labels.setdefault(label, len(self.labels))

    def keys(self) -> np.ndarray:
        """Give the key of every row's group: rows that ask (nearly) the same."""
        return self._groups.keys()

    def index(self) -> Index:
        """Give the entries of the rows, in the order in which they came."""
        entries: Index = np.zeros(len(self), ROW)
        entries["file"] = self.number
        for name, values in (
            ("part", self._parts),
            ("label", self._labels),
            ("offset", self._offsets),
            ("bytes", self._bytes),
        ):
            entries[name] = values
        return entries

    def close(self) -> None:
        """Give the file its name, with everything on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.rename(self.path)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


def count_labels(index: Index, labels: Sequence[str]) -> dict[str, int]:
    """Give the rows by label that have any, and number the labels of `index` anew in that order."""
    counts = np.bincount(index["label"][index["label"] >= 0], minlength=len(labels))
    used = np.flatnonzero(counts)
    new_number = np.full(len(labels) + 1, NO_LABEL, np.int32)
    new_number[used] = np.arange(len(used))
    index["label"] = new_number[index["label"]]
    return {labels[place]: int(counts[place]) for place in used}
