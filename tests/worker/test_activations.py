"""What PyTorch keeps of one block, counted for real, is what the estimate says; so is how many weights are learned."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedModel, Qwen2Config
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from studio.domain.catalog import read_model
from studio.domain.learning import count_learned, learning_layers, virtual_tokens
from studio.domain.memory import layer_bytes
from studio.domain.method import Method, VirtualTokens, exclusions
from studio.domain.model_shape import read_shape
from studio.domain.packing import Batch
from studio.domain.recipe import parse_recipe
from studio.domain.situation import Dtype, ModelFacts
from studio.worker import methods
from studio.worker.methods import METHODS, Origin
from studio.worker.packing import attend_alone

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
SETTINGS: list[dict[str, Any]] = [
    {"type": "lora", "rank": 4},
    {"type": "lora", "rank": 4, "target_modules": "attention"},
    {"type": "lora", "rank": 4, "use_dora": True},
    {"type": "lora", "rank": 4, "last_layers": 1},
    {"type": "full"},
    {"type": "freeze", "trained_layers": 2},
    {"type": "prefix", "num_virtual_tokens": 16},
    {"type": "prompt", "num_virtual_tokens": 16},
    {"type": "ia3"},
]


def method_of(settings: dict[str, Any]) -> Method:
    return parse_recipe({"method": settings}).method


def allowed(settings: dict[str, Any]) -> list[bool]:
    """Give whether examples may stand apart and packed with a method."""
    return [False] if "packing" in exclusions(method_of(settings)) else [False, True]


def name_of(settings: dict[str, Any]) -> str:
    return " ".join(str(value) for value in settings.values())


def prepare(
    monkeypatch: pytest.MonkeyPatch, layers: int, method: Method, dtype: Dtype
) -> torch.nn.Module:
    """Give a random model as the method prepares it."""

    def load(_path: Path, _device: torch.device, wanted: torch.dtype, **_: Any) -> PreTrainedModel:
        config = Qwen2Config.from_dict({**SIZES, "num_hidden_layers": layers})
        return AutoModelForCausalLM.from_config(config, dtype=wanted)

    monkeypatch.setattr(methods, "load_model", load)
    origin = Origin(Path(), torch.device("cpu"), getattr(torch, dtype), seed=0)
    prepared = METHODS[method.type](origin, method)
    if not isinstance(prepared, PeftModel):
        return prepared.base_model
    if isinstance(method, VirtualTokens):
        # What puts the virtual tokens in front stands outside; only the way to word pieces is left out.
        cast("Any", prepared.base_model).lm_head = torch.nn.Identity()
        return prepared
    return cast("Any", prepared).model.model


def filled_batch(ids: torch.Tensor) -> dict[str, Any]:
    """Give rows of which one is shorter."""
    mask = torch.ones_like(ids)
    mask[0, -5:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def packed_batch(ids: torch.Tensor) -> dict[str, Any]:
    """Give the same rows as the collator packs them."""
    rows = [{"input_ids": row} for row in ids.tolist()]
    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(rows)
    return {name: value for name, value in batch.items() if name != "labels"}


def kept_bytes(model: torch.nn.Module, rows: int, dtype: Dtype, *, packed: bool) -> int:
    """Give the bytes of all tensors that the way back needs, each storage once, weights not counted."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.randint(0, 512, (rows, TOKENS))
    given = packed_batch(ids) if packed else filled_batch(ids)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == "bfloat16"):
            model(**given, use_cache=False)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("settings", "packed"), [(s, p) for s in SETTINGS for p in allowed(s)], ids=str
)
def test_a_block_keeps_what_the_estimate_says(
    monkeypatch: pytest.MonkeyPatch, dtype: Dtype, settings: dict[str, Any], packed: bool
) -> None:
    method = method_of(settings)
    longest = TOKENS + virtual_tokens(method)
    counted = []
    for layers in (2, 5):
        model = prepare(monkeypatch, layers, method, dtype)
        if packed:
            attend_alone(model)
        # What does not grow with the rows is no part of an example: short copies of weights.
        more = [kept_bytes(model, rows, dtype, packed=packed) for rows in (ROWS, 2 * ROWS)]
        counted.append((more[1] - more[0]) / (ROWS * longest))
    shape = read_shape({"num_hidden_layers": 5, **SIZES}, "Qwen2ForCausalLM")
    assert shape is not None
    if learning_layers(method, shape) < 5:
        # However many layers there are, the way back ends at the same one from the end.
        assert counted[0] == counted[1]
        return
    assert (counted[1] - counted[0]) / 3 == pytest.approx(
        layer_bytes(shape, method, Batch(ROWS * longest, longest, packed), dtype), rel=0.05
    )


@pytest.mark.parametrize("settings", [{"type": "qlora"}, *SETTINGS], ids=name_of)
def test_the_weights_that_are_learned_are_counted(
    tiny_model: Path, settings: dict[str, Any]
) -> None:
    known = read_model(tiny_model, "tiny")
    assert known.shape is not None
    method = method_of(settings)
    facts = ModelFacts("tiny", known.parameters, known.shape, known.bytes)
    origin = Origin(tiny_model, torch.device("cpu"), torch.float32, seed=0)
    model = METHODS[method.type](origin, method)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert count_learned(facts, method) == learned
