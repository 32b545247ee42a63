"""How much memory a training takes, from the shape of the model and the recipe, before anything is loaded.

Counted are the tensors that PyTorch keeps for the way back (`tests/worker/test_activations.py` counts them for real), the
weights as they are stored, and what the learned weights need three times over: their values, their gradients, and the
two averages of Adam. What a library takes beside that was measured (docs/measurements.md, "Memory").
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from studio.domain.devices import part_of
from studio.domain.learning import adapted, learned_bytes, learning_layers, virtual_tokens
from studio.domain.method import METHODS, AdapterMethod, Ia3, Method, Prefix
from studio.domain.model_shape import ModelShape
from studio.domain.packing import Batch
from studio.domain.recipe import Recipe
from studio.domain.situation import DTYPE_BYTES, Dtype, MachineFacts, ModelFacts

Verdict = Literal["fits", "close", "not"]
# Up to this share of the memory there is room for what an estimate misses; up to the second it is a matter of luck.
FITS_SHARE = 0.8
CLOSE_SHARE = 1.0

# The matrices that read the same tensor; it is kept once, in 16 bits once per matrix (each makes its own copy).
SHARED_INPUTS = (("q_proj", "k_proj", "v_proj"), ("o_proj",), ("gate_proj", "up_proj"), ("down_proj",))  # fmt: skip
FLOAT_BYTES = 4
# NF4: 4 bits a weight, and a number of 8 bits per 64 weights (those numbers are quantised again).
# Source: https://arxiv.org/abs/2305.14314, section 3
NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
# Trained without keeping the logits of all tokens. On a CPU tiles that fit into its cache: logits, their logarithms and
# exponentials. More numbers leave the cache, fewer tokens multiply slowly.
TILE_NUMBERS = 2**22
FEWEST_TILE_TOKENS = 64
OWN_TILES = 3
# What `worker/sizes.py` fills up to: steps for whole batches, at least so large, and for single examples.
SMALLEST_STEP, LARGEST_STEP = 16, 256
EVEN_TOKENS = 32
# Elsewhere, and where the output layer itself learns: tiles of so many tokens times so many word pieces.
# Source: trl/kernels/chunked_logprob.py; without Triton so many tiles are alive at once on the way back.
TILE_TOKENS = 4096
TILE_WORDS = 32768
TILES = {"cpu": 6, "cuda": 1}
# What the C library's heap leaves unused between tensors that come and go (measured 1.20 to 1.24); a GPU's own is tighter,
# and so is the system's, which a worker uses for the large tensors of models from this size on (`return_freed_memory`).
HEAP = 1.25
TIGHT_HEAP = 1.1
TIGHT_FROM_PARAMETERS = 50_000_000
# What the heap keeps of their small tensors (measured 130 to 480 MB).
SMALL_TENSORS_BYTES = 300_000_000
# Python, PyTorch, transformers and TRL themselves, as they are before the first step; on a GPU the driver's own part.
PROGRAM_BYTES = {"cpu": 650_000_000, "cuda": 950_000_000}
# In 16 bits oneDNN keeps a program for each size of matrix (`worker/sizes.py`).
KEPT_PROGRAMS_BYTES = 100_000_000


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
    model: ModelFacts, recipe: Recipe, largest: Batch, machine: MachineFacts
) -> MemoryEstimate:
    """Give the most memory that a training takes on each device, which its largest batch decides."""
    recipe = part_of(recipe, machine.devices)
    batch = with_virtual_tokens(largest, recipe)
    estimates = [
        estimate_in(dtype, model, recipe, batch, machine)
        for dtype in possible_dtypes(recipe, machine)
    ]
    return max(estimates, key=lambda estimate: estimate.total_bytes)


def possible_dtypes(recipe: Recipe, machine: MachineFacts) -> tuple[Dtype, ...]:
    """Give the number formats that a training may use; on a CPU what is faster is measured when it starts."""
    wanted = recipe.training.compute_dtype
    if wanted != "auto":
        return (wanted,)
    return ("bfloat16",) if machine.device == "cuda" else ("float32", "bfloat16")


def estimate_in(
    dtype: Dtype, model: ModelFacts, recipe: Recipe, batch: Batch, machine: MachineFacts
) -> MemoryEstimate:
    """Give the memory that one device needs for a batch where it computes in `dtype`."""
    if machine.device == "cpu" and dtype != "float32":
        batch = filled_up(batch)
    is_tight = machine.device == "cuda" or model.parameters >= TIGHT_FROM_PARAMETERS
    heap = TIGHT_HEAP if is_tight else HEAP
    return MemoryEstimate(
        {
            "program": program_bytes(dtype, model, machine),
            "weights": weights_bytes(model, recipe.method.type, dtype),
            "learned": learned_bytes(model, recipe.method, dtype),
            "activations": round(heap * activation_bytes(model.shape, recipe, batch, dtype)),
            "output": round(heap * output_bytes(model.shape, recipe, batch, machine, dtype)),
        }
    )


def program_bytes(dtype: Dtype, model: ModelFacts, machine: MachineFacts) -> int:
    """Give what is taken beside the tensors that are counted."""
    total = PROGRAM_BYTES[machine.device]
    if machine.device == "cpu" and dtype != "float32":
        total += KEPT_PROGRAMS_BYTES
    if machine.device == "cpu" and model.parameters >= TIGHT_FROM_PARAMETERS:
        total += SMALL_TENSORS_BYTES
    return total


def weights_bytes(model: ModelFacts, method: str, dtype: Dtype) -> int:
    """Give what the base model's own weights take."""
    if METHODS[method].result == "model":
        # Small changes to 16-bit weights would be rounded away.
        return model.parameters * FLOAT_BYTES
    if method != "qlora":
        return model.parameters * DTYPE_BYTES[dtype]
    # Only the matrices of the blocks are held in 4 bits; tables of word pieces and norms are not.
    in_blocks = model.shape.layers * model.shape.layer_parameters
    rest = max(0, model.parameters - in_blocks)
    largest = max(outputs * inputs for outputs, inputs in model.shape.linears().values())
    # One matrix at a time is unpacked to compute with.
    return round(in_blocks * NF4_BYTES) + (rest + largest) * DTYPE_BYTES[dtype]


