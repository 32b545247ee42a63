"""The weights of a model's folder: which files hold them, and what their headers say; the weights themselves are never read."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import StudioError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
# Bytes of a safetensors file before its header: the header's length, a little-endian 64-bit number.
# Source: https://huggingface.co/docs/safetensors
LENGTH_BYTES = 8
LONGEST_HEADER_BYTES = 100_000_000
# Number formats as safetensors calls them, and as torch does.
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
OUTPUT_TABLE = "lm_head.weight"


@dataclass(frozen=True, slots=True)
class Weights:
    """What a model's headers say. `dtype` is that of most weights, as torch calls it; `bytes` counts the files."""

    parameters: int
    dtype: str
    bytes: int


def read_weights(folder: Path, model_id: str, *, has_tied_embeddings: bool) -> Weights:
    """Give what the headers say. A table of word pieces that is shared and still stored twice counts once.

    Raises:
        StudioError: `model.no_safetensors`, `model.unreadable`.
    """
    sizes: Counter[str] = Counter()
    output_table, total_bytes = 0, 0
    for file in weight_files(folder, model_id):
        for name, dtype, size in read_header(file, model_id):
            sizes[dtype] += size
            output_table += size if name == OUTPUT_TABLE else 0
        total_bytes += file.stat().st_size
    stored = sum(sizes.values())
    return Weights(
        parameters=stored - output_table if has_tied_embeddings else stored,
        dtype=next((DTYPES.get(dtype, dtype) for dtype, _ in sizes.most_common(1)), ""),
        bytes=total_bytes,
    )


def weight_files(folder: Path, model_id: str) -> list[Path]:
    """Give the files that transformers would load: the one file, else those that the index names, else all.

    Raises:
        StudioError: `model.no_safetensors`; `model.unreadable` where the index names a file that is not in the folder.
    """
    found = {file.name: file for file in sorted(folder.glob("*.safetensors"))}
    if not found:
        raise StudioError("model.no_safetensors", id=model_id)
    # Looked at even where there is one file: it must never lead anywhere else.
    named = read_index(folder / INDEX, model_id)
    if named - found.keys():
        raise StudioError("model.unreadable", id=model_id)
    if SINGLE in found:
        return [found[SINGLE]]
    return [found[name] for name in sorted(named)] if named else list(found.values())


def read_index(index: Path, model_id: str) -> set[str]:
    """Give the file names in an index; none where there is no index.

    Raises:
        StudioError: `model.unreadable`.
    """
    if not index.exists():
        return set()
    try:
        return {str(name) for name in read_json(index)["weight_map"].values()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error


def read_header(path: Path, model_id: str) -> list[tuple[str, str, int]]:
    """Give name, number format and number of elements of each tensor in a safetensors file.

    Raises:
        StudioError: `model.unreadable`.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(LENGTH_BYTES), "little")
            if length > LONGEST_HEADER_BYTES:
                raise ValueError("header too long")
            header = json.loads(file.read(length))
        return [
            (str(name), str(entry.get("dtype", "")), product(entry["shape"]))
            for name, entry in header.items()
            if name != "__metadata__"
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error


def product(sizes: Iterable[int]) -> int:
    """Give the number of elements of a tensor with these sizes."""
    result = 1
    for size in sizes:
        result *= size
    return result


def read_json(path: Path) -> Any:
    """Read a JSON file of a model's folder; a `ValueError` where it is far too long."""
    if path.stat().st_size > LONGEST_HEADER_BYTES:
        raise ValueError("file too long")
    return json.loads(path.read_text(encoding="utf-8"))
