"""How much memory a training takes, from the shape of the model and the recipe, before anything is loaded.

Counted are the tensors that PyTorch keeps for the way back (`tests/worker/test_activations.py` counts them for real), the
weights as they are stored, and what the learned weights need three times over: their values, their gradients, and the
two averages of Adam. What a library takes beside that was measured (docs/measurements.md, "Memory").
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from studio.domain.model_shape import ModelShape
from studio.domain.recipe import AdapterMethod, Lora, Qlora, Recipe
from studio.domain.situation import DTYPE_BYTES, Dtype, MachineFacts, ModelFacts

Verdict = Literal["fits", "close", "not"]
# Up to this share of the memory there is room for what an estimate misses; up to the second it is a matter of luck.
FITS_SHARE = 0.8
CLOSE_SHARE = 1.0

ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "o_proj"})
# The matrices that read the same tensor; it is kept once, in 16 bits once per matrix (each makes its own copy).
SHARED_INPUTS = (("q_proj", "k_proj", "v_proj"), ("o_proj",), ("gate_proj", "up_proj"), ("down_proj",))  # fmt: skip
FLOAT_BYTES = 4
# Values, gradients, and Adam's two averages, all in 32 bits.
LEARNED_BYTES = 4 * FLOAT_BYTES
# NF4: 4 bits a weight, and a number of 8 bits per 64 weights (those numbers are quantised again).
# Source: https://arxiv.org/abs/2305.14314, section 3
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
# Trained without keeping the logits of all tokens: tiles of so many tokens times so many word pieces.
# Source: trl/kernels/chunked_logprob.py; without Triton so many tiles are alive at once on the way back.
TILE_TOKENS = 4096
TILE_WORDS = 32768
TILES = {"cpu": 6, "cuda": 1}
# What the C library's heap leaves unused between tensors that come and go (measured 1.1 to 1.9); a GPU's own is tighter,
# and so is the system's, which a worker uses for the tensors of models from this size on (`return_freed_memory`).
HEAP = 1.45
TIGHT_HEAP = 1.1
TIGHT_FROM_PARAMETERS = 50_000_000
# Python, PyTorch, transformers and TRL themselves; on a GPU the driver's own part.
PROGRAM_BYTES = {"cpu": 800_000_000, "cuda": 600_000_000}


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes at the moment of most need, by what they are for; the keys have names in the locale files (`memory`)."""

    parts_bytes: dict[str, int]

    @property
    def total_bytes(self) -> int:
        return sum(self.parts_bytes.values())

    def verdict(self, memory_bytes: int) -> Verdict:
        """Say whether it fits into so much memory."""
        if self.total_bytes <= memory_bytes * FITS_SHARE:
            return "fits"
        return "close" if self.total_bytes <= memory_bytes * CLOSE_SHARE else "not"


def estimate_memory(
    model: ModelFacts, recipe: Recipe, longest_tokens: int, machine: MachineFacts
) -> MemoryEstimate:
    """Give the most memory that a training takes; its largest batch holds sequences of `longest_tokens`."""
    dtype = compute_dtype(recipe, machine)
    tokens = recipe.training.batch_rows * max(1, longest_tokens)
    learned = TRAINABLE[recipe.method.type](model.shape, recipe.method)
    is_tight = machine.device == "cuda" or model.parameters >= TIGHT_FROM_PARAMETERS
    heap = TIGHT_HEAP if is_tight else HEAP
    copies = learned * DTYPE_BYTES[dtype] if dtype != "float32" else 0
    return MemoryEstimate(
        {
            "program": PROGRAM_BYTES[machine.device],
            "weights": weights_bytes(model, recipe.method.type, dtype),
            "learned": learned * LEARNED_BYTES + copies,
            "activations": round(
                heap * activation_bytes(model.shape, recipe, longest_tokens, dtype)
            ),
            "output": round(heap * output_bytes(model.shape, tokens, machine, dtype)),
        }
    )


def compute_dtype(recipe: Recipe, machine: MachineFacts) -> Dtype:
    """Give the number format that the training will use."""
    wanted = recipe.training.compute_dtype
    return machine.auto_dtype if wanted == "auto" else wanted


