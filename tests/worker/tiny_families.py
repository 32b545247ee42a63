"""A tiny model with random weights for each family that can be exported, with a tokenizer and a template of that family."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from tests.worker.template_families import FAMILIES

SIZES = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 256,
}  # fmt: skip
LLAMA_3_SCALING = {
    "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip


@dataclass(frozen=True)
class TinyFamily:
    """What transformers calls the family, whose template it has, and what its configuration says besides `SIZES`."""

    model_type: str
    template: str
    settings: dict[str, Any] = field(default_factory=dict)

    def make(
        self, folder: Path, dtype: torch.dtype = torch.float32, spread: float = 0.15, **changed: Any
    ) -> Path:
        """Write the model into a folder, with weights large enough that answers differ."""
        tokenizer = FAMILIES[self.template].tokenizer()
        stop = tokenizer.convert_tokens_to_ids(FAMILIES[self.template].end)
        config = AutoConfig.for_model(self.model_type)
        settings: dict[str, Any] = {
            **SIZES,
            "vocab_size": len(tokenizer),
            "tie_word_embeddings": False,
            "pad_token_id": 0,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": stop,
            **self.settings,
            **changed,
        }
        config = type(config)(**settings)
        torch.manual_seed(0)
        # Gemmas add one to what their norms hold.
        middle = 0.0 if self.model_type.startswith("gemma") else 0.9
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
        for name, parameter in model.named_parameters():
            with torch.no_grad():
                # Norms and biases too, so that none that is forgotten stays unseen.
                parameter.copy_(
                    torch.randn_like(parameter) * spread + (middle if "norm" in name else 0)
                )
        model.tie_weights()
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder


FAMILY_MODELS = {
    "llama": TinyFamily("llama", "llama-3", {"rope_parameters": LLAMA_3_SCALING}),
    "llama-2": TinyFamily("llama", "llama-2"),
    "mistral": TinyFamily("mistral", "mistral", {"sliding_window": None}),
    "qwen2": TinyFamily("qwen2", "qwen2.5", {"tie_word_embeddings": True}),
    "qwen3": TinyFamily("qwen3", "qwen3"),
    "gemma": TinyFamily("gemma", "gemma", {"tie_word_embeddings": True}),
    "gemma2": TinyFamily("gemma2", "gemma", {"tie_word_embeddings": True, "query_pre_attn_scalar": 16}),
    "gemma3": TinyFamily("gemma3_text", "gemma-3", {"tie_word_embeddings": True, "query_pre_attn_scalar": 16}),
    "smollm3": TinyFamily("smollm3", "smollm", {"tie_word_embeddings": True}),
    "phi3": TinyFamily("phi3", "phi-3"),
}  # fmt: skip


def give_adapter(base: Path, folder: Path, **settings: Any) -> PeftModel:
    """Put an adapter on the model in `base` as if it had learned something, store it in `folder`, and give the model."""
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(base, use_safetensors=True)
    options: dict[str, Any] = {
        "r": 4,
        "lora_alpha": 8,
        "target_modules": "all-linear",
        "task_type": "CAUSAL_LM",
    }
    adapted = get_peft_model(model, LoraConfig(**{**options, **settings}))
    assert isinstance(adapted, PeftModel)
    torch.manual_seed(1)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.1)
    adapted.save_pretrained(str(folder), save_embedding_layers=False)
    return adapted
