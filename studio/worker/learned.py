"""What a training has learned beside a base model, read as tensors that work on some rows of a batch and on no others.

PEFT switches adapters on and off in the model itself; two that answer at the same time would get into each other's words
(P10), and its mixed batches cost up to 1.4 times a batch. Here nothing is switched: every row names what it answers with.
Whatever an adapter's files hold is used or refused, never passed over; tests compare each method with PEFT's own answers.

Shapes: a row's slice of what goes in and out of a layer is (rows, tokens, width); ranks are A (rank, in), B (out, rank).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch.nn.functional import linear

from studio.errors import StudioError

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
MODEL_CONFIG = "config.json"
START = "base_model.model."
# How PEFT names the tensors of a layer, behind the layer's name.
LOW_RANK_ENDS = (".lora_A.weight", ".lora_B.weight")
MAGNITUDE_END = ".lora_magnitude_vector"
FACTOR_END = ".ia3_l"
VIRTUAL = "prompt_embeddings"
# Settings that are read here, or that only say how to train. Any other one that is set would change the answers.
KNOWN = frozenset({
    "auto_mapping", "base_model_name_or_path", "bias", "corda_config", "encoder_hidden_size", "eva_config", "exclude_modules",
    "feedforward_modules", "inference_mode", "init_ia3_weights", "init_lora_weights", "init_weights", "layers_pattern",
    "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout", "lora_ga_config", "megatron_core",
    "num_attention_heads", "num_layers", "num_transformer_submodules", "num_virtual_tokens", "peft_type", "peft_version",
    "prompt_tuning_init", "prompt_tuning_init_state_dict_path", "prompt_tuning_init_text", "qalora_group_size", "r",
    "revision", "target_modules", "task_type", "token_dim", "tokenizer_kwargs", "tokenizer_name_or_path", "use_dora",
    "use_rslora",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class LowRank:
    """LoRA's part of a layer: `scale * B A x` on top. Source: https://arxiv.org/abs/2106.09685.

    With `gain` (out,) it is DoRA's: base and part together are scaled to the learned size. The gain holds the norm of base
    and part, which never changes while answering. Source: https://arxiv.org/abs/2402.09353.
    """

    down: torch.Tensor
    up: torch.Tensor
    scale: float
    gain: torch.Tensor | None = None
    bias: torch.Tensor | None = None

    def change(self, given: torch.Tensor, result: torch.Tensor) -> None:
        """Add the part to the base's `result`, in place."""
        part = linear(linear(given.to(self.down.dtype), self.down), self.up)
        if self.gain is not None:
            plain = result if self.bias is None else result - self.bias
            part = (self.gain - 1) * plain + self.gain * part * self.scale
            result.copy_(result + part)
        elif result.dtype == part.dtype:
            result.add_(part, alpha=self.scale)
        else:
            result.copy_(result + part * self.scale)


@dataclass(frozen=True, slots=True)
class Factors:
    """IA3's part of a layer: a factor per channel of what comes out. Source: https://arxiv.org/abs/2205.05638."""

    factors: torch.Tensor

    def change(self, given: torch.Tensor, result: torch.Tensor) -> None:
        """Scale the base's `result`, in place."""
        result.copy_(result * self.factors)


@dataclass(frozen=True, slots=True)
class Learned:
    """Everything that one training has learned beside its base.

    `parts` and `before` by the name of a layer: what changes its result, and factors for what goes in. `embedded`
    (tokens, width) stands in front of the first word, `prefix` (layers, 2, heads, tokens, width) is what each layer finds
    there.
    """

    parts: dict[str, LowRank | Factors] = field(default_factory=dict)
    before: dict[str, torch.Tensor] = field(default_factory=dict)
    embedded: torch.Tensor | None = None
    prefix: torch.Tensor | None = None

    @property
    def virtual_tokens(self) -> int:
        """Give the made-up tokens that take room in front of every conversation."""
        if self.embedded is not None:
            return self.embedded.shape[0]
        return self.prefix.shape[3] if self.prefix is not None else 0


def is_whole_model(folder: Path) -> bool:
    """Tell whether a training left a whole model, and not an adapter.

    Raises:
        StudioError: `chat.adapter_missing` where it left neither, or what it left is gone.
    """
    if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
        return False
    if (folder / MODEL_CONFIG).is_file():
        return True
    raise StudioError("chat.adapter_missing")


