"""Too little memory and numbers that run away, injected from outside: what is done, and what is told."""

from typing import Any

import pytest
import torch
from transformers import LlamaModel

from studio.domain.job import JobFolder, read_events
from studio.worker import reporting
from studio.worker.failures import is_disk_full, name_error
from tests.worker.conftest import Train
from tests.worker.test_resuming import LONG, break_at, told

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


def little_memory(monkeypatch: pytest.MonkeyPatch, most_rows: int, from_call: int = 1) -> None:
    """Have the model's blocks fail as an allocator does for more than so many rows, from one call on."""
    original, calls = LlamaModel.forward, []

    def forward(self: LlamaModel, *args: Any, **rest: Any) -> Any:
        if self.training:
            calls.append(1)
            ids = rest.get("input_ids")
            if ids is not None and len(ids) > most_rows and len(calls) >= from_call:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return original(self, *args, **rest)

    monkeypatch.setattr(LlamaModel, "forward", forward)


def halvings(folder: JobFolder) -> list[dict[str, Any]]:
    events, _ = read_events(folder.events, 0)
    return [
        e.values["values"]
        for e in events
        if e.kind == "note" and e.values["code"] == "memory_halved"
    ]


@pytest.mark.parametrize(("from_call", "step"), [(1, 1), (8, 8)])
def test_half_the_rows_at_a_time_give_the_same_result(
    train: Train, monkeypatch: pytest.MonkeyPatch, from_call: int, step: int
) -> None:
    whole, _ = train(training=LONG, method={"type": "lora"})
    little_memory(monkeypatch, 2, from_call)
    job, outcome = train(training=LONG, method={"type": "lora"})
    assert (outcome.state, outcome.values["steps"]) == ("done", 12)
    assert halvings(job.folder) == [{"step": step, "rows": 2, "batches": 2}]
    losses, expected = (told(each.folder, "log", "loss") for each in (job, whole))
    assert [at for at, _ in losses] == list(range(1, 13))
    assert [loss for _, loss in losses] == pytest.approx([loss for _, loss in expected], rel=1e-4)


def test_after_three_halvings_it_fails_with_advice(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_memory(monkeypatch, 0)
    job, outcome = train(training={"batch_rows": 16, "max_steps": 4})
    assert outcome.error is not None
    assert outcome.error.code == "train.out_of_memory"
    assert [told["rows"] for told in halvings(job.folder)] == [8, 4, 2]


def test_a_single_row_that_does_not_fit_fails_at_once(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_memory(monkeypatch, 0)
    job, outcome = train(training={"batch_rows": 1, "max_steps": 4})
    assert outcome.error is not None
    assert outcome.error.code == "train.out_of_memory"
    assert halvings(job.folder) == []


def test_a_batch_without_a_half_is_divided_evenly(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_memory(monkeypatch, 3)
    job, outcome = train(training={"batch_rows": 9, "max_steps": 4})
    assert outcome.state == "done"
    assert halvings(job.folder) == [{"step": 1, "rows": 3, "batches": 3}]


def test_numbers_that_run_away_leave_the_last_good_state(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(_: reporting.Reporter, **rest: Any) -> None:
        next(p for p in rest["model"].parameters() if p.requires_grad).data.fill_(float("nan"))

    break_at(monkeypatch, 7, poison)
    job, outcome = train(training=LONG)
    assert outcome.error is not None
    assert outcome.error.as_dict() == {
        "code": "train.diverged_kept", "values": {"step": 8, "good_step": 6},
    }  # fmt: skip
    assert (job.folder.adapter / "adapter_model.safetensors").exists()


def test_a_gradient_that_is_no_number_is_told_although_the_loss_is_one(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(_: reporting.Reporter, **rest: Any) -> None:
        weight = next(p for p in rest["model"].parameters() if p.requires_grad)
        weight.register_hook(lambda gradient: gradient * float("inf"))

    break_at(monkeypatch, 4, poison)
    _, outcome = train(training=LONG)
    assert outcome.error is not None
    assert outcome.error.as_dict() == {
        "code": "train.diverged_kept", "values": {"step": 5, "good_step": 3},
    }  # fmt: skip


def test_a_first_loss_of_exactly_zero_is_an_error(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = reporting.Reporter.on_log

    def silent(
        self: Any, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any
    ) -> None:
        if "loss" in (logs or {}):
            logs = {**logs, "loss": 0.0}
        original(self, args, state, control, logs, **rest)

    monkeypatch.setattr(reporting.Reporter, "on_log", silent)
    _, outcome = train()
    assert outcome.error is not None
    assert outcome.error.code == "train.loss_zero"


def test_a_disk_that_fills_up_leaves_the_checkpoint_before(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = torch.save

    def save(content: Any, path: Any, *rest: Any, **named: Any) -> None:
        if "checkpoint-6" in str(path) and "optimizer" in str(path):
            raise OSError(28, "No space left on device")
        original(content, path, *rest, **named)

    monkeypatch.setattr(torch, "save", save)
    job, outcome = train(training=LONG)
    assert outcome.error is not None
    assert outcome.error.code == "train.disk_full"
    assert sorted(p.parent.name for p in job.folder.checkpoints.rglob("MANIFEST.json")) == [
        "checkpoint-3"
    ]


def test_the_words_of_libraries_for_a_full_disk_are_known() -> None:
    assert is_disk_full(RuntimeError("I/O error: No space left on device (os error 28)"))
    assert name_error(OSError(28, "x")).code == "worker.disk_full"
    assert name_error(OSError(2, "x")).code == "worker.unexpected"
