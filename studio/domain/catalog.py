"""What a base model's folder says about itself, and whether the studio may load it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from studio.errors import StudioError

# Keys that make a configuration run or fetch other people's code (05-security: CVE-2026-4372, `auto_map`).
CODE_KEYS = ("auto_map", "custom_pipelines")
CODE_KEY_START = "_attn_implementation"
# Bytes of a safetensors file before its header: the header's length, a little-endian 64-bit number.
# Source: https://huggingface.co/docs/safetensors
LENGTH_BYTES = 8
LONGEST_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A base model on this disk. `prompts` are questions that it answers well, by language."""

    id: str
    name: str
    path: Path
    parameters: int
    architecture: str
    prompts: dict[str, list[str]] = field(default_factory=dict)


def read_model(path: Path, model_id: str) -> ModelInfo:
    """Describe the model in folder `path` without loading it.

    Raises:
        StudioError: `model.unreadable`, `model.runs_code`, `model.no_safetensors`.
    """
    try:
        config: dict[str, Any] = json.loads((path / "config.json").read_text(encoding="utf-8"))
        architecture = str(config["architectures"][0])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error
    suspicious = [key for key in config if key in CODE_KEYS or key.startswith(CODE_KEY_START)]
    if suspicious:
        raise StudioError("model.runs_code", id=model_id, keys=", ".join(suspicious))
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        raise StudioError("model.no_safetensors", id=model_id)
    parameters = sum(count_parameters(file, model_id) for file in weights)
    prompts_file = path / "prompts.yaml"
    listed = (
        yaml.safe_load(prompts_file.read_text(encoding="utf-8")) if prompts_file.exists() else {}
    )
    prompts = {lang: [item["prompt"] for item in items] for lang, items in listed.items()}
    return ModelInfo(model_id, model_id, path, parameters, architecture, prompts)


def count_parameters(path: Path, model_id: str) -> int:
    """Give the number of parameters that a safetensors file says it holds, reading its header only."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(LENGTH_BYTES), "little")
            if length > LONGEST_HEADER_BYTES:
                raise ValueError("header too long")
            header = json.loads(file.read(length))
        tensors = [entry for name, entry in header.items() if name != "__metadata__"]
        return sum(product(entry["shape"]) for entry in tensors)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error


def product(sizes: list[int]) -> int:
    """Give the number of elements of a tensor with these sizes."""
    result = 1
    for size in sizes:
        result *= size
    return result