def read_learned(folder: Path, layers: dict[str, torch.nn.Module]) -> Learned:
    """Read an adapter for a model whose linear layers are `layers` (by name), on the device of those.

    Raises:
        StudioError: `chat.adapter_missing`; `chat.adapter_unknown` where anything in it has no place here.
    """
    config, tensors = open_adapter(folder, str(next(iter(layers.values())).weight.device))
    reader = READERS.get(config["peft_type"])
    if reader is None:
        raise StudioError("chat.adapter_unknown", what=str(config["peft_type"])[:80])
    learned = reader(config, tensors, layers)
    if tensors:
        raise StudioError("chat.adapter_unknown", what=", ".join(sorted(tensors))[:200])
    return learned


def open_adapter(
    folder: Path, device: str = "cpu"
) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Give an adapter's settings and its tensors.

    Raises:
        StudioError: `chat.adapter_missing`; `chat.adapter_unknown` where a setting is on that nobody here knows.
    """
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS, device=device)
    except OSError as error:
        raise StudioError("chat.adapter_missing") from error
    strange = sorted(key for key, value in config.items() if value and key not in KNOWN)
    if strange or config.get("bias", "none") != "none":
        raise StudioError("chat.adapter_unknown", what=", ".join(strange or ["bias"])[:200])
    return config, tensors


def read_low_rank(
    config: dict[str, Any], tensors: dict[str, torch.Tensor], layers: dict[str, torch.nn.Module]
) -> Learned:
    """Take LoRA's and DoRA's tensors out of `tensors`."""
    root = config["r"] ** (0.5 if config.get("use_rslora") else 1)
    scale = config["lora_alpha"] / root
    parts: dict[str, LowRank | Factors] = {}
    for name, layer in layers.items():
        down, up = (tensors.pop(f"{START}{name}{end}", None) for end in LOW_RANK_ENDS)
        magnitude = tensors.pop(f"{START}{name}{MAGNITUDE_END}", None)
        if down is None or up is None:
            continue
        down, up = down.float(), up.float()
        if magnitude is None:
            parts[name] = LowRank(down, up, scale)
        else:
            weight = dense_weight(layer).to(up.dtype)
            norm = torch.linalg.norm(weight + scale * (up @ down), dim=1)
            bias = getattr(layer, "bias", None)
            parts[name] = LowRank(down, up, scale, magnitude.float() / norm, bias)
    return Learned(parts=parts)


def read_factors(
    config: dict[str, Any], tensors: dict[str, torch.Tensor], layers: dict[str, torch.nn.Module]
) -> Learned:
    """Take IA3's tensors out of `tensors`."""
    learned = Learned()
    for name in layers:
        factors = tensors.pop(f"{START}{name}{FACTOR_END}", None)
        if factors is None:
            continue
        if name.rpartition(".")[2] in config["feedforward_modules"]:
            learned.before[name] = factors.float().flatten()
        else:
            learned.parts[name] = Factors(factors.float().flatten())
    return learned


def read_embedded(
    config: dict[str, Any], tensors: dict[str, torch.Tensor], layers: dict[str, torch.nn.Module]
) -> Learned:
    """Take prompt tuning's tensor out of `tensors`. Source: https://arxiv.org/abs/2104.08691."""
    return Learned(embedded=tensors.pop(VIRTUAL))


def read_prefix(
    config: dict[str, Any], tensors: dict[str, torch.Tensor], layers: dict[str, torch.nn.Module]
) -> Learned:
    """Take prefix tuning's tensor out of `tensors`. Source: https://arxiv.org/abs/2101.00190."""
    stored, heads = tensors.pop(VIRTUAL), config["num_attention_heads"]
    # (tokens, layers * 2 * heads * width), the keys of a layer before its values
    apart = stored.view(stored.shape[0], config["num_layers"], 2, heads, -1)
    return Learned(prefix=apart.permute(1, 2, 3, 0, 4).contiguous())


READERS = {
    "LORA": read_low_rank,
    "IA3": read_factors,
    "PROMPT_TUNING": read_embedded,
    "PREFIX_TUNING": read_prefix,
}


def dense_weight(layer: torch.nn.Module) -> torch.Tensor:
    """Give a layer's weight (out, in) as numbers, however it is kept."""
    weight: Any = layer.weight
    state = getattr(weight, "quant_state", None)
    if state is not None:
        from bitsandbytes.functional import dequantize_4bit  # noqa: PLC0415  slow to import, for 4 bits only

        return dequantize_4bit(weight.data, state)
    return weight.to_dense() if weight.is_mkldnn else weight
