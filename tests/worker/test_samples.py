"""Watch it learn: a training that is asked in between learns exactly what it learns otherwise, and is told what it costs."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

from studio.domain.job import JobFolder, read_events
from studio.services.workspace import Workspace
from studio.worker import greedy, samples
from studio.worker.greedy import Limits, Speaker, undisturbed
from studio.worker.loading import load_model
from studio.worker.samples import Purse
from studio.worker.templates import load_tokenizer
from tests.worker.conftest import Train
from tests.worker.test_resuming import finish, go_on

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
CPU = torch.device("cpu")
QUESTIONS = ("What is 1?", "What is 22?", "Is it?", "And a much longer question than the others?")


def told(folder: JobFolder, kind: str) -> list[dict[str, Any]]:
    return [e.values for e in read_events(folder.events, 0)[0] if e.kind == kind]


def notes(folder: JobFolder) -> dict[str, Any]:
    return {note["code"]: note["values"] for note in told(folder, "note")}


@pytest.fixture
def generous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let short looks take as long as they like, so that every check has one."""
    monkeypatch.setattr(samples, "SHARE_OF_TIME", 1000.0)
    monkeypatch.setattr(samples, "MOST_NEW_TOKENS", 8)


@pytest.mark.parametrize("method", ["lora", "qlora"])
def test_a_training_learns_the_same_whether_it_is_asked_or_not(
    train: Train, generous: None, method: str
) -> None:
    settings = {"type": method, "dropout": 0.2}
    results = []
    for prompts in (0, 4):
        training = {"max_steps": 12, "eval_every_steps": 2, "watch_prompts": prompts}
        job, _ = train(method=settings, training=training)
        results.append(job.folder)
    quiet, asked = results
    assert len(told(asked, "sample")) == 7
    assert told(quiet, "sample") == told(quiet, "prompts") == []
    for kind, value in (("log", "loss"), ("log", "grad_norm"), ("eval", "held_out_loss")):
        assert [e[value] for e in told(asked, kind)] == [e[value] for e in told(quiet, kind)]
    learned = [load_file(folder.adapter / "adapter_model.safetensors") for folder in results]
    assert all(torch.equal(learned[0][name], tensor) for name, tensor in learned[1].items())


def test_what_is_asked_is_held_out_and_the_answers_come_with_their_step(
    train: Train, generous: None
) -> None:
    job, _ = train(training={"eval_every_steps": 2, "watch_prompts": 5})
    (asked,) = told(job.folder, "prompts")
    held_out = job.folder.held_out_rows.read_text()
    assert not asked["is_learned"]
    assert len(asked["prompts"]) == 2
    assert all(p["question"] in held_out and p["reference"] in held_out for p in asked["prompts"])
    looks = told(job.folder, "sample")
    assert [look["step"] for look in looks] == [0, 2, 4]
    assert {len(look["answers"]) for look in looks} == {2}
    assert all(look["seconds"] > 0 for look in looks)


def test_without_held_out_examples_learned_ones_are_asked_and_that_is_said(
    train: Train, tiny_workspace: Workspace, tmp_path: Path, generous: None
) -> None:
    path = tmp_path / "few.csv"
    path.write_text("question,answer\n" + "".join(f"What is {n}?,It is {n}.\n" for n in range(9)))
    dataset = tiny_workspace.datasets.add_file(path, path.name, 0)
    job, _ = train(data={"id": dataset.id, "held_out_percent": 0}, training={"watch_prompts": 3})
    assert told(job.folder, "prompts")[0]["is_learned"]
    assert [look["step"] for look in told(job.folder, "sample")] == [0, 2, 4]


def test_a_resumed_training_shows_the_looks_of_the_one_before(
    train: Train, tiny_workspace: Workspace, generous: None
) -> None:
    steps = {"max_steps": 6, "eval_every_steps": 3, "watch_prompts": 2}
    job, outcome = train(training=steps)
    job.folder.path.joinpath("checkpoints", "checkpoint-6", "MANIFEST.json").unlink()
    stopped = type(outcome)("cancelled", None, outcome.values)
    stopped.write(job.folder)
    finish(tiny_workspace, job, stopped)
    again, _ = go_on(tiny_workspace, job)
    looks, before = told(again.folder, "sample"), told(job.folder, "sample")
    assert [look["step"] for look in looks] == [0, 3, 6]
    assert looks[:2] == before[:2]
    assert told(again.folder, "prompts") == told(job.folder, "prompts")


