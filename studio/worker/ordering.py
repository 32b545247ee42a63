"""In which order examples are learned: shuffled anew in each round, the longest ones in the very first step.

A step that does not fit into the memory then fails at once, and not an hour later (P12).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import Sampler
from trl import SFTTrainer


class LongestFirst(Sampler[int]):
    """Gives the places of the rows of one round; the same seed and round give the same order."""

    def __init__(self, lengths: Sequence[int], first_rows: int, seed: int) -> None:
        self.lengths = lengths
        self.first_rows = first_rows
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which round comes; the trainer does, also when it goes on from a checkpoint."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator).tolist()
        if self.epoch == 0:
            longest = sorted(order, key=lambda place: -self.lengths[place])[: self.first_rows]
            first = set(longest)
            order = [*longest, *(place for place in order if place not in first)]
        yield from order


class OrderedTrainer(SFTTrainer):
    """TRL's trainer with our order of the rows; there is no other way to give it one."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Write no card into every checkpoint: nobody publishes one, and what is exported has a card of ours."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        args = self.args
        step_rows = (
            args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size
        )
        lengths = [len(ids) for ids in rows["input_ids"]]
        return LongestFirst(lengths, step_rows, args.seed)
