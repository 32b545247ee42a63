"""Every architecture that the studio says it knows is one of transformers', and its measures give its weights."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from studio.domain.architectures import ARCHITECTURES
from studio.domain.model_shape import ModelShape, read_shape
from tests.worker.small_configs import small_config


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_has_the_weights_that_its_measures_say(name: str) -> None:
    known = ARCHITECTURES[name]
    assert MODEL_FOR_CAUSAL_LM_MAPPING_NAMES[known.model_type] == name
    config = small_config(name)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    shape = read_shape(json.loads(config.to_json_string(use_diff=False)), name)
    assert shape is not None
    # What is missing are norms and biases.
    assert (
        shape.parameters
        <= sum(one.numel() for one in model.parameters())
        < shape.parameters * 1.005
    )
    assert shape.has_tied_embeddings == known.has_tied_embeddings


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"hidden_size": "x"},
        {"hidden_size": 8, "num_attention_heads": 0, "num_hidden_layers": 1, "intermediate_size": 8, "vocab_size": 8},
        {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "intermediate_size": [8], "vocab_size": 8},
    ],
)  # fmt: skip
def test_measures_that_are_not_there_are_not_guessed(config: dict[str, object]) -> None:
    assert read_shape(config, "LlamaForCausalLM") is None


def test_the_matrices_of_a_block_are_those_of_grouped_attention() -> None:
    shape = ModelShape(1, 512, 1024, heads=8, kv_heads=2, head_size=64, vocab_size=1000)
    assert shape.linears()["k_proj"] == (128, 512)
    assert shape.linears()["o_proj"] == (512, 512)
    assert shape.layer_parameters == 2 * 512 * 512 + 2 * 128 * 512 + 3 * 512 * 1024
    assert shape.embedding_parameters == 2 * 1000 * 512