def adapted(method: AdapterMethod, shape: ModelShape) -> dict[str, tuple[int, int]]:
    """Give the matrices of a block that get an adapter, as (outputs, inputs)."""
    linears = shape.linears()
    if method.target_modules == "all-linear":
        return linears
    return {name: size for name, size in linears.items() if name in ATTENTION}


def lora_weights(shape: ModelShape, method: AdapterMethod) -> int:
    """Give the weights of a LoRA adapter: two thin matrices beside each adapted one."""
    sizes = adapted(method, shape).values()
    return shape.layers * sum(method.rank * (outputs + inputs) for outputs, inputs in sizes)


TRAINABLE: dict[str, Callable[[ModelShape, Qlora | Lora], int]] = {
    "qlora": lora_weights,
    "lora": lora_weights,
}
"""How many weights each method learns."""


def weights_bytes(model: ModelFacts, method: str, dtype: Dtype) -> int:
    """Give what the base model's own weights take."""
    if method != "qlora":
        return model.parameters * DTYPE_BYTES[dtype]
    # Only the matrices of the blocks are held in 4 bits; tables of word pieces and norms are not.
    in_blocks = model.shape.layers * model.shape.layer_parameters
    rest = max(0, model.parameters - in_blocks)
    largest = max(outputs * inputs for outputs, inputs in model.shape.linears().values())
    # One matrix at a time is unpacked to compute with.
    return round(in_blocks * NF4_BYTES) + (rest + largest) * DTYPE_BYTES[dtype]


def activation_bytes(shape: ModelShape, recipe: Recipe, longest_tokens: int, dtype: Dtype) -> int:
    """Give what is kept of the largest batch until the way back has used it."""
    tokens = recipe.training.batch_rows * max(1, longest_tokens)
    per_layer = layer_bytes(shape, recipe.method, longest_tokens, dtype)
    width = DTYPE_BYTES[dtype]
    # Of the layer that is on its way back: the gradients of its widest tensors.
    passing = (2 * shape.intermediate_size + 2 * shape.hidden_size) * width
    if recipe.training.gradient_checkpointing:
        # Only what enters each block is kept; one block at a time is calculated again.
        return tokens * (shape.layers * shape.hidden_size * width + per_layer + passing)
    return tokens * (shape.layers * per_layer + passing)


def layer_bytes(shape: ModelShape, method: AdapterMethod, longest_tokens: int, dtype: Dtype) -> int:
    """Give the bytes that one block keeps of one token. Counted for real in `tests/worker/test_activations.py`."""
    linears, names = shape.linears(), adapted(method, shape)
    is_short = dtype != "float32"
    query = shape.heads * shape.head_size
    # Queries, keys and values as wide as all heads, and what attention gives where nobody else keeps it.
    kept = 3 * query + (query if is_short or "o_proj" not in names else 0)
    for group in SHARED_INPUTS:
        readers = sum(name in names for name in group)
        kept += linears[group[-1]][1] * (readers if is_short else min(1, readers))
    # What the gate multiplies: its input, its output, its partner. Without a gate: the input of the activation.
    kept += (3 if shape.has_gated_mlp else 1) * shape.intermediate_size
    # Which tokens each token may look at, where shorter examples stand in the batch; and the adapters' thin waist.
    kept += longest_tokens + method.rank * len(names)
    # Both norms calculate in 32 bits.
    return kept * DTYPE_BYTES[dtype] + 2 * shape.hidden_size * FLOAT_BYTES


def output_bytes(shape: ModelShape, tokens: int, machine: MachineFacts, dtype: Dtype) -> int:
    """Give what the step from the last layer to word pieces takes: a tile of the logits, and the last layer itself."""
    tile = min(tokens, TILE_TOKENS) * min(shape.vocab_size, TILE_WORDS)
    # The gradient of the last layer's output is gathered in 32 bits beside it.
    last = tokens * shape.hidden_size * (DTYPE_BYTES[dtype] + FLOAT_BYTES)
    return tile * FLOAT_BYTES * TILES[machine.device] + last
