"""Training on the tiny model: which weights change, what is kept, and how it ends."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from trl import SFTTrainer
from trl.kernels import chunked_logprob
from trl.trainer import utils as trl_head

from studio.domain.job import JobFolder, read_events
from studio.domain.records import read_rows
from studio.services.workspace import Workspace
from studio.worker import reporting
from studio.worker.templates import load_tokenizer
from tests.worker.conftest import Train

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


def weights(folder: JobFolder) -> dict[str, torch.Tensor]:
    return load_file(folder.adapter / "adapter_model.safetensors")


@pytest.mark.parametrize("method", ["qlora", "lora"])
def test_a_method_changes_its_adapter_and_not_the_base(
    train: Train, tiny_model: Path, method: str
) -> None:
    before = hashlib.sha256((tiny_model / "model.safetensors").read_bytes()).hexdigest()
    job, outcome = train(method={"type": method})
    assert (outcome.state, outcome.values["steps"]) == ("done", 4)
    tensors = weights(job.folder)
    # B starts at zero, so whatever it holds was learned.
    assert all(tensor.abs().sum() > 0 for name, tensor in tensors.items() if "lora_B" in name)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert hashlib.sha256((tiny_model / "model.safetensors").read_bytes()).hexdigest() == before


def test_only_learned_tokens_are_scored_and_the_losses_are_trls_own(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = losses(train()[0].folder)
    assert trl_head._use_triton(torch.device("cpu"))
    monkeypatch.setattr(trl_head, "_use_triton", chunked_logprob._use_triton)
    monkeypatch.setattr(trl_head, "_ChunkedLogProbFunction", chunked_logprob.ChunkedLogProbFunction)
    monkeypatch.setattr("studio.worker.train.score_learned_tokens_only", lambda: None)
    assert losses(train()[0].folder) == pytest.approx(ours, rel=1e-5)


def losses(folder: JobFolder) -> list[float]:
    return [e.values["loss"] for e in read_events(folder.events, 0)[0] if e.kind == "log"]


def test_the_adapter_loads_in_plain_peft_and_names_no_path(train: Train, tiny_model: Path) -> None:
    job, _ = train()
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    model = PeftModel.from_pretrained(base, job.folder.adapter)
    assert any("lora_A" in name for name, _ in model.named_parameters())
    stored = json.loads((job.folder.adapter / "adapter_config.json").read_text())
    assert stored["base_model_name_or_path"] == "tiny"


def test_events_tell_the_whole_story_without_a_hole(train: Train) -> None:
    job, _ = train(training={"eval_every_steps": 2})
    events, _ = read_events(job.folder.events, 0)
    assert [event.seq for event in events] == list(range(len(events)))
    assert [event.values["step"] for event in events if event.kind == "log"] == [1, 2, 3, 4]
    assert [event.values["step"] for event in events if event.kind == "eval"] == [2, 4]
    stages = [event.values["stage"] for event in events if event.kind == "stage"]
    assert stages[:4] == ["starting", "loading", "preparing", "training"]
    assert stages[-3:] == ["saving", "testing", "done"]
    log = next(event for event in events if event.kind == "log")
    assert {"loss", "learning_rate", "tokens_per_second", "memory_bytes"} <= set(log.values)


def test_the_same_seed_repeats_the_same_training(train: Train) -> None:
    first, second = (weights(train(training={"seed": 3})[0].folder) for _ in range(2))
    other = weights(train(training={"seed": 4})[0].folder)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_rows_that_are_too_long_are_left_out_and_counted(train: Train) -> None:
    job, outcome = train(training={"max_length_tokens": 39})
    notes = [
        e.values
        for e in read_events(job.folder.events, 0)[0]
        if e.kind == "note" and e.values["code"] == "rows_too_long"
    ]
    left_out = sum(note["values"]["count"] for note in notes)
    # One token per letter: a question with two digits is one token too long.
    assert left_out == 14
    assert outcome.values["train_rows"] + outcome.values["held_out_rows"] == 24 - left_out


def test_the_trainer_gets_exactly_the_tokens_that_the_preview_colours(
    train: Train, tiny_workspace: Workspace, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []

    def look(self: SFTTrainer, *_: object, **__: object) -> None:
        rows: Any = self.train_dataset
        batch = self.data_collator([*rows])
        seen.extend([i for i in row if i != -100] for row in batch["labels"].tolist())

    monkeypatch.setattr("trl.SFTTrainer.train", look)
    job, _ = train(training={"max_length_tokens": 38, "too_long": "cut"})
    previews = [
        tiny_workspace.previews.preview("tiny", row, 38, "cut")
        for row in read_rows(job.folder.train_rows)
    ]
    coloured = ["".join(s.text for s in p.spans if s.kind == "learned") for p in previews]
    assert [load_tokenizer(tiny_model).decode(ids) for ids in seen] == coloured
    assert {any(span.is_end for span in preview.spans) for preview in previews} == {True, False}


@pytest.mark.parametrize(("too_long", "code"), [("cut", "rows_cut"), ("split", "rows_split")])
def test_longer_rows_are_cut_or_split_and_counted(train: Train, too_long: str, code: str) -> None:
    job, outcome = train(
        training={"max_length_tokens": 36, "too_long": too_long, "overlap_tokens": 8}
    )
    notes = [e.values for e in read_events(job.folder.events, 0)[0] if e.kind == "note"]
    counted = [note["values"]["count"] for note in notes if note["code"] == code]
    assert sum(counted) == 24
    assert outcome.values["train_rows"] >= 22


def test_nothing_to_learn_is_said_before_training(train: Train) -> None:
    _, outcome = train(training={"max_length_tokens": 16})
    assert outcome.error is not None
    assert outcome.error.code == "train.nothing_to_learn"


def test_a_cancelled_job_keeps_what_it_has_learned(train: Train) -> None:
    job, outcome = train(before=lambda folder: folder.cancel.touch(), training={"max_steps": 50})
    assert (outcome.state, outcome.values["steps"]) == ("cancelled", 1)
    assert weights(job.folder)


def test_a_loss_that_is_no_number_ends_the_run(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poison(
        self: reporting.Reporter, args: object, state: object, control: object, **kwargs: object
    ) -> None:
        model = kwargs["model"]
        assert isinstance(model, torch.nn.Module)
        if getattr(state, "global_step", 0) == 2:
            next(p for p in model.parameters() if p.requires_grad).data.fill_(float("nan"))

    monkeypatch.setattr(reporting.Reporter, "on_step_begin", poison)
    _, outcome = train()
    assert outcome.state == "failed"
    assert outcome.error is not None
    assert outcome.error.as_dict() == {
        "code": "train.diverged_kept",
        "values": {"step": 3, "good_step": 2},
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "train.out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "train.out_of_memory"),
        (RuntimeError("could not create a primitive"), "train.out_of_memory"),
        (RuntimeError("could not create a primitive descriptor for a matmul"), "worker.unexpected"),
        (RuntimeError("CUDA error: out of memory"), "train.out_of_memory"),
        (RuntimeError("CUDA error: unspecified launch failure\nMore words"), "worker.gpu_lost"),
        (OSError(28, "No space left on device"), "train.disk_full"),
        (ImportError("no module named trl"), "worker.package_missing"),
        (KeyError("surprise"), "worker.unexpected"),
    ],
)
def test_whatever_a_library_raises_becomes_an_outcome(
    train: Train, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("trl.SFTTrainer.train", explode)
    _, outcome = train()
    assert outcome.error is not None
    assert outcome.error.code == code
