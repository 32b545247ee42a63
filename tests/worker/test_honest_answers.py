"""An honest comparison: what a column says is what its model says alone, whatever else is loaded and asked."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerBase

from studio.domain.method import METHODS, exclusions
from studio.domain.recipe import parse_recipe
from studio.domain.records import Message
from studio.services.models import STARTER
from studio.services.playground import Asked as AskedColumn
from studio.services.playground import AskOptions
from studio.services.workspace import Workspace
from studio.worker.answering import Answerer, Column
from studio.worker.generating import Asked, Batch, Choice
from studio.worker.learned import is_whole_model
from studio.worker.loading import load_model
from studio.worker.rendering import encode_prompt
from studio.worker.residents import Voice
from studio.worker.shared_base import SharedBase
from studio.worker.templates import load_tokenizer
from tests.made_results import CPU, answer_alone, blow_up, make_result
from tests.methods_tried import SETTINGS, load_plain
from tests.worker.conftest import finish_run

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
TOKENS = 12
PROMPTS = ("Hello", "What time do you open?", "x" * 50, "狐狸是什么？")
Texts = list[str]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give what each method leaves on the starter, by name; `huge` drowns the base."""
    folder = tmp_path_factory.mktemp("results")
    made = {name: make_result(folder, STARTER, name) for name in SETTINGS}
    return {**made, "huge": blow_up(made["lora"], folder / "huge", 1e3)}


def answer(
    answerer: Answerer, folders: Sequence[Path | None], prompt: str, tokens: int = TOKENS
) -> Texts:
    """Give the final text of every column."""
    said = [{"role": "user", "content": prompt}]
    columns = [
        Column(place, Voice(STARTER, folder), said, Choice(max_new_tokens=tokens))
        for place, folder in enumerate(folders)
    ]
    texts = [""] * len(columns)

    def tell(**update: object) -> None:
        if "text" in update:
            texts[int(str(update["column"]))] = str(update["text"])

    answerer.answer(columns, tell, lambda: False)
    return texts


@pytest.mark.parametrize("prompt", PROMPTS)
def test_all_methods_answer_together_as_each_does_alone(
    results: dict[str, Path], prompt: str
) -> None:
    names = ["huge", *SETTINGS]
    base = AutoModelForCausalLM.from_pretrained(STARTER, dtype=torch.float32)
    expected = [answer_alone(base, STARTER, prompt, TOKENS)]
    expected += [
        answer_alone(load_plain(results[n], STARTER), STARTER, prompt, TOKENS) for n in names
    ]
    answerer = Answerer()
    found = answer(answerer, [None, *(results[name] for name in names)], prompt)
    assert dict(zip(["base", *names], found, strict=True)) == dict(
        zip(["base", *names], expected, strict=True)
    )
    # Otherwise equal answers would prove nothing.
    assert found[0] != found[1]
    assert len(set(found)) >= 4
    # One copy of the base for all adapters; whole models are copies of their own.
    assert answerer.residents.loads == 1 + sum(is_whole_model(results[name]) for name in names)


@pytest.mark.parametrize("name", SETTINGS)
def test_what_the_table_says_about_mixing_is_what_is_left(
    results: dict[str, Path], name: str
) -> None:
    method = parse_recipe({"method": SETTINGS[name][0]}).method
    has_own_weights = is_whole_model(results[name])
    assert has_own_weights == ("mixed_batch" in exclusions(method))
    assert has_own_weights == (METHODS[method.type].result == "model")


def test_in_4_bits_each_column_answers_as_it_does_alone(results: dict[str, Path]) -> None:
    shared = SharedBase(load_model(STARTER, CPU, torch.float32, in_4_bits=True), tokenizer())
    shared.attach(results["huge"])
    answerer = Answerer()
    answerer.residents.bases[STARTER] = shared
    base = load_model(STARTER, CPU, torch.float32, in_4_bits=True)
    prompts = [f"What is {n}?" for n in range(12)]
    expected = [answer_alone(base, STARTER, prompt, TOKENS) for prompt in prompts]
    tuned = PeftModel.from_pretrained(base, results["huge"])
    expected_tuned = [answer_alone(tuned, STARTER, prompt, TOKENS) for prompt in prompts]
    found = [answer(answerer, [None, results["huge"]], prompt) for prompt in prompts]
    assert [text for text, _ in found] == expected
    assert [text for _, text in found] == expected_tuned
    assert answerer.residents.loads == 0


def test_in_bfloat16_a_batch_moves_no_word_by_more_than_a_thousandth(
    results: dict[str, Path],
) -> None:
    shared = SharedBase(load_model(STARTER, CPU, torch.bfloat16).eval(), tokenizer())
    adapter = results["lora"]
    for folder in (adapter, results["huge"]):
        shared.attach(folder)
    for name in (None, str(adapter)):
        for prompt in PROMPTS:
            tokens = encode_prompt(tokenizer(), [Message("user", prompt)])
            alone, together = (
                Batch(shared, [Asked(tokens, n, Choice()) for n in names]).begin(len(tokens))[0]
                for names in ([name], [name, str(results["huge"])])
            )
            assert largest_divergence(alone, together) <= 1e-3


def largest_divergence(expected: torch.Tensor, found: torch.Tensor) -> float:
    """Give the largest Kullback-Leibler divergence of a word; both are logits (places, words)."""
    p, q = expected.log_softmax(dim=-1), found.log_softmax(dim=-1)
    return float((p.exp() * (p - q)).sum(dim=-1).max())


def tokenizer() -> PreTrainedTokenizerBase:
    return load_tokenizer(STARTER)


def test_four_visitors_at_once_get_the_answers_of_models_that_are_alone(
    tiny_workspace: Workspace, tiny_model: Path, tmp_path: Path
) -> None:
    adapter = make_result(tmp_path, tiny_model, "lora")
    run = finish_run(tiny_workspace, "tiny", blow_up(adapter, tmp_path / "huge", 1e3))
    columns = tiny_workspace.playground.columns.usual(run)
    prompts = [f"What is {n}, and why {n % 7}?" for n in range(25)]
    answers: list[dict[str, Texts]] = [{} for _ in range(4)]

    def visit(visitor: int) -> None:
        for prompt in prompts[visitor:] + prompts[:visitor]:
            asked = [AskedColumn(c, [Message("user", prompt)], AskOptions(max_new_tokens=TOKENS)) for c in columns]  # fmt: skip
            *_, last = tiny_workspace.playground.ask(asked, f"visitor {visitor}")
            answers[visitor][prompt] = [answer.text for answer in last.answers]

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    expected = {prompt: [answer_alone(base, tiny_model, prompt, TOKENS)] for prompt in prompts}
    tuned = PeftModel.from_pretrained(base, tiny_workspace.jobs.get(run).folder.adapter)
    for prompt, texts in expected.items():
        texts.append(answer_alone(tuned, tiny_model, prompt, TOKENS))
    assert answers == [expected] * 4
    assert sum(len(texts) for said in answers for texts in said.values()) == 200
