"""How much a recipe gives a machine to do: sequences, tokens and steps, counted as the trainer will count them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from studio.domain.recipe import Training
from studio.domain.situation import DataFacts

CHECKS_PER_TRAINING = 10
SHORTEST_CHUNK = 2


@dataclass(frozen=True, slots=True)
class Workload:
    """One training. `sequences` and `tokens` are those of one round; `longest_tokens` is the longest sequence.

    `rows_left_out` are longer than the limit and not learned; `rows_shortened` are cut or split.
    """

    sequences: int
    tokens: int
    longest_tokens: int
    rows_left_out: int
    rows_shortened: int
    steps: int
    sequences_seen: int
    checks: int
    held_out_tokens: int

    @property
    def tokens_seen(self) -> int:
        """Give the tokens of all rounds together."""
        return round(self.tokens / max(1, self.sequences) * self.sequences_seen)


def measure_workload(data: DataFacts, training: Training, *, in_chunks: bool = False) -> Workload:
    """Give what `training` makes of the data; from a sample of lengths it is an estimate.

    `in_chunks`: all texts stand one after the other, cut into chunks of the longest length (`chunk_ranges`).
    """
    limit, lengths = training.max_length_tokens, data.lengths
    rows = data.train_rows
    if in_chunks:
        total = round(int(lengths.sum()) * data.train_rows / max(1, len(lengths)))
        ranges = chunk_ranges(total, limit, training.overlap_tokens)
        lengths = np.array([stop - start for start, stop, _ in ranges], dtype=np.int64)
        data = replace(data, lengths=lengths, train_rows=len(lengths))
    too_long = "split" if data.is_text else training.too_long
    is_over = lengths > limit
    counts = np.ones(len(lengths), dtype=np.int64)
    tokens = np.minimum(lengths, limit)
    if too_long == "drop":
        counts[is_over] = 0
    elif too_long == "split":
        overlap = min(training.overlap_tokens, limit // 2)
        counts[is_over] = -(-(lengths[is_over] - overlap) // (limit - overlap))
        tokens = lengths + (counts - 1) * overlap
    # What was measured stands for all rows.
    scale = data.train_rows / max(1, len(lengths))
    sequences = round(int(counts.sum()) * scale)
    kept = tokens[counts > 0]
    round_tokens = round(int(kept.sum()) * scale)
    steps = count_steps(training, sequences)
    over = round(int(is_over.sum()) * scale)
    return Workload(
        sequences=sequences,
        tokens=round_tokens,
        longest_tokens=min(limit, int(kept.max())) if len(kept) else 0,
        rows_left_out=over if too_long == "drop" else 0,
        rows_shortened=over if too_long != "drop" else 0,
        steps=steps,
        sequences_seen=sequences_seen(training, sequences, steps),
        checks=count_checks(training, steps) if data.held_out_rows else 0,
        held_out_tokens=round(round_tokens / max(1, rows) * data.held_out_rows),
    )


def chunk_ranges(total: int, limit: int, overlap: int) -> Iterator[tuple[int, int, int]]:
    """Give start, stop and the first new token of every chunk of `total` tokens.

    A chunk repeats the last tokens of the one before, at most half a chunk, and learns only what is new.
    """
    overlap = min(overlap, limit // 2)
    for start in range(0, max(1, total - overlap), limit - overlap):
        stop, new = min(total, start + limit), start + overlap if start else 0
        # The first token of a sequence is never guessed, so one alone has nothing to learn.
        if stop - start >= SHORTEST_CHUNK:
            yield start, stop, new


def count_steps(training: Training, sequences: int) -> int:
    """Give the number of changes to the model, counted as transformers' Trainer does (the last batch may be smaller)."""
    if sequences == 0:
        return 0
    steps = math.ceil(steps_per_epoch(training, sequences) * training.epochs)
    return min(steps, training.max_steps or steps)


def steps_per_epoch(training: Training, sequences: int) -> int:
    """Give the changes to the model in one round."""
    batches = math.ceil(sequences / training.batch_rows)
    return max(1, math.ceil(batches / training.accumulation_steps))


def sequences_seen(training: Training, sequences: int, steps: int) -> int:
    """Give how many examples the model sees in so many steps, repeats included."""
    if sequences == 0:
        return 0
    return round(sequences * steps / steps_per_epoch(training, sequences))


def count_checks(training: Training, steps: int) -> int:
    """Give how often the held-out examples are looked at."""
    every = training.eval_every_steps or max(1, steps // CHECKS_PER_TRAINING)
    return steps // every
