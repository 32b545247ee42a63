"""A data set is a folder: what was brought, the canonical rows, and every version that steps made of them.

    about.json          id, name, time, where it came from                      written once
    source/             the files as they were brought, never altered; named by number, since a name may be anything
    mendable.jsonl      rows that cannot be learned from as they are, but could be mended; where there are any
    rows-000.jsonl …    canonical rows; 000 by the import, one more by every step that makes new rows
    versions/000/ …     one per step, complete when it appears (renamed into place):
        index.npy       which rows, in which order (`ROW`)
        keys.npy        a number per row; rows with the same one stay on one side of the held-out split
        facts.json      `Facts`
        health.json, flags.npy, topics.json, topics.npy    follow later, each by rename
    head.json           the versions that led here; the last one holds, undo takes it off. A number is never used twice
    lengths/            tokens per row by model, a cache

A version lists rows by (file, offset), so a step copies 19 bytes per row and never the rows, and nothing is ever rewritten.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from studio.domain.formats import Notice
from studio.domain.job import write_by_rename
from studio.domain.records import Row, Skipped, row_from_line

Part = Literal["train", "held_out"]
PARTS: tuple[Part, ...] = ("train", "held_out")
# One entry per row: rows file, place among PARTS, place among `Facts.labels` (-1: none), where the line is.
ROW = np.dtype(
    [("file", "<u2"), ("part", "u1"), ("label", "<i4"), ("offset", "<u8"), ("bytes", "<u4")]
)
Index = np.ndarray
# So many entries of the index become Python numbers at a time.
BLOCK_ROWS = 65_536
COPY_BYTES = 2**20
# More than numpy's header; a file without rows cannot be mapped.
EMPTY_BYTES = 256


@dataclass(frozen=True, slots=True)
class Step:
    """What made a version of the one before: a code of `steps.STEPS` (the first is "import") with its values."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a version. `rows` were read and `used` of them can be learned from; `skipped` says why not."""

    step: Step
    format: str
    shape: str
    rows: int
    used: int
    skipped_rows: int
    skipped: tuple[Skipped, ...]
    """The first thousand; `skipped_rows` counts all."""
    notices: tuple[Notice, ...]
    train_rows: int
    held_out_rows: int
    held_out_percent: float | None
    """Share that was asked for; None: the split was brought along (samples, a held-out file)."""
    labels: dict[str, int]
    """Rows by category, in the order that `ROW.label` counts in; empty where there are none."""
    placeholders: tuple[str, ...]
    """Names such as `name` of `{{name}}` that wait for a text."""
    changed_rows: int = 0
    """Rows that the step dropped, changed or added."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Why rows were skipped, all of them."""

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Facts":
        """Give what `asdict` and JSON made of it."""
        values: dict[str, Any] = dict(stored)
        values["step"] = Step(**stored["step"])
        values["skipped"] = tuple(Skipped(**one) for one in stored["skipped"])
        values["notices"] = tuple(Notice(**one) for one in stored["notices"])
        values["placeholders"] = tuple(stored["placeholders"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a data set; its folder is complete and never changes."""

    dataset: Path
    number: int

    @property
    def path(self) -> Path:
        return self.dataset / "versions" / f"{self.number:03d}"

    def facts(self) -> Facts:
        """Give what is known of it."""
        return Facts.from_json(json.loads((self.path / "facts.json").read_text(encoding="utf-8")))

    @property
    def health(self) -> Path:
        return self.path / "health.json"

    @property
    def flags(self) -> Path:
        return self.path / "flags.npy"

    @property
    def topics(self) -> Path:
        return self.path / "topics.json"

    @property
    def topic_of(self) -> Path:
        return self.path / "topics.npy"

    def index(self) -> Index:
        """Give its rows (`ROW`), read from disk as they are looked at."""
        stored = self.path / "index.npy"
        return np.load(stored, mmap_mode="r" if stored.stat().st_size > EMPTY_BYTES else None)

    def keys(self) -> np.ndarray:
        """Give the number per row that keeps (nearly) equal rows on one side of a split."""
        return np.load(self.path / "keys.npy")

    def places(self, part: Part) -> np.ndarray:
        """Give the places of one part's rows in the index, in order."""
        return np.flatnonzero(self.index()["part"] == PARTS.index(part))

    def rows(self, places: Sequence[int] | np.ndarray | None = None) -> Iterator[Row]:
        """Give the rows at `places` of the index, or all."""
        for line in self.lines(places):
            yield row_from_line(line)

    def lines(self, places: Sequence[int] | np.ndarray | None = None) -> Iterator[bytes]:
        """Give the stored lines of the rows at `places`, or of all."""
        index = self.index()
        chosen = index if places is None else index[np.asarray(places, dtype=np.int64)]
        yield from read_lines(self.dataset, chosen)

    def copy_rows(self, places: np.ndarray, target: BinaryIO) -> None:
        """Append the stored lines of the rows at `places` to `target`; neighbours go over in one piece."""
        chosen = self.index()[places]
        ends = chosen["offset"] + chosen["bytes"]
        breaks = (chosen["file"][1:] != chosen["file"][:-1]) | (chosen["offset"][1:] != ends[:-1])
        firsts = np.concatenate([[0], np.flatnonzero(breaks) + 1])[: len(chosen)]
        lasts = np.append(firsts[1:], len(chosen)) - 1 if len(chosen) else firsts
        with ExitStack() as files:
            opened = {
                int(number): files.enter_context(rows_file(self.dataset, int(number)).open("rb"))
                for number in np.unique(chosen["file"])
            }
            for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
                file = opened[int(chosen["file"][first])]
                file.seek(int(chosen["offset"][first]))
                left = int(ends[last] - chosen["offset"][first])
                while left:
                    block = file.read(min(left, COPY_BYTES))
                    target.write(block)
                    left -= len(block)


def rows_file(dataset: Path, number: int) -> Path:
    """Give the name of a rows file."""
    return dataset / f"rows-{number:03d}.jsonl"


def read_lines(dataset: Path, entries: Index) -> Iterator[bytes]:
    """Give the stored lines of the rows in `entries`."""
    with ExitStack() as files:
        opened: dict[int, BinaryIO] = {}
        for start in range(0, len(entries), BLOCK_ROWS):
            block = entries[start : start + BLOCK_ROWS][["file", "offset", "bytes"]].tolist()
            for number, offset, length in block:
                file = opened.get(number)
                if file is None:
                    stored = rows_file(dataset, number).open("rb")
                    file = opened[number] = files.enter_context(stored)
                file.seek(offset)
                yield file.read(length)


def save_array(path: Path, values: np.ndarray) -> None:
    """Write an array; it is on disk when this returns."""
    with path.open("wb") as file:
        np.save(file, values)
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class DatasetFolder:
    """Every file name of a data set; nobody else joins these paths."""

    path: Path

    @property
    def about(self) -> Path:
        return self.path / "about.json"

    @property
    def source(self) -> Path:
        return self.path / "source"

    def source_file(self, place: int) -> Path:
        """Give the name of one of the files that were brought."""
        return self.source / f"{place:03d}"

    @property
    def held_out_source(self) -> Path:
        return self.source / "held-out"

    @property
    def mendable(self) -> Path:
        """Rows that were skipped and that a step can mend (`merge_turns`), as JSON lines."""
        return self.path / "mendable.jsonl"

    @property
    def head_file(self) -> Path:
        return self.path / "head.json"

    @property
    def lengths(self) -> Path:
        return self.path / "lengths"

    @property
    def lock(self) -> Path:
        """Held while the folder is filled by a process that is no job."""
        return self.path / "lock"

    def publish(self, target: Path) -> "DatasetFolder":
        """Give the complete folder its name, under which it is seen."""
        self.lock.unlink(missing_ok=True)
        self.path.rename(target)
        return DatasetFolder(target)

    def history(self) -> list[int]:
        """Give the numbers of the versions that led to the one that holds."""
        return json.loads(self.head_file.read_text(encoding="utf-8"))["versions"]

    def head(self) -> Version:
        """Give the version that holds."""
        return Version(self.path, self.history()[-1])

    def set_history(self, numbers: Sequence[int]) -> None:
        """Make the last of these versions hold."""
        write_by_rename(self.head_file, json.dumps({"versions": list(numbers)}))

    def versions(self) -> list[Version]:
        """Give the versions from the first to the one that holds: the steps that made it."""
        return [Version(self.path, number) for number in self.history()]

    def next_number(self) -> int:
        """Give a number that no version had before, undone ones included."""
        names = [folder.name for folder in (self.path / "versions").glob("[0-9]*")]
        return max((int(name) for name in names), default=-1) + 1

    def add_version(self, number: int, index: Index, keys: np.ndarray, facts: Facts) -> Version:
        """Store a version; it appears complete or not at all, and does not hold yet (`set_history`)."""
        version = Version(self.path, number)
        partial = version.path.with_name(f".{version.path.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True, mode=0o700)
        save_array(partial / "index.npy", index)
        save_array(partial / "keys.npy", keys)
        write_by_rename(partial / "facts.json", json.dumps(asdict(facts), ensure_ascii=False))
        partial.rename(version.path)
        return version

    def make_hold(self, version: Version) -> None:
        """Make a new version follow the one that holds; then remove what was undone before it."""
        before = self.history() if self.head_file.exists() else []
        self.set_history([*before, version.number])
        self.remove_undone()

    def remove_undone(self) -> None:
        """Remove versions that do not lead to the one that holds, and what a killed process left behind.

        A folder with a higher number stays: it keeps its number from being used again.
        """
        history = self.history()
        for folder in (self.path / "versions").iterdir():
            name = folder.name
            if name.startswith(".") or (int(name) < history[-1] and int(name) not in history):
                shutil.rmtree(folder, ignore_errors=True)
        for file in self.path.glob("*rows-*.jsonl*"):
            number = int(file.name.lstrip(".").split(".")[0].removeprefix("rows-"))
            if number < history[-1] and number not in history:
                file.unlink(missing_ok=True)
