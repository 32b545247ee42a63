"""Training methods: what is loaded, and which weights may change. One function per method."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from peft import (
    IA3Config,
    LoraConfig,
    PeftConfig,
    PeftModel,
    PrefixTuningConfig,
    PromptTuningConfig,
    PromptTuningInit,
    get_peft_model,
    set_peft_model_state_dict,
)
from safetensors.torch import load_file
from transformers import PreTrainedModel, set_seed

from studio.domain.method import (
    AdapterMethod,
    Freeze,
    Full,
    Ia3,
    Method,
    Prefix,
    Prompt,
    VirtualTokens,
)
from studio.errors import StudioError
from studio.worker.loading import load_model

# What the matrices of a block are called, by what they do; some families keep several of them in one.
ATTENTION_MODULES = ("q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj", "dense")
MLP_MODULES = ("gate_proj", "up_proj", "gate_up_proj", "down_proj", "fc1", "fc2", "c_fc", "c_proj")
# What IA3 turns up or down: keys, values, and what the block's network hands to its last matrix.
# Source: https://arxiv.org/abs/2205.05638, section 3.3
IA3_OUTPUTS = ("k_proj", "v_proj", "qkv_proj")
IA3_INPUTS = ("down_proj", "fc2", "c_proj")
Prepared = PreTrainedModel | PeftModel


class Load(Protocol):
    """Gives a base model from its folder."""

    def __call__(
        self,
        path: Path,
        device: torch.device,
        dtype: torch.dtype,
        *,
        in_4_bits: bool = False,
        learns: bool = False,
    ) -> PreTrainedModel: ...


def load_alone(
    path: Path,
    device: torch.device,
    dtype: torch.dtype,
    *,
    in_4_bits: bool = False,
    learns: bool = False,
) -> PreTrainedModel:
    """Give a base model that nobody else has, as a single training needs it; see `load_model`."""
    return load_model(path, device, dtype, in_4_bits=in_4_bits)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a training starts from: a base model, and what an earlier training has learned on it (None: nothing).

    `load` gives the weights, which nobody else may have where they are learned themselves (`learns`).
    """

    path: Path
    device: torch.device
    dtype: torch.dtype
    seed: int
    learned: Path | None = None
    load: Load = load_alone


def prepare_adapter(origin: Origin, method: Method) -> PeftModel:
    """Load the base, which stays as it is, to learn an adapter on top; for QLoRA in 4 bits (NF4)."""
    in_4_bits = method.type == "qlora"
    model = origin.load(origin.path, origin.device, origin.dtype, in_4_bits=in_4_bits)
    return with_adapter(model, origin, method)


def prepare_full(origin: Origin, method: Full) -> PreTrainedModel:
    """Load the whole model to learn every weight, in float32: small changes to 16-bit weights are rounded away."""
    path = origin.learned or origin.path
    return origin.load(path, origin.device, torch.float32, learns=True)


def prepare_freeze(origin: Origin, method: Freeze) -> PreTrainedModel:
    """Load the whole model to learn its last layers only.

    Raises:
        StudioError: `method.too_many_layers`.
    """
    path = origin.learned or origin.path
    model = origin.load(path, origin.device, torch.float32, learns=True)
    model.requires_grad_(requires_grad=False)
    blocks: torch.nn.ModuleList = model.get_decoder().layers
    for layer in last_layers(model, method.trained_layers):
        blocks[layer].requires_grad_(requires_grad=True)
    return model


METHODS: dict[str, Callable[..., Prepared]] = {
    "qlora": prepare_adapter,
    "lora": prepare_adapter,
    "full": prepare_full,
    "freeze": prepare_freeze,
    "prefix": prepare_adapter,
    "prompt": prepare_adapter,
    "ia3": prepare_adapter,
}
"""What prepares a model for each method of a recipe; takes where it starts and the method's own section."""


def with_adapter(model: PreTrainedModel, origin: Origin, method: Method) -> PeftModel:
    """Put an adapter on the model: the one that is gone on with, else a new one drawn with the seed."""
    if origin.learned is not None and not isinstance(method, VirtualTokens):
        return PeftModel.from_pretrained(model, origin.learned, is_trainable=True)
    set_seed(origin.seed)
    adapted = get_peft_model(model, ADAPTERS[method.type](method, model))
    if not isinstance(adapted, PeftModel):
        raise TypeError(f"{type(adapted).__name__} is not what one adapter gives")
    if origin.learned is not None:
        # PEFT refuses to load made-up tokens that are to be learned further.
        learned = load_file(origin.learned / "adapter_model.safetensors")
        set_peft_model_state_dict(adapted, learned)
    return adapted


def lora_config(method: AdapterMethod, model: PreTrainedModel) -> LoraConfig:
    """Give PEFT's words for LoRA and QLoRA. Source: https://arxiv.org/abs/2106.09685, https://arxiv.org/abs/2305.14314.

    Raises:
        StudioError: `method.too_many_layers`.
    """
    is_everywhere = method.target_modules == "all-linear"
    names: str | list[str] = "all-linear"
    if not is_everywhere or method.last_layers is not None:
        # PEFT looks at the layer's number only where modules are named by their ends.
        names = present(model, ATTENTION_MODULES + (MLP_MODULES if is_everywhere else ()))
    return LoraConfig(
        r=method.rank,
        lora_alpha=method.alpha,
        lora_dropout=method.dropout,
        target_modules=names,
        layers_to_transform=last_layers(model, method.last_layers) if method.last_layers else None,
        use_rslora=method.use_rslora,
        use_dora=method.use_dora,
        task_type="CAUSAL_LM",
    )


def prefix_config(method: Prefix, model: PreTrainedModel) -> PeftConfig:
    """Have keys and values learned that every layer finds before the first token. Source: https://arxiv.org/abs/2101.00190.

    A training sets them to words of its examples first (`virtual_tokens`).
    """
    return PrefixTuningConfig(
        task_type="CAUSAL_LM", num_virtual_tokens=method.num_virtual_tokens, init_weights="zero"
    )


def prompt_config(method: Prompt, model: PreTrainedModel) -> PeftConfig:
    """Have embeddings before the first token learned. Source: https://arxiv.org/abs/2104.08691.

    A training sets them to words of its examples first (`virtual_tokens`).
    """
    return PromptTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=method.num_virtual_tokens,
        prompt_tuning_init=PromptTuningInit.RANDOM,
    )


def ia3_config(method: Ia3, model: PreTrainedModel) -> PeftConfig:
    """Have a factor for each channel of keys, values and the network's inside learned. Source: https://arxiv.org/abs/2205.05638."""
    inputs = present(model, IA3_INPUTS)
    return IA3Config(
        task_type="CAUSAL_LM",
        target_modules=present(model, IA3_OUTPUTS) + inputs,
        feedforward_modules=inputs,
    )


ADAPTERS: dict[str, Callable[..., PeftConfig]] = {
    "qlora": lora_config,
    "lora": lora_config,
    "prefix": prefix_config,
    "prompt": prompt_config,
    "ia3": ia3_config,
}
"""What an adapter of each method is made of; takes the method's own section and the model."""


def present(model: PreTrainedModel, names: Iterable[str]) -> list[str]:
    """Give those of `names` that a module of the model has."""
    found = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    return [name for name in names if name in found]


def last_layers(model: PreTrainedModel, count: int) -> list[int]:
    """Give the numbers of the last `count` layers.

    Raises:
        StudioError: `method.too_many_layers`.
    """
    total = int(model.config.num_hidden_layers)
    if count > total:
        raise StudioError("method.too_many_layers", layers=count, most=total)
    return list(range(total - count, total))