def test_looks_that_fail_end_and_the_training_goes_on(
    train: Train, generous: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Speaker, "answer", fail)
    job, outcome = train(training={"eval_every_steps": 1, "watch_prompts": 2})
    assert outcome.state == "done"
    assert notes(job.folder)["samples_stopped"] == {"step": 0}
    assert "memory_halved" not in notes(job.folder)
    assert outcome.values["stop_test"] is None


def test_who_stops_a_training_does_not_wait_for_answers(train: Train, generous: None) -> None:
    job, outcome = train(
        before=lambda folder: folder.cancel.touch(),
        training={"max_steps": 50, "watch_prompts": 2},
    )
    assert outcome.state == "cancelled"
    assert [look["step"] for look in told(job.folder, "sample")] == [0]
    # The first token is there before anybody is asked whether to stop.
    assert all(len(answer["text"]) <= 1 for answer in told(job.folder, "sample")[0]["answers"])


def test_all_questions_in_one_batch_are_answered_as_each_alone(tiny_model: Path) -> None:
    speaker = speak(tiny_model)
    asked = [greedy.encode_beginning(speaker.tokenizer, question) for question in QUESTIONS]
    limits = Limits(12, 60.0)
    together = speaker.answer(asked, limits)
    assert together == [said for ids in asked for said in speaker.answer([ids], limits)]
    assert all(said.tokens == 12 for said in together)


def speak(tiny_model: Path, *, in_4_bits: bool = False) -> Speaker:
    tokenizer = load_tokenizer(tiny_model)
    model = load_model(tiny_model, CPU, torch.float32, in_4_bits=in_4_bits)
    return Speaker(model, tokenizer, [2], lambda: False)


def test_an_answer_leaves_modes_random_numbers_and_4_bit_weights_as_they_were(
    tiny_model: Path,
) -> None:
    speaker = speak(tiny_model, in_4_bits=True)
    config = LoraConfig(task_type="CAUSAL_LM", target_modules="all-linear")
    model: Any = get_peft_model(speaker.model, config)
    layers = [module for module in model.modules() if hasattr(module, "support_avx512bf16_for_cpu")]
    model.train()
    model.base_model.model.lm_head.eval()
    for layer in layers:
        layer.support_avx512bf16_for_cpu = True
    before = [module.training for module in model.modules()], torch.random.get_rng_state()
    with undisturbed(model):
        assert not any(module.training for module in model.modules())
        assert not torch.is_grad_enabled()
        torch.rand(3)
    assert [module.training for module in model.modules()] == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])
    assert layers
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)


def spend(seconds_per_step: float, look_seconds: float, checks: int = 10) -> list[int]:
    """Give at which of ten checks a training of a hundred steps can afford a look."""
    clock, purse, taken = 0.0, Purse(lambda: clock), []
    purse.pay(look_seconds)
    purse.open(0)
    for check in range(1, checks + 1):
        clock += seconds_per_step * 100 / checks
        if purse.affords(check * 100 // checks, 100) or check == checks:
            taken.append(check)
            clock += look_seconds
            purse.pay(look_seconds)
    return taken


def test_looks_cost_at_most_a_twentieth_of_the_training() -> None:
    for seconds_per_step, look_seconds in ((1.0, 0.1), (1.0, 0.4), (1.0, 1.0), (1.0, 2.4)):
        looks = spend(seconds_per_step, look_seconds)
        assert (1 + len(looks)) * look_seconds <= 0.05 * 100 * seconds_per_step * 1.001
        assert looks[-1] == 10


@pytest.mark.parametrize(("trained", "tokens"), [(60.0, 48), (16.0, 40), (10.0, 16), (1.0, 16)])
def test_the_last_answers_are_as_long_as_can_be_afforded(trained: float, tokens: int) -> None:
    clock = 0.0
    purse = Purse(lambda: clock)
    purse.pay(0.4, tokens=40)
    purse.open(0)
    clock = trained
    assert purse.affordable_tokens(60, 60) == tokens


def test_cheap_looks_are_all_taken_and_dear_ones_are_spread() -> None:
    assert spend(1.0, 0.1) == list(range(1, 11))
    dear = spend(1.0, 1.0)
    assert 2 <= len(dear) <= 4
    assert dear[0] > 1
    assert spend(1.0, 30.0) == [10]


def test_fewer_looks_are_told(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "SHARE_OF_TIME", 0.0)
    job, _ = train(training={"eval_every_steps": 1, "watch_prompts": 2})
    assert [look["step"] for look in told(job.folder, "sample")] == [0, 4]
    assert notes(job.folder)["samples_fewer"] == {"looks": 1, "checks": 4, "percent": 0}