def with_virtual_tokens(batch: Batch, recipe: Recipe) -> Batch:
    """Give the batch as it is calculated: at least a token, and virtual ones in front of every example."""
    rows, virtual = recipe.training.batch_rows, virtual_tokens(recipe.method)
    return replace(
        batch,
        tokens=max(rows, batch.tokens) + rows * virtual,
        longest_tokens=max(1, batch.longest_tokens) + virtual,
    )


def activation_bytes(shape: ModelShape, recipe: Recipe, batch: Batch, dtype: Dtype) -> int:
    """Give what is kept of the largest batch until the way back has used it."""
    tokens = batch.tokens
    per_layer = layer_bytes(shape, recipe.method, batch, dtype)
    width = DTYPE_BYTES[dtype]
    # Of the layer that is on its way back: the gradients of its widest tensors.
    passing = (2 * shape.intermediate_size + 2 * shape.hidden_size) * width
    if recipe.training.gradient_checkpointing:
        # Only what enters each block is kept; one block at a time is calculated again.
        return tokens * (shape.layers * shape.hidden_size * width + per_layer + passing)
    # The way back ends at the first layer that learns; what is before it keeps nothing.
    return tokens * (learning_layers(recipe.method, shape) * per_layer + passing)


def layer_bytes(shape: ModelShape, method: Method, batch: Batch, dtype: Dtype) -> int:
    """Give the bytes that one block keeps of one token. Counted for real in `tests/worker/test_activations.py`."""
    linears, names = shape.linears(), readers(method, shape)
    is_short = dtype != "float32"
    query = shape.heads * shape.head_size
    # Queries, keys and values as wide as all heads, and what attention gives where nobody else keeps it.
    is_given_anew = is_short or batch.is_packed or "o_proj" not in names
    kept = 3 * query + (query if is_given_anew else 0)
    for group in SHARED_INPUTS:
        reading = sum(name in names for name in group)
        kept += linears[group[-1]][1] * (reading if is_short else min(1, reading))
    # What the gate multiplies: its input, its output, its partner. Without a gate: the input of the activation.
    kept += (3 if shape.has_gated_mlp else 1) * shape.intermediate_size
    # Which tokens each token may look at, where shorter examples stand in the batch.
    kept += own_elements(method, shape) + (0 if batch.is_packed else batch.longest_tokens)
    if isinstance(method, Prefix):
        # It may be looked at by every token, and each head has its keys and values once per example.
        virtual = method.num_virtual_tokens
        kept += virtual + 2 * query * virtual // batch.longest_tokens
    return kept * DTYPE_BYTES[dtype] + float_elements(method, shape) * FLOAT_BYTES


