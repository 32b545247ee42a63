"""What a plan has to know of the examples of a training, remembered while somebody moves the controls."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from studio.domain.recipe import Data
from studio.domain.records import Row
from studio.domain.row_lengths import lengths_file, token_lengths
from studio.domain.situation import DataFacts, guess_lengths
from studio.services.datasets import DatasetLibrary
from studio.services.mixing import Portion, portion_data

MOST_REMEMBERED = 8
MOST_LENGTHS = 20_000
MOST_SAMPLE_ROWS = 200
# Of a category there are at least so many examples among those that are looked at.
ROWS_PER_CATEGORY = 8


@dataclass(frozen=True, slots=True)
class FactGatherer:
    """Gathers facts by version, split and tokenizer. Nothing is measured here; `Lengths.measure` does that."""

    datasets: DatasetLibrary
    _known: dict[tuple[str, ...], DataFacts] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def gather(self, data: Data, tokenizer: str) -> DataFacts:
        """Give the facts, in the tokens of `tokenizer` (its key) where they were counted.

        Raises:
            StudioError: `data.unknown`.
        """
        heads = [self.datasets.folder(name).head() for name in (data.id, *data.mix)]
        counted = [bool(tokenizer) and lengths_file(head, tokenizer).exists() for head in heads]
        asked = (
            data.model_dump_json(exclude={"steps"}),
            *(str(head.path) for head in heads),
            tokenizer if all(counted) else "",
        )
        with self._lock:
            if asked not in self._known:
                facts = gather_facts(portion_data(self.datasets, data), asked[-1])
                while len(self._known) >= MOST_REMEMBERED:
                    self._known.pop(next(iter(self._known)))
                self._known[asked] = facts
            return self._known[asked]


def gather_facts(portions: list[Portion], key: str) -> DataFacts:
    """Put together what the versions say; without `key` lengths are guessed from the bytes."""
    lengths = []
    for portion in portions:
        index = portion.version.index()
        counted = token_lengths(portion.version, key) if key else None
        known = guess_lengths(index["bytes"]) if counted is None else counted
        lengths.append(known[portion.places["train"]])
    every = np.concatenate(lengths)
    facts, places = portions[0].version.facts(), portions[0].places["train"]
    return DataFacts(
        train_rows=len(every),
        held_out_rows=sum(len(portion.places["held_out"]) for portion in portions),
        lengths=every[spread(np.arange(len(every)), MOST_LENGTHS)],
        is_measured=bool(key),
        shape=facts.shape,
        labels=len(facts.labels) or count_answers([*portions[0].version.rows(spread(places))]),
    )


def spread(places: np.ndarray, most: int = MOST_SAMPLE_ROWS) -> np.ndarray:
    """Give at most so many of `places`, evenly spread."""
    if len(places) <= most:
        return places
    return places[np.arange(most) * len(places) // most]


def count_answers(rows: Sequence[Row]) -> int:
    """Give how many different answers there are where the same few are given again and again; else 0."""
    answers = {row.answer() for row in rows if row.messages}
    return len(answers) if len(answers) * ROWS_PER_CATEGORY <= len(rows) else 0
