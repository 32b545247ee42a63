"""How much a recipe gives a machine to do: sequences, tokens and steps, counted as the trainer will count them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from studio.domain.devices import part_of
from studio.domain.packing import Batch, filled_share, is_packed, largest_batch
from studio.domain.recipe import Recipe, Training
from studio.domain.situation import DataFacts, Situation

CHECKS_PER_TRAINING = 10
SHORTEST_CHUNK = 2


@dataclass(frozen=True, slots=True)
class Workload:
    """One training. `sequences` and `tokens` are those of one round; `largest` is the batch of one device that needs most memory.

    `rows_left_out` are longer than the limit and not learned; `rows_shortened` are cut or split. `filled_share` of all
    tokens that are calculated only fill up shorter examples.
    """

    sequences: int
    tokens: int
    largest: Batch
    filled_share: float
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

    def calculated(self, tokens: int) -> float:
        """Give how many tokens are calculated to learn so many, filling included."""
        return tokens / (1 - self.filled_share)


def measure_workload(situation: Situation, recipe: Recipe) -> Workload:
    """Give what `recipe` makes of the data; from a sample of lengths it is an estimate."""
    data, training = situation.data, recipe.training
    lengths = sequence_lengths(data, recipe)
    # What was measured stands for all rows; chunks are counted from all texts.
    scale = 1.0 if recipe.is_in_chunks else data.train_rows / max(1, len(data.lengths))
    sequences, tokens = round(len(lengths) * scale), round(int(lengths.sum()) * scale)
    steps = count_steps(training, sequences)
    is_over = data.lengths > training.max_length_tokens
    over = 0 if recipe.is_in_chunks else round(int(is_over.sum()) * scale)
    is_dropped = handling(data, training) == "drop"
    own = part_of(recipe, situation.machine.devices)
    own_rows, packed = own.training.batch_rows, is_packed(own, situation.model.shape, lengths)
    return Workload(
        sequences=sequences,
        tokens=tokens,
        largest=largest_batch(lengths, own_rows, is_packed=packed),
        filled_share=0.0 if packed else filled_share(lengths, own_rows),
        rows_left_out=over if is_dropped else 0,
        rows_shortened=0 if is_dropped else over,
        steps=steps,
        sequences_seen=sequences_seen(training, sequences, steps),
        checks=count_checks(training, steps) if data.held_out_rows else 0,
        held_out_tokens=round(tokens / max(1, data.train_rows) * data.held_out_rows),
    )


def sequence_lengths(data: DataFacts, recipe: Recipe) -> np.ndarray:
    """Give the lengths of what is learned: examples that fit, pieces of those that do not, or chunks of all texts."""
    training, lengths = recipe.training, data.lengths
    limit = training.max_length_tokens
    if recipe.is_in_chunks:
        total = round(int(lengths.sum()) * data.train_rows / max(1, len(lengths)))
        chunks = chunk_ranges(total, limit, training.overlap_tokens)
        return np.array([stop - start for start, stop, _ in chunks], dtype=np.int64)
    how, is_over = handling(data, training), lengths > limit
    if how == "drop":
        return lengths[~is_over]
    if how == "cut":
        return np.minimum(lengths, limit)
    overlap = min(training.overlap_tokens, limit // 2)
    whole_pieces = np.where(is_over, -(-(lengths - limit) // (limit - overlap)), 0)
    last_pieces = lengths - whole_pieces * (limit - overlap)
    return np.concatenate([np.full(int(whole_pieces.sum()), limit), last_pieces])


def handling(data: DataFacts, training: Training) -> str:
    """Give what becomes of examples that are too long; whole texts are always split."""
    return "split" if data.is_text else training.too_long


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


def steps_between_checks(training: Training, steps: int) -> int:
    """Give after how many steps the held-out examples are looked at again."""
    return training.eval_every_steps or max(1, steps // CHECKS_PER_TRAINING)


def count_checks(training: Training, steps: int) -> int:
    """Give how often the held-out examples are looked at."""
    return steps // steps_between_checks(training, steps)
