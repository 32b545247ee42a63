"""An honest comparison: the base column is the base model, whatever adapters are loaded beside it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from studio.domain.method import METHODS, exclusions
from studio.domain.recipe import parse_recipe
from studio.domain.records import Message
from studio.services.playground import AskOptions
from studio.services.workspace import Workspace
from studio.worker.answering import Answerer
from studio.worker.rendering import encode_prompt
from studio.worker.templates import load_tokenizer
from studio.worker.tuned import can_mix
from tests.methods_tried import SETTINGS, load_plain
from tests.worker.conftest import Train

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
PROMPTS = ("Hello", "What is 3?", "x" * 50, "狐狸")
EXACT = {"temperature": 0, "top_p": 1, "max_new_tokens": 20, "seed": 0}


def base_alone(path: Path, prompt: str) -> str:
    """Answer with a model that never heard of an adapter."""
    tokenizer = load_tokenizer(path)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    ids = torch.tensor([encode_prompt(tokenizer, [Message("user", prompt)])])
    with torch.inference_mode():
        out = model.generate(ids, do_sample=False, max_new_tokens=20, pad_token_id=0)
    return str(tokenizer.decode(out[0][ids.shape[1] :], skip_special_tokens=True))


@pytest.fixture
def huge_adapter(train: Train) -> Path:
    return train_huge(train, {})


def train_huge(train: Train, model: dict[str, str]) -> Path:
    """Train an adapter, then blow it up until it drowns the base."""
    job, _ = train(model=model, method={"type": "lora"})
    blow_up(job.folder.adapter, 1e4)
    return job.folder.adapter


def blow_up(adapter: Path, factor: float) -> None:
    """Multiply everything that an adapter has learned."""
    file = adapter / "adapter_model.safetensors"
    save_file({name: tensor * factor for name, tensor in load_file(file).items()}, file)


def answers(answerer: Answerer, adapters: list[Path | None], prompt: str) -> list[str]:
    """Give the final text of every column."""
    asked = [[{"role": "user", "content": prompt}] for _ in adapters]
    texts = [""] * len(adapters)
    for update in answerer.stream(adapters, asked, EXACT, lambda: False):
        if "column" in update:
            texts[update["column"]] = update["text"]
    return texts


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_base_answers_as_if_there_were_no_adapter(
    tiny_model: Path, huge_adapter: Path, prompt: str
) -> None:
    answerer = Answerer()
    answerer.load(tiny_model, [None, huge_adapter])
    expected = base_alone(tiny_model, prompt).removesuffix("\ufffd")
    base, tuned, again = answers(answerer, [None, huge_adapter, None], prompt)
    assert base == again == expected
    assert tuned != base


def tuned_alone(folder: Path, base: Path, prompt: str) -> str:
    """Answer with what was saved, in a model of its own."""
    tokenizer = load_tokenizer(base)
    ids = torch.tensor([encode_prompt(tokenizer, [Message("user", prompt)])])
    model: Any = load_plain(folder, base).eval()
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=20,
            pad_token_id=0, eos_token_id=2,
        )  # fmt: skip
    return str(tokenizer.decode(out[0][ids.shape[1] :], skip_special_tokens=True))


@pytest.mark.parametrize("name", SETTINGS)
def test_whatever_the_method_each_column_answers_as_it_does_alone(
    train: Train, tiny_workspace: Workspace, name: str
) -> None:
    # A model of random weights repeats what it read last, whatever made-up words come before.
    model = {"id": "starter" if name == "prompt" else "tiny"}
    base = tiny_workspace.models.get(model["id"]).path
    huge_adapter = train_huge(train, model)
    job, _ = train(model=model, method=SETTINGS[name][0], training={"learning_rate": 0.3})
    folder = job.folder.tuned
    assert folder is not None
    if folder == job.folder.adapter:
        # A model of random weights hardly hears what a few steps have taught.
        blow_up(folder, 30)
    answerer = Answerer()
    # The one that drowns the base is there all the time, and in front of the others.
    columns = [huge_adapter, None, folder]
    answerer.load(base, columns)
    differing = set()
    for prompt in PROMPTS:
        expected = [
            tuned_alone(huge_adapter, base, prompt),
            base_alone(base, prompt),
            tuned_alone(folder, base, prompt),
        ]
        found = answers(answerer, columns, prompt)
        assert found == [text.removesuffix("\ufffd") for text in expected]
        differing.add(found[1] != found[2])
    assert True in differing
    assert answerer.base_loads == 1


@pytest.mark.parametrize("name", SETTINGS)
def test_what_the_table_says_about_mixing_is_what_the_files_say(train: Train, name: str) -> None:
    job, _ = train(method=SETTINGS[name][0], training={"max_steps": 1})
    folder = job.folder.tuned
    assert folder is not None
    method = parse_recipe({"method": SETTINGS[name][0]}).method
    assert folder.name == METHODS[method.type].result
    assert can_mix(folder) == ("mixed_batch" not in exclusions(method))


def test_only_one_that_stands_alone_is_kept_and_all_answer_in_turn(
    train: Train, tiny_model: Path
) -> None:
    folders = [train(method={"type": kind})[0].folder.tuned for kind in ("full", "ia3", "prefix")]
    answerer = Answerer()
    answerer.load(tiny_model, [None, *folders])
    assert len(answerer.alone) == 1
    asked = [[{"role": "user", "content": "Hello"}]] * 4
    updates = list(answerer.stream([None, *folders], asked, EXACT, lambda: False))
    assert [update["phase"] for update in updates if "phase" in update] == ["answering"] * 4
    assert {update["column"] for update in updates if "reason" in update} == {0, 1, 2, 3}
    assert len(answerer.alone) == 1


def test_another_adapter_loads_no_base_weights_again(train: Train, tiny_model: Path) -> None:
    first, second = (train(training={"seed": seed})[0].folder.adapter for seed in (1, 2))
    answerer = Answerer()
    for adapter in (first, second, first):
        answerer.load(tiny_model, [None, adapter])
        answers(answerer, [None, adapter], "Hello")
    assert answerer.base_loads == 1


def test_an_answer_stops_when_it_is_told_to(tiny_model: Path) -> None:
    answerer = Answerer()
    answerer.load(tiny_model, [None])
    asked = [[{"role": "user", "content": "Hello"}]]
    updates = list(answerer.stream([None], asked, {**EXACT, "max_new_tokens": 300}, lambda: True))
    assert updates[-1]["reason"] == "stopped"
    assert updates[-1]["tokens"] <= 2


def test_the_chat_process_answers_both_columns_and_can_be_stopped(
    tiny_workspace: Workspace, train: Train
) -> None:
    job, outcome = train()
    assert outcome.state == "done"
    playground = tiny_workspace.playground
    conversations = [[Message("user", "Hello")]] * 2
    final = [*playground.ask(job.id, conversations, AskOptions(max_new_tokens=10))][-1]
    assert [answer.reason in ("end", "length") for answer in final] == [True, True]
    assert (
        final[0].text
        == base_alone(tiny_workspace.models.get("tiny").path, "Hello")[: len(final[0].text)]
    )

    asking = playground.ask(job.id, conversations, AskOptions(max_new_tokens=400, temperature=1.5))
    next(asking)
    asking.close()
    # The process is free again at once: the next question is answered.
    final = [*playground.ask(job.id, conversations, AskOptions(max_new_tokens=3))][-1]
    assert final[0].tokens <= 3
