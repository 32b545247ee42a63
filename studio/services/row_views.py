"""What the table of examples shows: which rows, in which order. Chosen once, then any page of it costs nothing."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from studio.domain.dataset_folder import PARTS, Part, Version
from studio.domain.findings import FINDINGS, flagged
from studio.domain.searching import find_text

MOST_KEPT_CHOICES = 16
ANY_FINDING = "any"


@dataclass(frozen=True, slots=True)
class RowView:
    """Which rows to show. What is None does not matter."""

    part: Part | None = None
    search: str = ""
    order: Literal["file", "longest", "shortest"] = "file"
    finding: str | None = None
    """A code of `findings.FINDINGS`, or "any"."""
    label: str | None = None
    topic: int | None = None
    too_long_over: int | None = None
    """Rows with more tokens than this, of the model `model_id`."""
    model_id: str | None = None


def choose_rows(version: Version, view: RowView, lengths: np.ndarray | None) -> np.ndarray:
    """Give the places of the rows of a view, in its order; `lengths` are tokens per row, or None where not known."""
    index = version.index()
    sizes = index["bytes"] if lengths is None else lengths
    is_shown = np.ones(len(index), dtype=bool)
    if view.part is not None:
        is_shown &= index["part"] == PARTS.index(view.part)
    if view.label is not None:
        labels = [*version.facts().labels]
        is_shown &= index["label"] == (labels.index(view.label) if view.label in labels else -2)
    if view.finding is not None:
        is_shown &= has_finding(version, len(index), view.finding)
    if view.topic is not None:
        is_shown &= np.load(version.topic_of) == view.topic if version.topic_of.exists() else False
    if view.too_long_over is not None and lengths is not None:
        is_shown &= lengths > view.too_long_over
    if view.search.strip():
        is_shown &= find_text(version, view.search.strip())
    places = np.flatnonzero(is_shown)
    if view.order == "file":
        return places
    ranks = sizes[places].astype(np.int64)
    return places[np.argsort(-ranks if view.order == "longest" else ranks, kind="stable")]


def has_finding(version: Version, total: int, code: str) -> np.ndarray:
    """Tell for every row whether the health check found something in it."""
    is_flagged = np.zeros(total, dtype=bool)
    if version.flags.exists() and code in (ANY_FINDING, *FINDINGS):
        flags = np.load(version.flags)
        is_flagged[flagged(flags, None if code == ANY_FINDING else code)] = True
    return is_flagged


@dataclass(frozen=True, slots=True)
class Choices:
    """Keeps the last choices, so that turning a page looks nothing up again."""

    _kept: "OrderedDict[tuple[object, ...], np.ndarray]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def choose(self, version: Version, view: RowView, lengths: np.ndarray | None) -> np.ndarray:
        """Give the places of the rows of a view."""
        stamps = (stamp(version.flags), stamp(version.topic_of), content_mark(lengths))
        key = (version, view, *stamps)
        with self._lock:
            known = self._kept.get(key)
        if known is None:
            known = choose_rows(version, view, lengths)
        with self._lock:
            self._kept[key] = known
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT_CHOICES:
                self._kept.popitem(last=False)
        return known


def stamp(path: Path) -> int:
    """Give when a file came, 0 where it has not."""
    return path.stat().st_mtime_ns if path.exists() else 0


def content_mark(lengths: np.ndarray | None) -> int:
    """Give a number that changes when lengths are measured anew."""
    return 0 if lengths is None else int(lengths.sum(dtype=np.int64)) + 1
