"""Keep some examples aside: the held-out part, fixed by a seed, with (nearly) equal questions on one side."""

from array import array
from collections.abc import Iterable
from zlib import crc32

import numpy as np

from studio.domain.dataset_folder import PARTS
from studio.domain.near_duplicates import near_groups
from studio.domain.records import Row
from studio.domain.wording import answered, asked, bare, gist_hash

SMALLEST_ROWS = 4
DEFAULT_PERCENT = 10.0
# Fewer answers give a loss that jumps with every example; they are asked for where they are at most a quarter of the data.
LEAST_HELD_OUT_ROWS = 10
LEAST_ROWS_FOR_TEN = 40
# More measure nothing better and only take time at every evaluation.
MOST_HELD_OUT_ROWS = 500
# Near duplicates are looked for up to here (a few seconds, some hundred MB); in larger data equal words make a group.
MOST_NEAR_ROWS = 50_000
MOST_NEAR_LETTERS = 40_000_000
# A question that stands in one row of twenty is a standing instruction; there the answer tells the rows apart.
STANDING_RATIO = 0.05
STANDING_ROWS = 20


class RowGroups:
    """Collects rows one by one and gives each the key of its group: rows that ask (nearly) the same.

    Keys come from the words, so that the same question has the same key in every file and order of rows.
    """

    def __init__(self) -> None:
        self._asked = array("Q")
        self._told = array("Q")
        self._texts: list[str] = []
        self._letters = 0

    def add(self, row: Row) -> None:
        """Take note of the next row."""
        question = asked(row)
        hashed = gist_hash(question)
        # Rows with this question differ by their answers only, so fewer bits are enough.
        self._told.append((hashed + crc32(answered(row).encode("utf-8", "replace"))) % 2**64)
        self._asked.append(hashed)
        if self._is_searched:
            self._texts.append(bare(question))
            self._letters += len(question)
        elif self._texts:
            self._texts.clear()

    @property
    def _is_searched(self) -> bool:
        return len(self._asked) <= MOST_NEAR_ROWS and self._letters <= MOST_NEAR_LETTERS

    def keys(self) -> np.ndarray:
        """Give the key of every row's group, uint64."""
        keys = np.array(self._asked, dtype=np.uint64)
        _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        is_standing = counts[inverse] > max(STANDING_ROWS, STANDING_RATIO * len(keys))
        if len(self._texts) == len(keys) and not is_standing.all():
            rest = np.flatnonzero(~is_standing)
            first = near_groups([self._texts[place] for place in rest])
            smallest = keys[rest].copy()
            np.minimum.at(smallest, first, keys[rest])
            keys[rest] = smallest[first]
        keys[is_standing] = np.array(self._told, dtype=np.uint64)[is_standing]
        return keys


def group_keys(rows: Iterable[Row]) -> np.ndarray:
    """Give for every row the key of its group: rows that ask (nearly) the same have to stay on one side."""
    groups = RowGroups()
    for row in rows:
        groups.add(row)
    return groups.keys()


def held_out_rows(rows: int, groups: int, percent: float) -> int:
    """Give how many rows to hold out: a share, at least ten where there are forty rows, at most 500."""
    if percent <= 0 or groups < SMALLEST_ROWS:
        return 0
    least = LEAST_HELD_OUT_ROWS if rows >= LEAST_ROWS_FOR_TEN else 1
    return min(max(least, round(rows * percent / 100)), MOST_HELD_OUT_ROWS)


def split_places(
    keys: np.ndarray, labels: np.ndarray, percent: float = DEFAULT_PERCENT, seed: int = 0
) -> np.ndarray:
    """Give the part of every row (its place among `PARTS`, uint8).

    Groups stay together; every label gets its share and keeps a learned row. The choice hangs on keys and seed only, not
    on the order of rows.

    Args:
        keys: the group of every row (`group_keys`).
        labels: the label's number of every row, all -1 where there are none.
    """
    parts = np.full(len(keys), PARTS.index("train"), dtype=np.uint8)
    groups, first, inverse, sizes = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    wanted = held_out_rows(len(keys), len(groups), percent)
    if not wanted:
        return parts
    left = label_shares(labels, wanted)
    is_chosen = np.zeros(len(groups), dtype=bool)
    for group in np.argsort(shuffled(groups.astype(np.uint64), seed), kind="stable"):
        label, size = int(labels[first[group]]), int(sizes[group])
        if size <= left[label]:
            is_chosen[group] = True
            left[label] -= size
            wanted -= size
            if not wanted:
                break
    if not is_chosen.any() and sizes.min() <= len(keys) / 2:
        is_chosen[np.argmin(sizes)] = True
    parts[is_chosen[inverse]] = PARTS.index("held_out")
    return parts


def label_shares(labels: np.ndarray, wanted: int) -> dict[int, int]:
    """Give how many rows of each label to hold out: whole numbers that add up, by the largest remainder."""
    found, counts = np.unique(labels, return_counts=True)
    exact = counts * wanted / len(labels)
    shares = np.minimum(np.floor(exact).astype(int), counts - 1)
    for place in np.argsort(shares - exact, kind="stable"):
        if shares.sum() < wanted and shares[place] < counts[place] - 1:
            shares[place] += 1
    return dict(zip(found.tolist(), shares.tolist(), strict=True))


def shuffled(keys: np.ndarray, seed: int) -> np.ndarray:
    """Give each key a number by which to sort: another order for every seed.

    Source: SplitMix64, https://prng.di.unimi.it/splitmix64.c
    """
    mixed = keys + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
