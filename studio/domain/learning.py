"""How much a method learns, from the shape of the model: counted here, and counted for real by the tests."""

from collections.abc import Callable

from studio.domain.method import METHODS, AdapterMethod, Freeze, Full, Ia3, Method, Prefix, Prompt
from studio.domain.model_shape import ModelShape
from studio.domain.situation import DTYPE_BYTES, Dtype, ModelFacts

ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "o_proj"})
FLOAT_BYTES = 4
# Beside the values themselves: their gradients, and Adam's two averages, all in 32 bits.
LEARNING_BYTES = 3 * FLOAT_BYTES
# Adam's two averages, as a checkpoint holds them.
OPTIMIZER_BYTES = 2 * FLOAT_BYTES
# On the disk: two checkpoints at a time, and the tokenizer with its template.
CHECKPOINTS = 2
FILES_BYTES = 20_000_000


def adapted(method: AdapterMethod, shape: ModelShape) -> dict[str, tuple[int, int]]:
    """Give the matrices of a block that get an adapter, as (outputs, inputs)."""
    linears = shape.linears()
    if method.target_modules == "all-linear":
        return linears
    return {name: size for name, size in linears.items() if name in ATTENTION}


def learning_layers(method: Method | AdapterMethod, shape: ModelShape) -> int:
    """Give the layers that the way back has to reach, counted from the last."""
    if isinstance(method, Freeze):
        return min(method.trained_layers, shape.layers)
    if isinstance(method, AdapterMethod) and method.last_layers is not None:
        return min(method.last_layers, shape.layers)
    return shape.layers


def virtual_tokens(method: Method) -> int:
    """Give the made-up tokens that lengthen every example; those of a prefix are only looked back at."""
    return method.num_virtual_tokens if isinstance(method, Prompt) else 0


def adapter_weights(model: ModelFacts, method: AdapterMethod) -> int:
    """Count two thin matrices beside each adapted one; DoRA adds a size for each output."""
    per_output = method.rank + (1 if method.use_dora else 0)
    sizes = adapted(method, model.shape).values()
    per_layer = sum(per_output * outputs + method.rank * inputs for outputs, inputs in sizes)
    return learning_layers(method, model.shape) * per_layer


def full_weights(model: ModelFacts, method: Full) -> int:
    """Count every weight."""
    return model.parameters


def freeze_weights(model: ModelFacts, method: Freeze) -> int:
    """Count the matrices and the two norms of the layers that learn."""
    shape = model.shape
    return learning_layers(method, shape) * (shape.layer_parameters + 2 * shape.hidden_size)


def prefix_weights(model: ModelFacts, method: Prefix) -> int:
    """Count a key and a value per virtual token, head and layer."""
    shape = model.shape
    return method.num_virtual_tokens * shape.layers * 2 * shape.kv_heads * shape.head_size


def prompt_weights(model: ModelFacts, method: Prompt) -> int:
    """Count an embedding per virtual token."""
    return method.num_virtual_tokens * model.shape.hidden_size


def ia3_weights(model: ModelFacts, method: Ia3) -> int:
    """Count a factor per channel of keys and values, and of what enters the network's last matrix."""
    shape = model.shape
    return shape.layers * (2 * shape.kv_heads * shape.head_size + shape.intermediate_size)


TRAINABLE: dict[str, Callable[..., int]] = {
    "qlora": adapter_weights,
    "lora": adapter_weights,
    "full": full_weights,
    "freeze": freeze_weights,
    "prefix": prefix_weights,
    "prompt": prompt_weights,
    "ia3": ia3_weights,
}
"""How many weights each method learns; takes the model and the method's section."""


def count_learned(model: ModelFacts, method: Method) -> int:
    """Give how many weights a method learns."""
    return TRAINABLE[method.type](model, method)


def learned_bytes(model: ModelFacts, method: Method, dtype: Dtype) -> int:
    """Give the memory of what is learned; where it is the model's own weights, beside these weights."""
    is_own = METHODS[method.type].result == "model"
    # Computed in 16 bits, each learned weight has a short copy.
    copy = DTYPE_BYTES[dtype] if dtype != "float32" else 0
    return count_learned(model, method) * (LEARNING_BYTES + copy + (0 if is_own else FLOAT_BYTES))


def result_bytes(model: ModelFacts, method: Method) -> int:
    """Give the size on the disk of what a training leaves: an adapter in 32 bits, or a model as large as its base."""
    if METHODS[method.type].result == "model":
        return model.bytes
    return count_learned(model, method) * FLOAT_BYTES


def checkpoint_bytes(model: ModelFacts, method: Method) -> int:
    """Give the size of a checkpoint on the way: what is learned in 32 bits, and the optimizer's two averages."""
    is_own = METHODS[method.type].result == "model"
    learned = count_learned(model, method)
    stored = model.parameters if is_own else learned
    return stored * FLOAT_BYTES + learned * OPTIMIZER_BYTES


def stored_bytes(model: ModelFacts, method: Method) -> int:
    """Give what a training leaves on the disk at most: what it learned, and the checkpoints on the way."""
    checkpoints = CHECKPOINTS * checkpoint_bytes(model, method)
    return result_bytes(model, method) + checkpoints + FILES_BYTES
