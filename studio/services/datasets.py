"""The data sets: the samples that ship with the studio, and what people brought."""

import json
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import yaml

import studio
from studio.domain.formats import Notice, RawRow, read_file
from studio.domain.job import write_by_rename
from studio.domain.records import ChatRow, read_rows, write_rows
from studio.domain.shapes import SHAPE_SAMPLE_ROWS, Skipped, convert_rows, detect_shape
from studio.domain.splits import split_held_out
from studio.errors import StudioError
from studio.settings import Home

Part = Literal["train", "held_out"]
SAMPLES = Path(studio.__file__).parent / "samples"
ID_PATTERN = re.compile(r"[a-z0-9-]{1,80}")
DEFAULT_HELD_OUT_PERCENT = 10.0
MOST_SKIPPED_KEPT = 1_000
LONGEST_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is known of a data set. `rows` were read, `used` of them can be learned from; `skipped` says why not."""

    id: str
    name: str
    format: str
    shape: str
    rows: int
    used: int
    skipped: tuple[Skipped, ...]
    notices: tuple[Notice, ...]
    train_rows: int
    held_out_rows: int
    held_out_percent: float | None
    is_sample: bool
    title: dict[str, str]
    created: float


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was read: its examples, and what was noticed."""

    format: str
    shape: str
    rows: list[ChatRow]
    skipped: list[Skipped]
    notices: tuple[Notice, ...]


def check_file(path: Path) -> Checked:
    """Read a file as training data without storing anything.

    Raises:
        StudioError: what `read_file` and `detect_shape` raise, or `data.no_examples` where no row can be used.
    """
    raw = read_file(path)
    first: list[RawRow] = list(islice(raw.rows, SHAPE_SAMPLE_ROWS))
    if not first:
        raise StudioError("data.empty_file")
    shape = detect_shape(first)
    rows: list[ChatRow] = []
    skipped: list[Skipped] = []
    for source in (first, raw.rows):
        for item in convert_rows(source, shape):
            if isinstance(item, Skipped):
                skipped.append(item)
            else:
                rows.append(item)
    if not rows:
        raise StudioError(
            "data.no_examples", rows=len(skipped), line=skipped[0].line, reason=skipped[0].reason
        )
    return Checked(raw.format, shape.name, rows, skipped, raw.notices)


