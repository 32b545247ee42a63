"""What a 4-bit training has really learned on: the weights of its base, rounded to NF4 and back.

Always taken from the base's own files: bitsandbytes repacks 4-bit weights for some CPUs, and unpacks such ones wrongly.
Source: https://arxiv.org/abs/2305.14314 (NF4 in blocks of 64, their scales rounded once more).
"""

from pathlib import Path

import torch
from bitsandbytes import functional
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from studio.worker.loading import pick_device
from studio.worker.merging import Change, TunedWeights

BLOCK_NUMBERS = 64
# Layers that an adapter brings along.
LEARNED = (".lora_A.", ".lora_B.")


def round_trip(weight: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Give a weight as a 4-bit training that computes in `dtype` has it, on the weight's own device."""
    device = pick_device()
    packed, state = functional.quantize_4bit(
        weight.to(device, dtype).contiguous(),
        blocksize=BLOCK_NUMBERS,
        compress_statistics=True,
        quant_type="nf4",
    )
    return functional.dequantize_4bit(packed, state).to(weight.device)


def rounded_layers(model: nn.Module) -> dict[str, nn.Linear]:
    """Give the layers that a 4-bit training holds in 4 bits, by name: every matrix but the table of words."""
    output = model.get_output_embeddings() if isinstance(model, PreTrainedModel) else None
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
        and module is not output
        and not any(part in f"{name}." for part in LEARNED)
    }


def round_weights(model: nn.Module, dtype: torch.dtype) -> None:
    """Give a model the weights that a 4-bit training has learned on."""
    for layer in rounded_layers(model).values():
        with torch.no_grad():
            layer.weight.copy_(round_trip(layer.weight, dtype))


def with_rounded_base(weights: TunedWeights, base: Path, dtype: torch.dtype) -> TunedWeights:
    """Give tuned weights whose base is rounded before what was learned is put in."""
    config = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    with torch.device("meta"):
        shape = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    changes = dict(weights.changes)
    for name in rounded_layers(shape):
        key = f"{name}.weight"
        changes[key] = after_rounding(weights.changes.get(key), dtype)
    return TunedWeights(weights.files, changes)


def after_rounding(change: Change | None, dtype: torch.dtype) -> Change:
    """Give a change that rounds first."""

    def changed(weight: torch.Tensor) -> torch.Tensor:
        rounded = round_trip(weight, dtype).to(weight.dtype)
        return rounded if change is None else change(rounded)

    return changed
