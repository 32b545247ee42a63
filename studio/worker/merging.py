"""Put what a training has learned into the weights of its base model, one tensor at a time.

The result is, number by number, that of PEFT's `merge_and_unload` on the base in the number format that it is stored in; PEFT
holds the whole model in memory for it. A base that was held in 4 bits while it was trained is taken from its own files, so
4-bit weights, and what a kernel has repacked of them, never get into it.

Shapes: a weight is (out, in); ranks are A (rank, in), B (out, rank).
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.domain.watching import Watch, report
from studio.domain.weights import INDEX, weight_files
from studio.errors import StudioError
from studio.worker.learned import FACTOR_END, LOW_RANK_ENDS, MAGNITUDE_END, START, open_adapter
from studio.worker.tensor_files import StoredTensor, list_tensors, write_tensors

Change = Callable[[torch.Tensor], torch.Tensor]
"""What learning makes of a tensor of the base, in float32 where it adds anything."""
STAGE = "merging"


@dataclass(frozen=True, slots=True)
class TunedWeights:
    """The weights of a tuned model, read when they are asked for. `changes` by the name of a tensor."""

    files: dict[Path, list[StoredTensor]]
    changes: dict[str, Change]

    def tensors(self) -> list[StoredTensor]:
        """Give what there is, in the order that the base is stored in."""
        return [one for listed in self.files.values() for one in listed]

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.tensors())

    def read(self, stored: StoredTensor) -> torch.Tensor:
        """Give a tensor as it was learned, unrounded."""
        change = self.changes.get(stored.name)
        return stored.read() if change is None else change(stored.read())


def open_weights(base: Path, adapter: Path | None) -> TunedWeights:
    """Give the weights of the model in the folder `base`, with what an adapter has learned put in.

    Raises:
        StudioError: `model.*` where the base is incomplete; `chat.adapter_missing`, `chat.adapter_unknown`;
            `export.no_place` where the adapter changes what the base does not have.
    """
    files = {file: list_tensors(file) for file in weight_files(base, base.name)}
    changes = read_changes(adapter) if adapter is not None else {}
    there = {one.name for listed in files.values() for one in listed}
    # A factor of what comes out also scales a bias, where there is one.
    lost = [name for name in changes if name not in there and not name.endswith(".bias")]
    if lost:
        raise StudioError("export.no_place", names=", ".join(sorted(lost))[:200])
    return TunedWeights(files, changes)


def read_changes(folder: Path) -> dict[str, Change]:
    """Give what an adapter does to each tensor of its base.

    Raises:
        StudioError: `chat.adapter_missing`, `chat.adapter_unknown`.
    """
    config, tensors = open_adapter(folder)
    reader = READERS.get(config["peft_type"])
    if reader is None:
        raise StudioError("chat.adapter_unknown", what=str(config["peft_type"])[:80])
    changes = reader(config, tensors)
    if tensors:
        raise StudioError("chat.adapter_unknown", what=", ".join(sorted(tensors))[:200])
    return changes


def read_low_rank(config: dict[str, Any], tensors: dict[str, torch.Tensor]) -> dict[str, Change]:
    """Take LoRA's and DoRA's tensors out of `tensors`."""
    scale = low_rank_scale(config)
    changes: dict[str, Change] = {}
    for name in layers_of(tensors, LOW_RANK_ENDS[0]):
        down, up = (tensors.pop(f"{START}{name}{end}").float() for end in LOW_RANK_ENDS)
        magnitude = tensors.pop(f"{START}{name}{MAGNITUDE_END}", None)
        changes[f"{name}.weight"] = low_rank_change(down, up, scale, magnitude)
    return changes


def low_rank_scale(config: dict[str, Any]) -> float:
    """Give what LoRA's product is multiplied by; rsLoRA divides by the root of the rank."""
    return float(config["lora_alpha"] / config["r"] ** (0.5 if config.get("use_rslora") else 1))


def low_rank_change(
    down: torch.Tensor, up: torch.Tensor, scale: float, magnitude: torch.Tensor | None
) -> Change:
    """Add `scale * B A`; for DoRA bring every row to its learned length after that."""

    def change(weight: torch.Tensor) -> torch.Tensor:
        part = (up @ down) * scale
        if magnitude is None:
            return part.add_(weight)
        # PEFT takes the length in the format of the sum.
        length = torch.linalg.norm(weight + part, dim=1)
        return (magnitude.float() / length).view(-1, 1) * (weight + part)

    return change


def read_factors(config: dict[str, Any], tensors: dict[str, torch.Tensor]) -> dict[str, Change]:
    """Take IA3's tensors out of `tensors`."""
    changes: dict[str, Change] = {}
    for name in layers_of(tensors, FACTOR_END):
        factors = tensors.pop(f"{START}{name}{FACTOR_END}").float()
        changes[f"{name}.weight"] = factor_change(factors)
        if name.rpartition(".")[2] not in config["feedforward_modules"]:
            changes[f"{name}.bias"] = factor_change(factors.flatten())
    return changes


def factor_change(factors: torch.Tensor) -> Change:
    """Turn each row (or, of what goes in, each column) up or down."""
    return lambda weight: weight * factors


def layers_of(tensors: dict[str, torch.Tensor], end: str) -> list[str]:
    """Give the layers of which there is a tensor with this end."""
    return [key.removeprefix(START).removesuffix(end) for key in list(tensors) if key.endswith(end)]


READERS: dict[str, Callable[[dict[str, Any], dict[str, torch.Tensor]], dict[str, Change]]] = {
    "LORA": read_low_rank,
    "IA3": read_factors,
}


def write_merged(weights: TunedWeights, folder: Path, watch: Watch) -> None:
    """Write the tuned weights into `folder`, in the files and number formats of the base.

    Raises:
        Cancelled: the work was called off.
        StudioError: `export.weights_damaged`, `export.not_finite`.
    """
    done = 0

    def merged(listed: list[StoredTensor]) -> Iterator[torch.Tensor]:
        nonlocal done
        for one in listed:
            report(watch, STAGE, done, weights.bytes)
            tensor = weights.read(one).to(one.dtype)
            if not torch.isfinite(tensor).all():
                raise StudioError("export.not_finite", name=one.name)
            yield tensor
            done += one.bytes

    for file, listed in weights.files.items():
        write_tensors(folder / file.name, listed, merged(listed))
        index = file.with_name(INDEX)
        if len(weights.files) > 1 and index.exists():
            shutil.copyfile(index, folder / INDEX)
