"""What PyTorch keeps of one block, counted for real, is what the estimate says."""

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, Qwen2Config

from studio.domain.memory import layer_bytes
from studio.domain.model_shape import read_shape
from studio.domain.recipe import Lora
from studio.domain.situation import Dtype
from studio.worker.methods import lora_config

pytestmark = [
    pytest.mark.train,
    # PEFT asks for a name that transformers gives up.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]

ROWS, TOKENS = 4, 128
SIZES = {
    "vocab_size": 512,
    "hidden_size": 128,
    "intermediate_size": 512,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def kept_bytes(layers: int, method: Lora, dtype: Dtype) -> int:
    """Give the bytes of all tensors that the way back needs, each storage once, weights not counted."""
    torch_dtype = getattr(torch, dtype)
    config = Qwen2Config.from_dict({**SIZES, "num_hidden_layers": layers})
    model = AutoModelForCausalLM.from_config(config, dtype=torch_dtype)
    model.enable_input_require_grads()
    settings = lora_config(method)
    assert isinstance(settings, LoraConfig)
    model = get_peft_model(model, settings)
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.randint(0, 512, (ROWS, TOKENS))
    mask = torch.ones_like(ids)
    mask[0, -5:] = 0
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
            model.model.model(input_ids=ids, attention_mask=mask, use_cache=False)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("layers", ["all-linear", "attention"])
def test_a_block_keeps_what_the_estimate_says(dtype: Dtype, layers: str) -> None:
    method = Lora.model_validate({"rank": 4, "target_modules": layers})
    counted = (kept_bytes(3, method, dtype) - kept_bytes(1, method, dtype)) / 2
    shape = read_shape({"num_hidden_layers": 1, **SIZES}, "Qwen2ForCausalLM")
    assert shape is not None
    assert counted / (ROWS * TOKENS) == pytest.approx(
        layer_bytes(shape, method, TOKENS, dtype), rel=0.05
    )
