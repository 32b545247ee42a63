"""The measures of a base model, from its `config.json`: what an estimate of memory and time needs to know."""

from dataclasses import dataclass
from typing import Any

from studio.domain.architectures import ARCHITECTURES, Architecture

DEFAULT_CONTEXT_TOKENS = 2048
# Gemma's heads are wider than its hidden size says, and early configurations do not write it down.
# Source: `GemmaConfig`, `Gemma2Config`, `Gemma3TextConfig` of transformers.
HEAD_SIZES = {"gemma": 256, "gemma2": 256, "gemma3_text": 256}


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The measures of a decoder: `layers` equal blocks between two tables of `vocab_size` word pieces.

    `kv_heads` of its `heads` have keys and values of their own; each head is `head_size` wide.
    """

    layers: int
    hidden_size: int
    intermediate_size: int
    heads: int
    kv_heads: int
    head_size: int
    vocab_size: int
    has_tied_embeddings: bool = False
    has_gated_mlp: bool = True
    context_tokens: int = DEFAULT_CONTEXT_TOKENS
    can_pack: bool = True
    """Several examples in one sequence stay apart, at no cost (`domain/packing.py`)."""

    def linears(self) -> dict[str, tuple[int, int]]:
        """Give the matrices of one block as (outputs, inputs), by the names that Llama has for them.

        Models that keep several of them in one (Phi-3's `qkv_proj`) have the same weights in fewer matrices.
        """
        hidden, query = self.hidden_size, self.heads * self.head_size
        key = self.kv_heads * self.head_size
        matrices = {
            "q_proj": (query, hidden),
            "k_proj": (key, hidden),
            "v_proj": (key, hidden),
            "o_proj": (hidden, query),
            "gate_proj": (self.intermediate_size, hidden),
            "up_proj": (self.intermediate_size, hidden),
            "down_proj": (hidden, self.intermediate_size),
        }
        if not self.has_gated_mlp:
            del matrices["gate_proj"]
        return matrices

    @property
    def layer_parameters(self) -> int:
        """Give the weights in the matrices of one block; norms and biases are a thousandth of them."""
        return sum(outputs * inputs for outputs, inputs in self.linears().values())

    @property
    def embedding_parameters(self) -> int:
        """Give the weights in the tables of word pieces: one where input and output share it, else two."""
        return self.vocab_size * self.hidden_size * (1 if self.has_tied_embeddings else 2)

    @property
    def parameters(self) -> int:
        """Give the weights of all matrices."""
        return self.layers * self.layer_parameters + self.embedding_parameters


def read_shape(config: dict[str, Any], architecture: str) -> ModelShape | None:
    """Give the measures that a configuration names; None where it does not name them all, or not as numbers."""
    known = ARCHITECTURES.get(architecture, Architecture(""))
    try:
        hidden, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
        return ModelShape(
            layers=int(config["num_hidden_layers"]),
            hidden_size=hidden,
            intermediate_size=int(config["intermediate_size"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_size=int(
                config.get("head_dim") or HEAD_SIZES.get(known.model_type) or hidden // heads
            ),
            vocab_size=int(config["vocab_size"]),
            has_tied_embeddings=bool(config.get("tie_word_embeddings", known.has_tied_embeddings)),
            has_gated_mlp=known.has_gated_mlp,
            context_tokens=int(config.get("max_position_embeddings") or DEFAULT_CONTEXT_TOKENS),
            can_pack=known.can_pack and architecture in ARCHITECTURES,
        )
    except (LookupError, TypeError, ValueError, ZeroDivisionError):
        return None
