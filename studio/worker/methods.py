"""Training methods: what is loaded, and which weights may change."""

from collections.abc import Callable
from pathlib import Path

import torch
from peft import LoraConfig, PeftConfig
from transformers import PreTrainedModel

from studio.domain.recipe import AdapterMethod, Recipe
from studio.worker.loading import load_model

ATTENTION_MODULES = ["q_proj", "k_proj", "v_proj", "o_proj"]
Prepared = tuple[PreTrainedModel, PeftConfig]


def lora_config(method: AdapterMethod) -> LoraConfig:
    """Give PEFT's words for the recipe's."""
    return LoraConfig(
        r=method.rank,
        lora_alpha=method.alpha,
        lora_dropout=method.dropout,
        target_modules="all-linear" if method.target_modules == "all-linear" else ATTENTION_MODULES,
        task_type="CAUSAL_LM",
    )


def prepare_lora(path: Path, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> Prepared:
    """Load the base in full precision, to learn an adapter on top."""
    return load_model(path, device, dtype), lora_config(recipe.method)


def prepare_qlora(path: Path, recipe: Recipe, device: torch.device, dtype: torch.dtype) -> Prepared:
    """Load the base in 4 bits (NF4), to learn an adapter on top. Source: https://arxiv.org/abs/2305.14314."""
    return load_model(path, device, dtype, in_4_bits=True), lora_config(recipe.method)


METHODS: dict[str, Callable[[Path, Recipe, torch.device, torch.dtype], Prepared]] = {
    "qlora": prepare_qlora,
    "lora": prepare_lora,
}
