"""The architectures of base models that the studio can tune: what their class is called, and what it takes for granted.

Source: `MODEL_FOR_CAUSAL_LM_MAPPING_NAMES` of transformers; a test builds each of them and counts its weights.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a configuration file leaves unsaid. `can_export`: the converter for GGUF knows it."""

    model_type: str
    can_export: bool = False
    has_tied_embeddings: bool = False
    """Where the configuration does not say: input and output share one table of word pieces."""
    has_gated_mlp: bool = True
    """Three matrices per block of the network (gate, up, down) instead of two."""
    can_pack: bool = True
    """It attends with PyTorch's own function, and tells it where an example begins."""


ARCHITECTURES: dict[str, Architecture] = {
    "LlamaForCausalLM": Architecture("llama", can_export=True),
    "MistralForCausalLM": Architecture("mistral", can_export=True),
    "Qwen2ForCausalLM": Architecture("qwen2", can_export=True),
    "Qwen3ForCausalLM": Architecture("qwen3", can_export=True),
    "GemmaForCausalLM": Architecture("gemma", can_export=True, has_tied_embeddings=True),
    "Gemma2ForCausalLM": Architecture("gemma2", can_export=True, has_tied_embeddings=True, can_pack=False),
    "Gemma3ForCausalLM": Architecture("gemma3_text", can_export=True, has_tied_embeddings=True),
    "SmolLM3ForCausalLM": Architecture("smollm3", can_export=True, has_tied_embeddings=True),
    "Phi3ForCausalLM": Architecture("phi3", can_export=True),
    "GraniteForCausalLM": Architecture("granite"),
    "OlmoForCausalLM": Architecture("olmo"),
    "Olmo2ForCausalLM": Architecture("olmo2"),
    "CohereForCausalLM": Architecture("cohere", has_tied_embeddings=True),
    "Cohere2ForCausalLM": Architecture("cohere2", has_tied_embeddings=True),
    "GlmForCausalLM": Architecture("glm"),
    "Glm4ForCausalLM": Architecture("glm4"),
    "StableLmForCausalLM": Architecture("stablelm", can_pack=False),
    "PhiForCausalLM": Architecture("phi", has_gated_mlp=False),
    "Starcoder2ForCausalLM": Architecture("starcoder2", has_tied_embeddings=True, has_gated_mlp=False),
}  # fmt: skip
