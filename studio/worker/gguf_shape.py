"""What a GGUF file says of a model's measures, and how its tensors differ from transformers': one entry per family.

llama.cpp takes some things for granted that a configuration could say otherwise. Each is checked here, since a file that says
nothing of it would load and answer wrongly. Source: the keys are `gguf.constants.Keys`; what is taken for granted was found by
comparing logits (tests/worker/test_gguf_llama_cpp.py).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from gguf import MODEL_ARCH, GGUFWriter, RopeScalingType
from transformers import PreTrainedConfig

from studio.errors import StudioError

# Scaling of positions that is written or worked in; any other one is refused.
KNOWN_ROPE = frozenset({"default", "linear", "llama3"})
# Every so many layers SmolLM3 has one without positions, and Gemmas one that looks at everything; llama.cpp knows no other numbers.
SMOLLM3_INTERVAL, GEMMA2_INTERVAL, GEMMA3_INTERVAL = 4, 2, 6
# Gemmas of these depths divide attention by another number than the others.
GEMMA2_LARGE_LAYERS, GEMMA3_LARGE_LAYERS = 46, 62


@dataclass(frozen=True, slots=True)
class GgufFamily:
    """How a family is written. `is_interleaved`: queries and keys of a head stand pair by pair, not in halves."""

    arch: MODEL_ARCH
    check: Callable[[PreTrainedConfig], None]
    is_interleaved: bool = False
    norm_offset: float = 0.0
    """What the model adds to the weights of its norms, and llama.cpp does not."""


def refuse(what: str) -> StudioError:
    """Give the error for what a GGUF file has no word for."""
    return StudioError("export.gguf_unsupported", what=what)


def check_plain(config: PreTrainedConfig) -> None:
    """See to it that every layer looks at everything before it."""
    if any(kind != "full_attention" for kind in getattr(config, "layer_types", None) or []):
        raise refuse("sliding_attention")


def check_smollm3(config: PreTrainedConfig) -> None:
    """See to it that the layers without positions are every fourth one."""
    expected = [
        int((layer + 1) % SMOLLM3_INTERVAL != 0) for layer in range(config.num_hidden_layers)
    ]
    if list(config.no_rope_layers) != expected:
        raise refuse("no_rope_layers")
    check_plain(config)


def check_gemma2(config: PreTrainedConfig) -> None:
    """See to it that layers and attention are as the released Gemma 2 models have them."""
    check_alternation(config, GEMMA2_INTERVAL)
    check_attention_scale(config, GEMMA2_LARGE_LAYERS)


def check_gemma3(config: PreTrainedConfig) -> None:
    """See to it that layers and attention are as the released Gemma 3 models have them."""
    check_alternation(config, GEMMA3_INTERVAL)
    check_attention_scale(config, GEMMA3_LARGE_LAYERS)


def check_alternation(config: PreTrainedConfig, interval: int) -> None:
    """See to it that every `interval`-th layer looks at everything, and the others at a window."""
    expected = [
        "full_attention" if (layer + 1) % interval == 0 else "sliding_attention"
        for layer in range(config.num_hidden_layers)
    ]
    if list(config.layer_types) != expected:
        raise refuse("layer_types")


def check_attention_scale(config: PreTrainedConfig, large_layers: int) -> None:
    """See to it that attention is divided by the number that llama.cpp works out from the measures."""
    is_large = config.num_hidden_layers == large_layers
    per_head = config.hidden_size // config.num_attention_heads
    if config.query_pre_attn_scalar != (per_head if is_large else config.head_dim):
        raise refuse("query_pre_attn_scalar")


def check_mistral(config: PreTrainedConfig) -> None:
    """Nothing: what lies outside of a window is kept out by the length of the context."""


FAMILIES: dict[str, GgufFamily] = {
    "llama": GgufFamily(MODEL_ARCH.LLAMA, check_plain, is_interleaved=True),
    "mistral": GgufFamily(MODEL_ARCH.LLAMA, check_mistral, is_interleaved=True),
    "qwen2": GgufFamily(MODEL_ARCH.QWEN2, check_plain),
    "qwen3": GgufFamily(MODEL_ARCH.QWEN3, check_plain),
    "gemma": GgufFamily(MODEL_ARCH.GEMMA, check_plain, norm_offset=1.0),
    "gemma2": GgufFamily(MODEL_ARCH.GEMMA2, check_gemma2, norm_offset=1.0),
    "gemma3_text": GgufFamily(MODEL_ARCH.GEMMA3, check_gemma3, norm_offset=1.0),
    "smollm3": GgufFamily(MODEL_ARCH.SMOLLM3, check_smollm3, is_interleaved=True),
    "phi3": GgufFamily(MODEL_ARCH.PHI3, check_mistral),
}
"""By `model_type`; `studio.domain.architectures` names the same ones."""


def head_size(config: PreTrainedConfig) -> int:
    """Give the numbers per head of attention."""
    stored = getattr(config, "head_dim", None)
    return int(stored or config.hidden_size // config.num_attention_heads)


def rope_of(config: PreTrainedConfig, kind: str = "full_attention") -> dict[str, Any]:
    """Give how layers of a kind count positions."""
    stored = dict(config.rope_parameters)
    return dict(stored.get(kind, stored))


def context_length(config: PreTrainedConfig) -> int:
    """Give the longest conversation; where every layer looks at a window only, that window."""
    window = getattr(config, "sliding_window", None)
    has_own_kinds = str(config.model_type).startswith("gemma")
    if window and not has_own_kinds and getattr(config, "use_sliding_window", True):
        return min(int(window), int(config.max_position_embeddings))
    return int(config.max_position_embeddings)


def write_measures(writer: GGUFWriter, config: PreTrainedConfig) -> None:
    """Write a model's measures.

    Raises:
        StudioError: `export.gguf_unsupported` where the file has no word for something.
    """
    family = FAMILIES[config.model_type]
    family.check(config)
    size, rope = head_size(config), rope_of(config)
    if rope.get("rope_type", "default") not in KNOWN_ROPE:
        raise refuse(f"rope_type {rope['rope_type']}")
    writer.add_context_length(context_length(config))
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_vocab_size(config.vocab_size)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    writer.add_rope_dimension_count(int(size * rope.get("partial_rotary_factor", 1.0)))
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if family.arch in (MODEL_ARCH.GEMMA2, MODEL_ARCH.GEMMA3):
        writer.add_sliding_window(config.sliding_window)
    if family.arch == MODEL_ARCH.GEMMA3:
        writer.add_rope_freq_base_swa(float(rope_of(config, "sliding_attention")["rope_theta"]))
    for cap, add in (
        (getattr(config, "attn_logit_softcapping", None), writer.add_attn_logit_softcapping),
        (getattr(config, "final_logit_softcapping", None), writer.add_final_logit_softcapping),
    ):
        if cap:
            add(float(cap))


def rope_factors(config: PreTrainedConfig) -> torch.Tensor | None:
    """Give by what each frequency of a Llama 3 model is divided, for long texts; None for any other.

    Source: `_compute_llama3_parameters` of transformers gives the frequencies, scaled; these are the ratios.
    """
    rope = rope_of(config)
    if rope.get("rope_type") != "llama3":
        return None
    size, known = head_size(config), rope["original_max_position_embeddings"]
    longest, shortest = known / rope["low_freq_factor"], known / rope["high_freq_factor"]
    factors: list[float] = []
    for place in range(0, size, 2):
        wave = 2 * math.pi * rope["rope_theta"] ** (place / size)
        if wave < shortest:
            factors.append(1.0)
        elif wave > longest:
            factors.append(float(rope["factor"]))
        else:
            spread = rope["high_freq_factor"] - rope["low_freq_factor"]
            mixed = (known / wave - rope["low_freq_factor"]) / spread
            factors.append(1 / ((1 - mixed) / rope["factor"] + mixed))
    return torch.tensor(factors, dtype=torch.float32)


def arrange(name: str, tensor: torch.Tensor, config: PreTrainedConfig) -> torch.Tensor:
    """Give a tensor as llama.cpp wants it, in float32."""
    family, tensor = FAMILIES[config.model_type], tensor.float()
    if family.norm_offset and name.endswith("norm.weight"):
        return tensor + family.norm_offset
    heads = heads_in(name, config)
    return interleave(tensor, heads) if family.is_interleaved and heads else tensor


def heads_in(name: str, config: PreTrainedConfig) -> int:
    """Give how many heads a tensor holds the queries or keys of; 0 for any other."""
    if ".q_proj." in name:
        return int(config.num_attention_heads)
    return int(config.num_key_value_heads) if ".k_proj." in name else 0


def interleave(tensor: torch.Tensor, heads: int) -> torch.Tensor:
    """Put the two halves of each head's rows next to each other, row by row."""
    rest: Sequence[int] = tensor.shape[1:]
    halves = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, *rest)
    return halves.swapaxes(1, 2).reshape(tensor.shape)


def restore(name: str, tensor: torch.Tensor, config: PreTrainedConfig) -> torch.Tensor:
    """Give a tensor as transformers has it: `arrange`, undone."""
    family, heads = FAMILIES[config.model_type], heads_in(name, config)
    if family.norm_offset and name.endswith("norm.weight"):
        return tensor - family.norm_offset
    if not (family.is_interleaved and heads):
        return tensor
    rest: Sequence[int] = tensor.shape[1:]
    pairs = tensor.reshape(heads, tensor.shape[0] // heads // 2, 2, *rest)
    return pairs.swapaxes(1, 2).reshape(tensor.shape)
