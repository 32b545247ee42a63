"""Whether the examples of a batch are put one after the other, or filled up to the longest of them.

    filled up   ██████░░░░░░      packed   ██████▓▓▓▓▓▓▓▓▓▓▓▓███
                ▓▓▓▓▓▓▓▓▓▓▓▓
                ███░░░░░░░░░

A step has the same examples either way, and the model learns the same from them: each example sees only itself.
"""

from dataclasses import dataclass

import numpy as np

from studio.domain.method import exclusions
from studio.domain.model_shape import ModelShape
from studio.domain.recipe import Recipe

# Where less would be filled up, there is nothing to gain.
WORTHWHILE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Batch:
    """The largest batch, with which a training begins. `tokens` are all that are calculated, filling included."""

    tokens: int
    longest_tokens: int
    is_packed: bool


def is_packed(recipe: Recipe, shape: ModelShape, lengths: np.ndarray) -> bool:
    """Tell whether examples of these lengths are packed: the method and the model allow it, and it is worth it."""
    is_allowed = shape.can_pack and "packing" not in exclusions(recipe.method)
    if recipe.training.packing == "never" or not is_allowed:
        return False
    return filled_share(lengths, recipe.training.batch_rows) >= WORTHWHILE_SHARE


def filled_share(lengths: np.ndarray, batch_rows: int) -> float:
    """Give which share of the tokens would only fill up, in batches drawn at random."""
    if len(lengths) == 0:
        return 0.0
    # The longest of a batch is at most as long as an example if all of the batch are.
    at_most = (np.arange(len(lengths) + 1) / len(lengths)) ** batch_rows
    longest = float(np.sort(lengths) @ np.diff(at_most))
    return 1 - float(lengths.mean()) / longest


def largest_batch(lengths: np.ndarray, batch_rows: int, *, is_packed: bool) -> Batch:
    """Give the batch of the longest examples."""
    longest = np.sort(lengths)[-batch_rows:]
    longest_tokens = int(longest.max(initial=0))
    tokens = int(longest.sum()) if is_packed else batch_rows * longest_tokens
    return Batch(tokens, longest_tokens, is_packed)
