"""Which models are in memory: each once, as many as there is room for; the one not asked for the longest leaves first."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch
from transformers import PreTrainedModel
from transformers.utils.logging import set_tqdm_hook

from studio.domain.catalog import read_model
from studio.domain.weights import read_header, weight_files
from studio.errors import StudioError
from studio.worker.learned import is_whole_model
from studio.worker.loading import (
    choose_dtype,
    fits_unquantised,
    free_memory,
    load_model,
    pick_device,
)
from studio.worker.shared_base import SharedBase
from studio.worker.shared_linear import Stopped
from studio.worker.templates import load_tokenizer
from studio.worker.threads import use_threads

# What a weight takes in 4 bits, its scales and the tables that stay as they are included.
BYTES_PER_WEIGHT_IN_4_BITS = 0.75
REPORT_SHARE = 0.02
# Bytes of a number, by the names of safetensors.
WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}

Tell = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who answers: a base model, and what a training left beside it or in its place (None: nothing)."""

    base: Path
    tuned: Path | None

    @property
    def weights(self) -> Path:
        """Give the folder of the weights that it needs: those of the base, or a whole model of its own.

        Raises:
            StudioError: `chat.adapter_missing`.
        """
        return self.tuned if self.tuned and is_whole_model(self.tuned) else self.base

    @property
    def adapter(self) -> Path | None:
        """Give what was learned beside the base."""
        return self.tuned if self.weights == self.base else None


class Residents:
    """Owns the models in memory."""

    def __init__(self) -> None:
        self.bases: dict[Path, SharedBase] = {}
        self.loads = 0

    def bring(self, voices: list[Voice], tell: Tell, is_stopped: Callable[[], bool]) -> SharedBase:
        """Give the model of voices that share their weights, with all of their adapters.

        Raises:
            StudioError: `chat.no_memory`, `chat.adapter_missing`, `chat.adapter_unknown`, or what loading refuses.
            Stopped: where nobody waits any more.
        """
        weights = voices[0].weights
        base = self.bases.pop(weights, None)
        if base is None:
            base = self._load(voices[0], tell, is_stopped)
        # Used last, so it leaves last.
        self.bases[weights] = base
        # The last one loaded need not be the one that answers now.
        use_threads(base.parameters)
        for adapter in dict.fromkeys(voice.adapter for voice in voices):
            if adapter is not None and not base.has(adapter):
                tell(phase="loading_adapter")
                base.attach(adapter)
        return base

    def _load(self, voice: Voice, tell: Tell, is_stopped: Callable[[], bool]) -> SharedBase:
        tell(phase="loading", read_bytes=0, total_bytes=0)
        tokenizer, device = load_tokenizer(voice.base), pick_device()
        dtype = choose_answer_dtype(device)
        while self.bases and not fits_unquantised(voice.weights, device, dtype):
            self._let_go()
        with watched_loading(voice.weights, tell, is_stopped):
            model = load_base(voice.weights, device, dtype)
        tell(phase="preparing")
        self.loads += 1
        return SharedBase(model, tokenizer)

    def _let_go(self) -> None:
        """Take the model that was not asked for the longest out of memory."""
        self.bases.pop(next(iter(self.bases)))
        free_memory()


def choose_answer_dtype(device: torch.device) -> torch.dtype:
    """Give the number format to answer in: exact on a CPU, so that equal questions get equal answers; fast on a GPU."""
    return torch.float32 if device.type == "cpu" else choose_dtype(device, "auto").dtype


def load_base(path: Path, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """Load a model to answer with: in full precision where it fits, else in 4 bits.

    Raises:
        StudioError: `chat.no_memory` where even that does not fit.
    """
    in_4_bits = not fits_unquantised(path, device, dtype)
    if in_4_bits:
        free_bytes = free_memory_bytes(device)
        needed_bytes = int(read_model(path, path.name).parameters * BYTES_PER_WEIGHT_IN_4_BITS)
        if needed_bytes > free_bytes:
            raise StudioError(
                "chat.no_memory",
                needed_gib=round(needed_bytes / 2**30, 1),
                free_gib=round(free_bytes / 2**30, 1),
            )
    return load_model(path, device, dtype, in_4_bits=in_4_bits).eval()


def free_memory_bytes(device: torch.device) -> int:
    """Give what is free on the device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


@contextmanager
def watched_loading(path: Path, tell: Tell, is_stopped: Callable[[], bool]) -> Generator[None]:
    """Tell the bytes that transformers has read while the block loads a model, and stop it where nobody waits."""
    sizes = tensor_bytes(path)

    def watch(factory: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if kwargs.get("desc") != "Loading weights":
            return factory(*args, **kwargs)
        return counted(args[0], sizes, tell, is_stopped)

    earlier = set_tqdm_hook(watch)
    try:
        yield
    finally:
        set_tqdm_hook(earlier)


def tensor_bytes(path: Path) -> dict[str, int]:
    """Give the bytes of each tensor in a model's files."""
    return {
        name: elements * WIDTHS.get(dtype, 2)
        for file in weight_files(path, path.name)
        for name, dtype, elements in read_header(file, path.name)
    }


def counted(
    items: Iterable[tuple[str, Any]],
    sizes: dict[str, int],
    tell: Tell,
    is_stopped: Callable[[], bool],
) -> Iterator[tuple[str, Any]]:
    """Give the tensors on, telling now and then how many bytes of them went by."""
    done, told, total = 0, 0, sum(sizes.values())
    for name, item in items:
        if is_stopped():
            raise Stopped
        yield name, item
        done += sizes.get(name, 0)
        if done - told >= total * REPORT_SHARE:
            told = done
            tell(phase="loading", read_bytes=done, total_bytes=total)
