"""Prefix and prompt tuning begin at words of the examples, exactly as if these stood in front of the conversation."""

from pathlib import Path

import pytest
import torch
from peft import PeftModel, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, set_seed

from studio.domain.architectures import ARCHITECTURES
from studio.domain.method import Method, Prefix, Prompt
from studio.worker.lesson import Rows
from studio.worker.methods import ADAPTERS
from studio.worker.virtual_tokens import begin_at_examples, first_pieces
from tests.worker.conftest import Train
from tests.worker.small_configs import small_config

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
ROWS: Rows = [{"input_ids": list(range(n, 3 * n)), "labels": []} for n in (3, 5, 7, 11)]
WORDS = torch.arange(50, 62).unsqueeze(0)


@pytest.fixture(params=ARCHITECTURES)
def base(request: pytest.FixtureRequest) -> torch.nn.Module:
    """Give a small random model."""
    set_seed(0)
    return AutoModelForCausalLM.from_config(small_config(request.param)).eval()


@pytest.mark.parametrize(
    "method", [Prefix(num_virtual_tokens=9), Prompt(num_virtual_tokens=9)], ids=["prefix", "prompt"]
)
def test_it_begins_as_if_the_words_stood_there(base: torch.nn.Module, method: Method) -> None:
    set_seed(1)
    model = get_peft_model(base, ADAPTERS[method.type](method, base))
    assert isinstance(model, PeftModel)
    begin_at_examples(model.eval(), ROWS, seed=0)
    before = torch.tensor([first_pieces(ROWS, 9, seed=0)])
    with torch.no_grad():
        found = model(input_ids=WORDS, attention_mask=torch.ones_like(WORDS)).logits
        with model.disable_adapter():
            expected = model(input_ids=torch.cat([before, WORDS], dim=1)).logits
    ours = slice(-WORDS.shape[1], None)
    assert torch.allclose(found[:, ours], expected[:, ours], atol=1e-4)
    assert expected.std() > 0.01


@pytest.mark.parametrize("method", ["prefix", "prompt"])
def test_a_training_begins_with_words_and_not_with_one_thing_many_times(
    train: Train, method: str
) -> None:
    job, outcome = train(method={"type": method}, training={"learning_rate": 1e-9, "max_steps": 1})
    assert outcome.state == "done"
    learned = load_file(Path(job.folder.adapter) / "adapter_model.safetensors")
    pieces = learned["prompt_embeddings"]
    assert pieces.shape[0] == 64
    assert pieces.std(dim=0).min() > 0


def test_the_words_are_drawn_by_the_seed_and_begin_again_where_they_are_few() -> None:
    total = sum(len(row["input_ids"]) for row in ROWS)
    few, many = first_pieces(ROWS, 5, seed=0), first_pieces(ROWS, 2 * total + 3, seed=0)
    assert list(many[:5]) == list(few)
    assert many[:total] == many[total : 2 * total]
    assert len(many) == 2 * total + 3
    assert len({tuple(first_pieces(ROWS, 5, seed)) for seed in range(10)}) > 1
