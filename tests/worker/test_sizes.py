"""In 16 bits on a CPU there are few sizes, and nothing else changes by it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM, LlamaModel
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from studio.domain.memory import EVEN_TOKENS, even_size, next_size
from studio.services.workspace import Workspace
from studio.worker import packing, scoring, sizes
from studio.worker.packing import attend_alone
from studio.worker.reporting import Reporter
from studio.worker.sizes import fill_batches_up, is_compiled
from tests.worker.conftest import Train
from tests.worker.test_packing import EXAMPLES, build
from tests.worker.test_resuming import told
from tests.worker.test_scoring import arguments, scored, table

pytestmark = pytest.mark.filterwarnings("default")


def test_sizes_are_few_and_hardly_larger() -> None:
    assert [next_size(tokens) for tokens in (0, 1, 16, 17, 128, 129, 260, 1000, 1025)] == [
        0, 16, 16, 32, 128, 144, 288, 1024, 1152,
    ]  # fmt: skip
    assert all(tokens <= next_size(tokens) <= tokens * 9 / 8 for tokens in range(128, 5000))
    assert next_size(20_001) == 20_224
    assert len({next_size(tokens) for tokens in range(256, 1025)}) == 17
    assert [even_size(tokens) for tokens in (1, 32, 33)] == [32, 32, 64]


def watch_shapes(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """Give a list that gets the shape of every batch that a Llama learns from."""
    seen: list[torch.Size] = []
    original = LlamaModel.forward

    def forward(self: LlamaModel, *args: Any, **rest: Any) -> Any:
        if torch.is_grad_enabled():
            seen.append(rest["input_ids"].shape)
        return original(self, *args, **rest)

    monkeypatch.setattr(LlamaModel, "forward", forward)
    return seen


def loss_and_slopes(*, is_packed: bool, is_filled: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the loss of the examples and the gradients that come of it."""
    model = build("LlamaForCausalLM")
    if is_packed:
        attend_alone(model)
    if is_filled:
        fill_batches_up(model)
    rows = [{"input_ids": ids, "labels": [-100, -100, *ids[2:]]} for ids in EXAMPLES]
    batch = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=is_packed)(rows)
    loss = model(**batch, use_cache=False).loss
    loss.backward()
    return loss, torch.cat(
        [one.grad.flatten() for one in model.parameters() if one.grad is not None]
    )


@pytest.mark.parametrize("is_packed", [True, False])
def test_what_fills_up_teaches_nothing(monkeypatch: pytest.MonkeyPatch, is_packed: bool) -> None:
    expected = loss_and_slopes(is_packed=is_packed, is_filled=False)
    # In 32 bits, where only what is filled up can make a difference.
    for module in (packing, sizes):
        monkeypatch.setattr(module, "is_compiled", lambda _states: True)
    seen = watch_shapes(monkeypatch)
    filled = loss_and_slopes(is_packed=is_packed, is_filled=True)
    assert [tokens for _, tokens in seen] == [48 if is_packed else EVEN_TOKENS]
    for found, wanted in zip(filled, expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)


def test_tokens_that_fill_up_a_tile_are_scored_and_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = scored(scoring.Scoring, arguments(table()))
    monkeypatch.setattr(scoring, "is_compiled", lambda _states: True)
    monkeypatch.setattr(scoring, "next_size", lambda tokens: tokens + 23)
    for found, wanted in zip(scored(scoring.Scoring, arguments(table())), expected, strict=True):
        torch.testing.assert_close(found, wanted)


def test_a_model_that_answers_is_left_alone() -> None:
    model = build("LlamaForCausalLM")
    assert isinstance(model, LlamaForCausalLM)
    fill_batches_up(model)
    asked = torch.tensor([EXAMPLES[1]])
    assert model(input_ids=asked).logits.shape[1] == len(EXAMPLES[1])


def test_only_short_numbers_are_compiled_for_each_size() -> None:
    assert is_compiled(torch.ones(1, dtype=torch.bfloat16))
    assert not is_compiled(torch.ones(1))


@pytest.mark.train
@pytest.mark.parametrize("packing_wanted", ["auto", "never"])
def test_a_training_in_16_bits_meets_few_sizes_and_counts_no_filling(
    train: Train,
    tiny_workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packing_wanted: str,
) -> None:
    rows = [{"prompt": f"Say {i}.", "completion": "Well. " * (1 + i * 5 % 13)} for i in range(24)]
    path = tmp_path / "uneven.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    data = {"id": tiny_workspace.datasets.add_file(path, path.name).id}
    counted: list[float] = []
    told_before = Reporter._emit_log

    def tell(self: Reporter, state: Any, logs: dict[str, float]) -> None:
        counted.append(logs["num_tokens"])
        told_before(self, state, logs)

    seen = watch_shapes(monkeypatch)
    monkeypatch.setattr(Reporter, "_emit_log", tell)
    training = {"packing": packing_wanted, "compute_dtype": "bfloat16", "max_steps": 6}
    job, outcome = train(training=training, data=data, method={"type": "lora"})
    assert outcome.state == "done"
    wanted = next_size if packing_wanted == "auto" else even_size
    assert len(seen) == 6
    assert (min(rows for rows, _ in seen) == 1) == (packing_wanted == "auto")
    assert all(tokens == wanted(tokens) for _, tokens in seen)
    training |= {"compute_dtype": "float32"}
    exact, _ = train(training=training, data=data, method={"type": "lora"})
    losses, expected = (told(one.folder, "log", "loss") for one in (job, exact))
    assert [loss for _, loss in losses] == pytest.approx([loss for _, loss in expected], rel=0.02)
    assert counted[:6] == counted[6:]
