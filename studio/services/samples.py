"""The samples that ship with the studio, put into a home as ordinary data sets."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import studio
from studio.domain.importing import ImportOrder, Source
from studio.domain.yaml_text import parse_yaml
from studio.services.locks import FileLock
from studio.services.shelf import About, Shelf

SAMPLES = Path(studio.__file__).parent / "samples"
# What a model may learn from and be checked on; `test.jsonl` stays out of sight of both.
FILES = ("sample.yaml", "train.jsonl", "held_out.jsonl")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it ships."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    def digest(self) -> str:
        """Give what changes when its files change."""
        whole = hashlib.sha256()
        for name in FILES:
            whole.update((self.path / name).read_bytes() + b"\x00")
        return whole.hexdigest()

    def about(self) -> About:
        """Give its description as that of a data set."""
        stored: dict[str, Any] = parse_yaml((self.path / "sample.yaml").read_text("utf-8"))
        return About(
            id=self.id,
            name=self.id,
            created=0.0,
            is_sample=True,
            title=stored["title"],
            digest=self.digest(),
        )

    def order(self) -> ImportOrder:
        """Give the import that makes it a data set; it brings its own held-out examples."""
        train, held_out = (Source(self.path / name, name) for name in FILES[1:])
        return ImportOrder((train,), held_out_source=held_out)


def shipped_samples() -> list[Sample]:
    """Give the samples of this installation."""
    return [Sample(path.parent) for path in sorted(SAMPLES.glob("*/sample.yaml"))]


def bring_samples(shelf: Shelf) -> None:
    """Put the samples on the shelf that are missing, and those whose files changed, unless somebody worked on them."""
    lock = FileLock(shelf.home.datasets / ".samples.lock")
    lock.wait()
    try:
        for sample in shipped_samples():
            if not is_current(shelf, sample):
                shelf.add(sample.about(), sample.order(), replaces=True)
    finally:
        lock.release()


def is_current(shelf: Shelf, sample: Sample) -> bool:
    """Tell whether a sample needs nothing: it is as shipped, or the user has versions of it."""
    if not shelf.has(sample.id):
        return False
    folder = shelf.folder(sample.id)
    return len(folder.history()) > 1 or shelf.about(sample.id).digest == sample.digest()
