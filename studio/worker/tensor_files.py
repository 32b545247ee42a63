"""Safetensors files, read and written one tensor at a time, so that a model of any size needs the memory of one tensor.

The library maps whole files into memory or wants all tensors at once. Source: https://huggingface.co/docs/safetensors, "Format".
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from studio.domain.weights import LENGTH_BYTES, LONGEST_HEADER_BYTES
from studio.errors import StudioError

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
NAMES = {dtype: name for name, dtype in DTYPES.items()}
# Data begins at a multiple of this, so that tensors can be mapped.
ALIGNMENT_BYTES = 8


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies: `start` is its first byte in `file`."""

    name: str
    file: Path
    dtype: torch.dtype
    shape: tuple[int, ...]
    start: int

    @property
    def bytes(self) -> int:
        return torch.Size(self.shape).numel() * self.dtype.itemsize

    def read(self) -> torch.Tensor:
        """Give the tensor; nothing of its file stays in memory besides it."""
        tensor = torch.empty(self.shape, dtype=self.dtype)
        if tensor.numel() == 0:
            return tensor
        with self.file.open("rb") as file:
            file.seek(self.start)
            # A scalar has no dimension that could be seen as bytes.
            filled = file.readinto(tensor.view(-1).view(torch.uint8).numpy())
        if filled != self.bytes:
            raise StudioError("export.weights_damaged", file=self.file.name)
        return tensor


def list_tensors(file: Path) -> list[StoredTensor]:
    """Give what a file holds, in the order that it is stored in.

    Raises:
        StudioError: `export.weights_damaged` where it is no safetensors file, or ends early.
    """
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(LENGTH_BYTES), "little")
            if length > LONGEST_HEADER_BYTES:
                raise ValueError("header too long")
            header = json.loads(opened.read(length))
        first = LENGTH_BYTES + length
        found = [
            StoredTensor(
                name,
                file,
                DTYPES[entry["dtype"]],
                tuple(entry["shape"]),
                first + entry["data_offsets"][0],
            )
            for name, entry in header.items()
            if name != "__metadata__"
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StudioError("export.weights_damaged", file=file.name) from error
    if any(one.start + one.bytes > file.stat().st_size for one in found):
        raise StudioError("export.weights_damaged", file=file.name)
    return sorted(found, key=lambda one: one.start)


def write_tensors(
    path: Path, listed: Sequence[StoredTensor], tensors: Iterable[torch.Tensor]
) -> None:
    """Write a file of what is listed (its names, shapes and number formats), each tensor as soon as it comes."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for one in listed:
        header[one.name] = {
            "dtype": NAMES[one.dtype],
            "shape": list(one.shape),
            "data_offsets": [at, at + one.bytes],
        }
        at += one.bytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT_BYTES)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(LENGTH_BYTES, "little") + text)
        for one, tensor in zip(listed, tensors, strict=True):
            if tensor.shape != one.shape or tensor.dtype != one.dtype:
                raise TypeError(f"{one.name} is not what was listed")
            file.write(tensor.contiguous().view(-1).view(torch.uint8).numpy().data)
