"""The base weights of a search: read from the disk once, and as new for every try.

A try gets modules of its own around the same tensors, so nothing that it puts on or switches over reaches the next one.
Only where it learns the base's own weights does it get a copy of those.
"""

import copy
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from studio.worker.loading import load_model

Kind = tuple[Path, torch.dtype, bool]


class Bases:
    """Gives base models. `told` hears of each reading from the disk: how many there were, and its seconds."""

    def __init__(self, told: Callable[[int, float], None]) -> None:
        self.told = told
        self.kept: dict[Kind, PreTrainedModel] = {}

    def load(
        self,
        path: Path,
        device: torch.device,
        dtype: torch.dtype,
        *,
        in_4_bits: bool = False,
        learns: bool = False,
    ) -> PreTrainedModel:
        """Give a base model as `load_model` does, which reads it the first time only."""
        kind = (path, dtype, in_4_bits)
        if kind not in self.kept:
            started = time.monotonic()
            self.kept[kind] = load_model(path, device, dtype, in_4_bits=in_4_bits)
            self.told(len(self.kept), time.monotonic() - started)
        return copy_structure(self.kept[kind], copies_weights=learns)


def copy_structure(model: PreTrainedModel, *, copies_weights: bool) -> PreTrainedModel:
    """Give new modules around the same tensors, or around copies of them."""
    known: dict[int, Any] = {}
    if not copies_weights:
        tensors = itertools.chain(model.parameters(), model.buffers())
        known = {id(tensor): tensor for tensor in tensors}
    return copy.deepcopy(model, known)
