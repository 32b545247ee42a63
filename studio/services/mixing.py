"""What a training gets: the examples of one data set, or of several by their shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.domain.dataset_folder import PARTS, Part, Version
from studio.domain.recipe import Data
from studio.domain.splits import split_places
from studio.services.datasets import DatasetLibrary

WHOLE_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class MixPart:
    """One data set in a training: how many of its examples are learned, and their share of the whole."""

    id: str
    name: str
    rows: int
    percent: float


@dataclass(frozen=True, slots=True)
class Portion:
    """The examples that one data set gives to a training, by part."""

    id: str
    version: Version
    places: dict[Part, np.ndarray]


def portion_data(datasets: DatasetLibrary, data: Data) -> list[Portion]:
    """Choose the examples of a training: the largest mix of the asked shares that repeats nothing.

    Raises:
        StudioError: `data.unknown`.
    """
    shares = {data.id: WHOLE_PERCENT - sum(data.mix.values()), **data.mix}
    versions = {dataset_id: datasets.folder(dataset_id).head() for dataset_id in shares}
    places_by_id = {
        dataset_id: split_anew(version, data.held_out_percent)
        for dataset_id, version in versions.items()
    }
    for part in PARTS:
        chosen = share_out([places[part] for places in places_by_id.values()], [*shares.values()])
        for places, kept in zip(places_by_id.values(), chosen, strict=True):
            places[part] = kept
    return [
        Portion(dataset_id, versions[dataset_id], places)
        for dataset_id, places in places_by_id.items()
    ]


def split_anew(version: Version, held_out_percent: float) -> dict[Part, np.ndarray]:
    """Give the places of both parts; a recipe that asks for another share than the data set has is split for itself.

    A split that was brought along (samples, a held-out file) stays.
    """
    facts, index = version.facts(), version.index()
    parts = index["part"]
    if facts.held_out_percent not in (None, held_out_percent):
        parts = split_places(version.keys(), index["label"], held_out_percent, 0)
    return {part: np.flatnonzero(parts == number) for number, part in enumerate(PARTS)}


def share_out(places: Sequence[np.ndarray], shares: Sequence[float]) -> list[np.ndarray]:
    """Take of each data set what its share allows, evenly spread; one that has nothing to give does not count."""
    given = [(len(own), share) for own, share in zip(places, shares, strict=True) if len(own)]
    if not given:
        return [*places]
    total = min(count / share for count, share in given)
    wanted = [
        min(len(own), max(1, round(total * share))) if len(own) else 0
        for own, share in zip(places, shares, strict=True)
    ]
    return [
        own[np.arange(count) * len(own) // max(count, 1)]
        for own, count in zip(places, wanted, strict=True)
    ]


def describe_mix(datasets: DatasetLibrary, data: Data) -> list[MixPart]:
    """Tell what a training would learn from, the recipe's own data set first.

    Raises:
        StudioError: `data.unknown`.
    """
    portions = portion_data(datasets, data)
    counts = [len(portion.places["train"]) for portion in portions]
    return [
        MixPart(
            portion.id,
            datasets.get(portion.id).name,
            count,
            round(WHOLE_PERCENT * count / max(1, sum(counts)), 1),
        )
        for portion, count in zip(portions, counts, strict=True)
    ]


def put_rows(portions: Sequence[Portion], target: Path) -> None:
    """Write the chosen examples into a job's folder."""
    target.mkdir(mode=0o700)
    for part in PARTS:
        with (target / f"{part}.jsonl").open("wb") as file:
            for portion in portions:
                portion.version.copy_rows(portion.places[part], file)
