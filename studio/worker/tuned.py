"""Bring what a training left into memory: an adapter beside others on one base, or a model that stands alone."""

import json
from pathlib import Path

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from studio.errors import StudioError
from studio.worker.loading import fits_unquantised, load_model

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
MODEL_CONFIG = "config.json"


def adapter_config(folder: Path) -> dict[str, object] | None:
    """Give the configuration of an adapter; None where the folder holds a whole model.

    Raises:
        StudioError: `chat.adapter_missing` where it holds neither.
    """
    if (folder / ADAPTER_CONFIG).exists() and (folder / ADAPTER_WEIGHTS).exists():
        return json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    if (folder / MODEL_CONFIG).exists():
        return None
    raise StudioError("chat.adapter_missing")


def is_lora(folder: Path) -> bool:
    """Tell whether the folder holds an adapter that can share one base with others; only LoRA and its kin can."""
    config = adapter_config(folder)
    return config is not None and config["peft_type"] == "LORA"


def can_mix(folder: Path) -> bool:
    """Tell whether it can answer in one batch with others; PEFT refuses that to a DoRA."""
    config = adapter_config(folder)
    return config is not None and config["peft_type"] == "LORA" and not config.get("use_dora")


def load_base(path: Path, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """Load a model to answer with: in full precision where it fits, else in 4 bits."""
    in_4_bits = not fits_unquantised(path, device, dtype)
    return load_model(path, device, dtype, in_4_bits=in_4_bits).eval()


def load_alone(
    folder: Path, base: Path, device: torch.device, dtype: torch.dtype
) -> PreTrainedModel | PeftModel:
    """Load what cannot share a base: a whole model, or an adapter with a base of its own.

    IA3 changes the base's modules, prefix and prompt tuning the way it is called: on a shared base they would reach
    into the other columns.
    """
    if adapter_config(folder) is None:
        return load_base(folder, device, dtype)
    return PeftModel.from_pretrained(load_base(base, device, dtype), folder).eval()


def virtual_tokens(model: PreTrainedModel | PeftModel) -> int:
    """Give the made-up tokens that take room in front of every conversation."""
    if not isinstance(model, PeftModel):
        return 0
    return int(getattr(model.active_peft_config, "num_virtual_tokens", 0))
