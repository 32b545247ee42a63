"""What a training meets: the data, the model and the machine, as goals, memory and time are worked out from them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from studio.domain.model_shape import ModelShape

Dtype = Literal["float32", "bfloat16"]
DTYPE_BYTES: dict[Dtype, int] = {"float32": 4, "bfloat16": 2}
# Of a row of a data set that was not measured yet: bytes of JSON around its words, and bytes per token.
FRAME_BYTES = 48
BYTES_PER_TOKEN = 3.5
SHORTEST_TOKENS = 8


@dataclass(frozen=True, slots=True, eq=False)
class DataFacts:
    """The examples of a training. `lengths` are tokens per learned example, of all or of an even sample.

    `is_measured`: by the model's own tokenizer; else a guess from the bytes. `labels` counts categories.
    """

    train_rows: int
    held_out_rows: int
    lengths: np.ndarray
    is_measured: bool
    shape: str = ""
    labels: int = 0

    @property
    def median_tokens(self) -> int:
        return self.share(50)

    @property
    def longest_tokens(self) -> int:
        return self.share(100)

    @property
    def is_text(self) -> bool:
        """Tell whether whole texts are learned, which are always split to fit."""
        return self.shape == "text"

    def share(self, percent: float) -> int:
        """Give the length that `percent` of the examples do not exceed."""
        return (
            int(np.percentile(self.lengths, percent, method="higher")) if len(self.lengths) else 0
        )


def guess_lengths(row_bytes: np.ndarray) -> np.ndarray:
    """Give about how many tokens rows of so many bytes have."""
    tokens = np.rint((row_bytes.astype(np.int64) - FRAME_BYTES) / BYTES_PER_TOKEN)
    return np.maximum(SHORTEST_TOKENS, tokens.astype(np.int64))


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A base model. `bytes` are those of its weights on disk; `download_bytes` are still to come (0: it is here)."""

    id: str
    parameters: int
    shape: ModelShape
    bytes: int
    download_bytes: int = 0


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What computes. `memory_bytes` can be had by a training: each GPU's own, or what the computer has free."""

    device: Literal["cpu", "cuda"]
    name: str
    cores: int
    memory_bytes: int
    devices: int = 1
    """GPUs of this kind, which may learn together."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second, filling included, that a training of a model with so many parameters had on so many devices."""

    model: str
    method: str
    parameters: int
    tokens_per_second: float
    devices: int = 1
    batch_tokens: float = 0.0
    """Tokens of the batches that it was measured with; smaller ones are slower per token. 0: not known."""

    @property
    def setting(self) -> tuple[str, str, int]:
        """Give what a speed belongs to."""
        return self.model, self.method, self.devices


@dataclass(frozen=True, slots=True)
class Situation:
    """All three, and how fast this machine was in earlier trainings."""

    data: DataFacts
    model: ModelFacts
    machine: MachineFacts
    speeds: tuple[Speed, ...] = ()
