"""How long the rows of a version are for a model, in tokens: what is stored of it, and what it says.

    lengths/<tokenizer key>-v003.npy    uint32, (2, rows): tokens of the row, tokens until its last answer has ended

A row that was not measured has 0 tokens. A row that no limit cuts (a text is split, a bad answer is not learned) has no
ending (0).
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import Version

MOST_MEASURED_ROWS = 20_000
SAMPLE_SEED = 0
# The files that decide how text becomes tokens. The number is that of our own rules.
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
RULES = b"1"
BARS = 32
CURVE_POINTS = 64
SHORTEST_LIMIT = 16
CURVE_STEP = 8


@dataclass(frozen=True)
class LengthFacts:
    """The lengths of the `counted_rows` that were measured, of `total_rows` in the data set.

    `failed_rows` of them do not fit the model's chat template. Without `slots`, since sums are kept.
    """

    lengths: np.ndarray
    endings: np.ndarray
    counted_rows: int
    total_rows: int
    failed_rows: int

    @property
    def is_sample(self) -> bool:
        """Tell whether only some of the rows were measured."""
        return self.counted_rows < self.total_rows

    @property
    def median(self) -> int:
        return self._share(50)

    @property
    def p95(self) -> int:
        return self._share(95)

    @property
    def longest(self) -> int:
        return self._share(100)

    def _share(self, percent: int) -> int:
        """Give the length that `percent` of the rows do not exceed."""
        return (
            int(np.percentile(self.lengths, percent, method="higher")) if len(self.lengths) else 0
        )

    def cut_at(self, limit: int) -> tuple[int, int]:
        """Give how many rows are longer than `limit`, and how many of them lose the end of an answer."""
        is_longer = (self.lengths > limit) & (self.endings > 0)
        return int(is_longer.sum()), int((self.endings > limit).sum())

    @cached_property
    def histogram(self) -> tuple[tuple[int, int, int], ...]:
        """Give bars of (from, to, rows) in tokens, `to` not included; the last one holds all longer rows."""
        if not len(self.lengths):
            return ()
        width = nice_width(int(np.percentile(self.lengths, 99)) / BARS)
        places = np.minimum(self.lengths // width, BARS)
        counts = np.bincount(places.astype(np.int64))
        bars = [(i * width, (i + 1) * width, int(rows)) for i, rows in enumerate(counts)]
        if len(bars) > BARS:
            bars[BARS] = (BARS * width, self.longest + 1, bars[BARS][2])
        return tuple(bars)

    @cached_property
    def curve(self) -> tuple[tuple[int, int, int], ...]:
        """Give (limit, rows cut, rows losing their ending) at limits from 16 to the longest row."""
        top = max(SHORTEST_LIMIT, math.ceil(self.longest / CURVE_STEP) * CURVE_STEP)
        limits = np.geomspace(SHORTEST_LIMIT, top, CURVE_POINTS)
        rounded = np.unique(np.rint(limits / CURVE_STEP).astype(np.int64) * CURVE_STEP)
        return tuple((int(limit), *self.cut_at(int(limit))) for limit in rounded)


def nice_width(least: float) -> int:
    """Give the next of 1, 2, 5, 10, 20, 50, … that is not less than `least`."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if size * factor >= least:
                return size * factor
        size *= 10


def tokenizer_key(model: Path) -> str:
    """Give a name for how a model's folder makes tokens of text; another template, another name."""
    digest = hashlib.sha256(RULES)
    for name in TOKENIZER_FILES:
        if (model / name).exists():
            digest.update(name.encode())
            digest.update((model / name).read_bytes())
    return digest.hexdigest()[:16]


def places_to_measure(rows: int) -> np.ndarray:
    """Give the places of the rows to measure, in order: all, or a sample that is the same each time."""
    if rows <= MOST_MEASURED_ROWS:
        return np.arange(rows)
    return np.sort(
        np.random.default_rng(SAMPLE_SEED).choice(rows, MOST_MEASURED_ROWS, replace=False)
    )


def lengths_file(version: Version, key: str) -> Path:
    """Give the name of the cache."""
    return version.dataset / "lengths" / f"{key}-v{version.number:03d}.npy"


def store_lengths(version: Version, key: str, stored: np.ndarray) -> None:
    """Keep what was measured, complete or not at all."""
    file = lengths_file(version, key)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    partial = file.with_suffix(".partial")
    with partial.open("wb") as opened:
        np.save(opened, stored)
    partial.rename(file)


def load_facts(version: Version, key: str) -> LengthFacts | None:
    """Give what is known of a version's lengths, None where it was not measured."""
    file = lengths_file(version, key)
    if not file.exists():
        return None
    return describe_lengths(np.load(file))


def describe_lengths(measured: np.ndarray) -> LengthFacts:
    """Give what (2, rows) stored numbers say."""
    places = places_to_measure(measured.shape[1])
    lengths, endings = measured[:, places].astype(np.int64)
    is_good = lengths > 0
    return LengthFacts(
        lengths[is_good],
        endings[is_good],
        counted_rows=len(places),
        total_rows=measured.shape[1],
        failed_rows=int((~is_good).sum()),
    )


def measured_tokens(version: Version, key: str, places: Sequence[int]) -> dict[int, int]:
    """Give the tokens of those rows at `places` that were measured, by place."""
    file = lengths_file(version, key)
    if not file.exists():
        return {}
    tokens = np.load(file, mmap_mode="r")[0][list(places)].tolist()
    return {place: n for place, n in zip(places, tokens, strict=True) if n > 0}


def token_lengths(version: Version, key: str) -> np.ndarray | None:
    """Give the tokens of every row of a version, None where it was not measured.

    Of rows that were not looked at it is an estimate, from the tokens per byte of those that were.
    """
    file = lengths_file(version, key)
    if not file.exists():
        return None
    lengths = np.load(file)[0].astype(np.int64)
    sizes = version.index()["bytes"].astype(np.int64)
    is_measured = lengths > 0
    if not is_measured.any():
        return sizes
    per_byte = lengths[is_measured].sum() / sizes[is_measured].sum()
    return np.where(is_measured, lengths, np.rint(sizes * per_byte).astype(np.int64))