@dataclass(frozen=True, slots=True)
class DatasetLibrary:
    """Stores, lists and reads data sets. A data set never changes once it is there."""

    home: Home

    def add_file(
        self, path: Path, name: str, held_out_percent: float = DEFAULT_HELD_OUT_PERCENT
    ) -> Dataset:
        """Check a file and keep it with its examples; on any mistake nothing is kept.

        Raises:
            StudioError: see `check_file`.
        """
        checked = check_file(path)
        learned, held_out = split_held_out(checked.rows, held_out_percent)
        display = clean_name(name)
        stem = re.sub(r"[^a-z0-9]+", "-", Path(display).stem.lower()).strip("-")[:40] or "data"
        dataset_id = f"{stem}-{secrets.token_hex(3)}"
        partial = self.home.datasets / f".{dataset_id}.partial"
        partial.mkdir(mode=0o700)
        try:
            shutil.copyfile(path, partial / "source")
            profile = {
                "id": dataset_id, "name": display, "format": checked.format, "shape": checked.shape,
                "rows": len(checked.rows) + len(checked.skipped), "used": len(checked.rows),
                "skipped": [[skip.line, skip.reason] for skip in checked.skipped[:MOST_SKIPPED_KEPT]],
                "notices": [[notice.code, notice.values] for notice in checked.notices],
                "train_rows": write_rows(partial / "train.jsonl", learned),
                "held_out_rows": write_rows(partial / "held_out.jsonl", held_out),
                "held_out_percent": held_out_percent,
                "created": time.time(),
            }  # fmt: skip
            write_by_rename(partial / "profile.json", json.dumps(profile, ensure_ascii=False))
            partial.rename(self.home.datasets / dataset_id)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return self.get(dataset_id)

    def get(self, dataset_id: str) -> Dataset:
        """Give one data set.

        Raises:
            StudioError: `data.unknown`.
        """
        folder = self.folder(dataset_id)
        return read_sample(folder) if folder.parent == SAMPLES else read_profile(folder)

    def folder(self, dataset_id: str) -> Path:
        """Give the folder of a data set; ids are names, never paths."""
        if ID_PATTERN.fullmatch(dataset_id):
            for folder, mark in (
                (SAMPLES / dataset_id, "sample.yaml"),
                (self.home.datasets / dataset_id, "profile.json"),
            ):
                if (folder / mark).exists():
                    return folder
        raise StudioError("data.unknown", id=dataset_id[:LONGEST_NAME_CHARACTERS])

    def page(self, dataset_id: str, offset: int, limit: int, part: Part = "train") -> list[ChatRow]:
        """Give `limit` examples from `offset` on."""
        return list(
            islice(read_rows(self.folder(dataset_id) / f"{part}.jsonl"), offset, offset + limit)
        )

    def put_rows(self, dataset_id: str, target: Path, held_out_percent: float) -> None:
        """Put the examples of a data set into a job's folder, without copying where the disk allows.

        Another share of held-out examples than at the upload splits them anew; a sample keeps its own.
        """
        target.mkdir(mode=0o700)
        dataset, folder = self.get(dataset_id), self.folder(dataset_id)
        parts = ("train.jsonl", "held_out.jsonl")
        if dataset.held_out_percent in (None, held_out_percent):
            for part in parts:
                try:
                    os.link(folder / part, target / part)
                except OSError:
                    shutil.copyfile(folder / part, target / part)
            return
        rows = sorted(
            (row for part in parts for row in read_rows(folder / part)), key=lambda row: row.line
        )
        for part, chosen in zip(parts, split_held_out(rows, held_out_percent), strict=True):
            write_rows(target / part, chosen)

    def list(self) -> list[Dataset]:
        """Give the samples, then what people brought, newest first."""
        samples = [
            read_sample(folder)
            for folder in sorted(SAMPLES.iterdir())
            if (folder / "sample.yaml").exists()
        ]
        samples.sort(key=lambda sample: (sample.id != "quickstart", sample.id))
        folders = [
            folder for folder in self.home.datasets.iterdir() if (folder / "profile.json").exists()
        ]
        own = [read_profile(folder) for folder in folders if not folder.name.startswith(".")]
        return samples + sorted(own, key=lambda dataset: -dataset.created)


def clean_name(name: str) -> str:
    """Give a file name that is safe to show and to store as text: no path, no control characters, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[:LONGEST_NAME_CHARACTERS] or "data"


def read_profile(folder: Path) -> Dataset:
    """Give what `add_file` found."""
    stored: dict[str, Any] = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    stored["skipped"] = tuple(Skipped(line, reason) for line, reason in stored["skipped"])
    stored["notices"] = tuple(Notice(code, values) for code, values in stored["notices"])
    return Dataset(is_sample=False, title={}, **stored)


def read_sample(folder: Path) -> Dataset:
    """Describe a sample from its own files."""
    about = yaml.safe_load((folder / "sample.yaml").read_text(encoding="utf-8"))
    counts = [sum(1 for _ in read_rows(folder / f"{part}.jsonl")) for part in ("train", "held_out")]
    return Dataset(
        id=folder.name,
        name=folder.name,
        format="jsonl",
        shape="messages",
        rows=sum(counts),
        used=sum(counts),
        skipped=(),
        notices=(),
        train_rows=counts[0],
        held_out_rows=counts[1],
        held_out_percent=None,
        is_sample=True,
        title=about["title"],
        created=0.0,
    )
