"""Packed examples do not see each other, whatever the architecture; and nothing else changes."""

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from studio.domain.architectures import ARCHITECTURES
from studio.worker import packing
from studio.worker.packing import attend_alone

pytestmark = pytest.mark.filterwarnings("default")

# Two kinds of layers; the window of one is shorter than the longest example.
MEASURES = {
    "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 4, "vocab_size": 100,
    "num_key_value_heads": 2, "head_dim": 16, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
    "sliding_window": 6, "use_sliding_window": True, "layer_types": ["sliding_attention", "full_attention"],
}  # fmt: skip
EXAMPLES = [torch.arange(1, length).remainder(97).tolist() for length in (10, 4, 15, 8)]
PACKABLE = [name for name, known in ARCHITECTURES.items() if known.can_pack]


def build(name: str) -> PreTrainedModel:
    """Give a small random model."""
    kind = ARCHITECTURES[name].model_type
    known = vars(AutoConfig.for_model(kind))
    config = AutoConfig.for_model(kind, **{k: v for k, v in MEASURES.items() if k in known})
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval()


def packed_batch() -> dict[str, Any]:
    """Give the examples as the trainer's collator packs them."""
    rows = [{"input_ids": ids} for ids in EXAMPLES]
    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(rows)
    return {name: value for name, value in batch.items() if name != "labels"}


def answer(model: PreTrainedModel, batch: dict[str, Any]) -> torch.Tensor:
    """Give the logits (tokens, words) of a batch with one row."""
    with torch.no_grad():
        return model(**batch, use_cache=False).logits[0]


def alone(model: PreTrainedModel) -> torch.Tensor:
    """Give the logits of all examples, each calculated by itself."""
    return torch.cat([answer(model, {"input_ids": torch.tensor([ids])}) for ids in EXAMPLES])


@pytest.mark.parametrize("name", PACKABLE)
def test_packed_examples_get_what_they_get_alone_unless_positions_are_taken_away(name: str) -> None:
    model, batch = build(name), packed_batch()
    expected = alone(model)
    assert model.config._attn_implementation == packing.WHOLE
    attend_alone(model)
    torch.testing.assert_close(answer(model, batch), expected, rtol=1e-4, atol=1e-5)
    del batch["position_ids"]
    assert not torch.allclose(answer(model, batch), expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("name", PACKABLE)
def test_side_by_side_they_get_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "prefers_few_operations", lambda _query: True)
    model, batch = build(name), packed_batch()
    expected = alone(model)
    attend_alone(model)
    torch.testing.assert_close(answer(model, batch), expected, rtol=1e-4, atol=1e-5)


def test_side_by_side_they_teach_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    slopes = []
    for is_gpu in (False, True):
        monkeypatch.setattr(packing, "prefers_few_operations", lambda _query, is_gpu=is_gpu: is_gpu)
        model = build("LlamaForCausalLM")
        attend_alone(model)
        model(**packed_batch(), use_cache=False).logits.square().mean().backward()
        slopes.append(
            torch.cat([one.grad.flatten() for one in model.parameters() if one.grad is not None])
        )
    torch.testing.assert_close(slopes[1], slopes[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_masks_of_transformers_keep_examples_apart_too(attention: str) -> None:
    model, batch = build("LlamaForCausalLM"), packed_batch()
    model.set_attn_implementation(attention)
    torch.testing.assert_close(answer(model, batch), alone(model), rtol=1e-4, atol=1e-5)
    del batch["position_ids"]
    assert not torch.allclose(answer(model, batch), alone(model), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES.keys() - PACKABLE))
def test_what_is_not_packed_could_not_be(name: str) -> None:
    model = build(name)
    attend_alone(model)
    if model.config._attn_implementation == packing.NAME:
        # It does not say where an example begins, and that is never guessed.
        with pytest.raises(KeyError):
            answer(model, packed_batch())


def test_a_model_that_packs_still_answers_several_questions_at_once() -> None:
    model: Any = build("MistralForCausalLM")
    ids = torch.tensor([[0] * 5 + EXAMPLES[0][:4], EXAMPLES[2][:9]])
    asked = {"input_ids": ids, "attention_mask": (ids > 0).long(), "pad_token_id": 0}
    before = model.generate(**asked, max_new_tokens=4, do_sample=False)
    attend_alone(model)
    assert torch.equal(model.generate(**asked, max_new_tokens=4, do_sample=False), before)
