"""The most dangerous trap of this stack: 4-bit gradients that are wrong while the loss still falls (P21)."""

import gc
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import torch
from transformers import PreTrainedModel

from studio.worker.loading import load_model
from tests.worker.conftest import Train

if TYPE_CHECKING:
    from transformers._typing import GenerativePreTrainedModel

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
CPU = torch.device("cpu")


def input_gradient(model: PreTrainedModel) -> torch.Tensor:
    """Give the gradient of the loss with respect to the embeddings, (batch, tokens, hidden) flattened."""
    ids = torch.arange(3, 67).reshape(2, 32)
    embedded = model.get_input_embeddings()(ids).detach().requires_grad_()
    model.train()
    model(inputs_embeds=embedded, labels=ids, use_cache=False).loss.backward()
    assert embedded.grad is not None
    return embedded.grad.flatten()


def test_gradients_after_a_generation_still_point_the_same_way(tiny_model: Path) -> None:
    exact = load_model(tiny_model, CPU, torch.float32)
    four_bit = load_model(tiny_model, CPU, torch.float32, in_4_bits=True)
    four_bit.eval()
    with torch.inference_mode():
        cast("GenerativePreTrainedModel", four_bit).generate(
            torch.arange(3, 35).reshape(1, 32), max_new_tokens=4, do_sample=False, pad_token_id=0
        )
    cosine = torch.nn.functional.cosine_similarity(
        input_gradient(exact), input_gradient(four_bit), dim=0
    )
    assert cosine >= 0.9


def test_the_guard_is_set_on_every_4_bit_layer(tiny_model: Path) -> None:
    model = load_model(tiny_model, CPU, torch.float32, in_4_bits=True)
    guarded = [m for m in model.modules() if hasattr(m, "support_avx512bf16_for_cpu")]
    assert len(guarded) == 14
    assert not any(module.support_avx512bf16_for_cpu for module in guarded)


def test_a_run_with_evaluations_ends_as_good_as_one_without(train: Train) -> None:
    steps = {"max_steps": 30}
    _, with_checks = train(training={**steps, "eval_every_steps": 5})
    _, without = train(training={**steps, "eval_every_steps": 30})
    assert with_checks.values["held_out_loss"] == pytest.approx(
        without.values["held_out_loss"], rel=0.02
    )


def test_a_model_in_4_bits_keeps_no_file_in_memory(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mapped"
    shutil.copytree(tiny_model, folder)
    whole = load_model(folder, CPU, torch.float32)
    assert str(folder) in Path("/proc/self/maps").read_text()
    del whole
    gc.collect()
    kept = load_model(folder, CPU, torch.float32, in_4_bits=True)
    gc.collect()
    assert str(folder) not in Path("/proc/self/maps").read_text()
    assert kept.get_input_embeddings() is not None