def readers(method: Method, shape: ModelShape) -> Collection[str]:
    """Give the matrices whose input is kept: those that are learned, and those with an adapter that reads it too."""
    if METHODS[method.type].result == "model":
        return shape.linears()
    return adapted(method, shape) if isinstance(method, AdapterMethod) else ()


def own_elements(method: Method, shape: ModelShape) -> int:
    """Give the numbers per token that one block keeps for what is learned itself."""
    if isinstance(method, Ia3):
        # Keys and values before they are turned up or down.
        return 2 * shape.kv_heads * shape.head_size
    if not isinstance(method, AdapterMethod):
        return 0
    sizes = adapted(method, shape).values()
    # The adapters' thin waist; DoRA also keeps what base and adapter give before it sets the size.
    return sum(method.rank + (2 * outputs if method.use_dora else 0) for outputs, _ in sizes)


def float_elements(method: Method, shape: ModelShape) -> int:
    """Give the numbers per token that one block keeps in 32 bits, whatever it computes in."""
    # Both norms calculate in 32 bits; to learn their own weights, they also keep what they give.
    norms = (4 if METHODS[method.type].result == "model" else 2) * shape.hidden_size
    # IA3 scales what enters the last matrix in 32 bits.
    return norms + (shape.intermediate_size if isinstance(method, Ia3) else 0)


def output_bytes(
    shape: ModelShape, recipe: Recipe, batch: Batch, machine: MachineFacts, dtype: Dtype
) -> int:
    """Give what the step from the last layer to word pieces takes: tiles of the logits, and the last layer itself."""
    tokens, words = batch.tokens, shape.vocab_size
    if machine.device == "cpu" and recipe.method.type != "full":
        tiles = OWN_TILES * min(tokens, tile_tokens(words)) * words
    else:
        tiles = TILES[machine.device] * min(tokens, TILE_TOKENS) * min(words, TILE_WORDS)
    # The gradient of the last layer's output is gathered in 32 bits beside it.
    width = DTYPE_BYTES[dtype] + FLOAT_BYTES
    return tiles * FLOAT_BYTES + tokens * shape.hidden_size * width


def filled_up(batch: Batch) -> Batch:
    """Give the batch in the size that it has on a CPU in 16 bits."""
    if batch.is_packed:
        return replace(batch, tokens=next_size(batch.tokens))
    longest = even_size(batch.longest_tokens)
    return Batch(batch.tokens // batch.longest_tokens * longest, longest, is_packed=False)


def next_size(tokens: int) -> int:
    """Give the size that so many tokens are filled up to by `worker/sizes.py`: one of eight between a number and its double.

    Above 4096 tokens the steps stay as they are there: filling up would take longer than what it saves.
    """
    step = min(LARGEST_STEP, max(SMALLEST_STEP, 1 << max(0, tokens.bit_length() - 4)))
    return -(-tokens // step) * step


def even_size(tokens: int) -> int:
    """Give the size that one example, or the longest of a batch, is filled up to there."""
    return -(-tokens // EVEN_TOKENS) * EVEN_TOKENS


def tile_tokens(words: int) -> int:
    """Give how many tokens are scored at a time on a CPU, by `worker/scoring.py`."""
    return max(FEWEST_TILE_TOKENS, TILE_NUMBERS // words)
