"""Write what LoRA has learned as a small GGUF file, which llama.cpp puts on its base; and put it back, to compare.

llama.cpp multiplies B A by alpha / rank, and knows nothing of rsLoRA's root: whatever the strength is, it is in B, and alpha is
the rank.

Shapes: A (rank, in), B (out, rank).
"""

from collections.abc import Callable
from pathlib import Path

import torch
from gguf import MODEL_ARCH_NAMES, GGUFWriter, get_tensor_name_map
from transformers import AutoConfig, PreTrainedConfig, PreTrainedModel

from studio.errors import StudioError
from studio.worker.gguf_file import ENDS
from studio.worker.gguf_reading import GgufFile
from studio.worker.gguf_shape import FAMILIES, heads_in, interleave, refuse, restore
from studio.worker.learned import LOW_RANK_ENDS, START, open_adapter
from studio.worker.merging import layers_of, low_rank_scale

KIND = "adapter"
ADAPTER_KEYS = ("adapter.type", "adapter.lora.alpha")
PARTS = (".lora_a", ".lora_b")


def write_adapter(name: str, base: Path, adapter: Path, file: Path) -> None:
    """Write the file.

    Raises:
        StudioError: `export.gguf_unsupported` for what is no plain LoRA, or a family that GGUF does not know.
    """
    config = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    settings, tensors = open_adapter(adapter)
    if config.model_type not in FAMILIES:
        raise refuse(str(config.model_type))
    scale = low_rank_scale(settings) if settings["peft_type"] == "LORA" else 1.0
    writer = GGUFWriter(file, MODEL_ARCH_NAMES[FAMILIES[config.model_type].arch])
    try:
        writer.add_type(KIND)
        writer.add_name(name)
        writer.add_string(ADAPTER_KEYS[0], "lora")
        writer.add_float32(ADAPTER_KEYS[1], float(settings.get("r") or 0))
        for layer in layers_of(tensors, LOW_RANK_ENDS[0]):
            down, up = (tensors.pop(f"{START}{layer}{end}").float() for end in LOW_RANK_ENDS)
            stored = stored_name(config)(f"{layer}.weight")
            for end, part in zip(PARTS, (down, arranged(layer, up * scale, config)), strict=True):
                writer.add_tensor(f"{stored}{end}", part.contiguous().numpy())
        if tensors:
            # DoRA's sizes, IA3's factors: llama.cpp would pass them over.
            raise refuse(", ".join(sorted(tensors))[:200])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def arranged(layer: str, up: torch.Tensor, config: PreTrainedConfig) -> torch.Tensor:
    """Give B with its rows as llama.cpp has those of the weight."""
    heads = heads_in(f"{layer}.weight", config)
    return interleave(up, heads) if FAMILIES[config.model_type].is_interleaved and heads else up


def stored_name(config: PreTrainedConfig) -> Callable[[str], str]:
    """Give the function that names a weight as llama.cpp does."""
    names = get_tensor_name_map(
        FAMILIES[config.model_type].arch, config.get_text_config().num_hidden_layers
    )

    def named(weight: str) -> str:
        found = names.get_name(weight, ENDS)
        if found is None:
            raise refuse(weight)
        return str(found)

    return named


def put_adapter(model: PreTrainedModel, file: GgufFile) -> None:
    """Add what a file holds to the weights of its base.

    Raises:
        StudioError: `export.gguf_incomplete` where a half of something is missing.
    """
    config, named = model.config, stored_name(model.config)
    strength = float(file.value(ADAPTER_KEYS[1]))
    left = set(file.tensors)
    for name, parameter in model.named_parameters():
        ends = [f"{named(name)}{part}" for part in PARTS]
        if not left.intersection(ends):
            continue
        if not left.issuperset(ends):
            raise StudioError("export.gguf_incomplete", name=name)
        down, up = (file.numbers(end) for end in ends)
        part = (up @ down) * (strength / down.shape[0])
        with torch.no_grad():
            parameter.add_(restore(name, part, config).to(parameter))
        left.difference_update(ends)
    if left:
        raise StudioError("export.gguf_incomplete", name=min(left))
