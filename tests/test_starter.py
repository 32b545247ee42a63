"""The starter model and the samples: what ships is small, loadable, repeatable and honest."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).parent.parent
STARTER = ROOT / "studio" / "starter"
SAMPLES = ROOT / "studio" / "samples"
NAMES = ("quickstart", "ticket-routing", "house-style")
PARTS = ("train", "held_out", "test")
MIB = 1024**2


def rows(name: str, part: str) -> list[dict]:
    text = (SAMPLES / name / f"{part}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def wordings(name: str, part: str) -> set[str]:
    return {row["messages"][0]["content"].lower().strip(" .?!") for row in rows(name, part)}


def test_the_starter_is_at_most_20_mib() -> None:
    assert sum(file.stat().st_size for file in STARTER.rglob("*")) <= 20 * MIB


def test_the_starter_is_a_llama_that_stops_at_the_end_of_a_turn() -> None:
    config = json.loads((STARTER / "config.json").read_text())
    generation = json.loads((STARTER / "generation_config.json").read_text())
    tokenizer: Any = AutoTokenizer.from_pretrained(STARTER)
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") == generation["eos_token_id"]
    assert tokenizer.pad_token_id != tokenizer.eos_token_id


def test_the_template_marks_exactly_the_answers_and_their_end() -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(STARTER)
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi, 你好"},
        {"role": "user", "content": "Bye"},
        {"role": "assistant", "content": "Goodbye"},
    ]
    made = tokenizer.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
    marked = [i for i, m in zip(made["input_ids"], made["assistant_masks"], strict=True) if m]
    assert tokenizer.decode(marked) == "Hi, 你好<|im_end|>Goodbye<|im_end|>"


def test_training_and_chatting_render_the_same_text() -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(STARTER)
    question = [{"role": "user", "content": "Hello"}]
    whole = tokenizer.apply_chat_template(
        [*question, {"role": "assistant", "content": "Hi"}], tokenize=False
    )
    asked = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    assert whole == asked + "Hi<|im_end|>\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_three_sets_of_wordings_are_disjoint(name: str) -> None:
    train, held_out, test = (wordings(name, part) for part in PARTS)
    assert not train & held_out
    assert not train & test
    assert not held_out & test


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_a_question_and_an_answer(name: str) -> None:
    for part in PARTS:
        for row in rows(name, part):
            assert [m["role"] for m in row["messages"]] == ["user", "assistant"]
            assert all(m["content"].strip() == m["content"] != "" for m in row["messages"])
            assert part == "train" or row["expect"] in row["messages"][1]["content"]


@pytest.mark.parametrize("name", NAMES)
def test_the_card_of_a_sample_counts_its_rows(name: str) -> None:
    card = yaml.safe_load((SAMPLES / name / "sample.yaml").read_text(encoding="utf-8"))
    assert card["rows"] == {part: len(rows(name, part)) for part in PARTS}
    assert set(card["title"]) == set(card["description"]) == {"en", "zh-CN"}
    assert card["general_rows"] / card["rows"]["train"] == pytest.approx(0.14, abs=0.05)


def test_the_samples_repeat_byte_for_byte(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    subprocess.run([sys.executable, "scripts/build_samples.py", folder], cwd=ROOT, check=True)
    made = sorted(folder.rglob("*.*"))
    assert len(made) == len(NAMES) * (len(PARTS) + 1)
    for file in made:
        assert file.read_bytes() == (SAMPLES / file.relative_to(folder)).read_bytes()


def test_the_dialogues_repeat_from_their_seed() -> None:
    code = "from itertools import islice; from starter_text.mixture import stream; print([d.messages for d in islice(stream('a'), 500)])"
    made = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT / "scripts", check=True, capture_output=True
        ).stdout
        for _ in range(2)
    ]
    assert made[0] == made[1] != b""


@pytest.mark.train
def test_the_first_prompts_are_answered_and_end_by_themselves() -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(STARTER)
    model = AutoModelForCausalLM.from_pretrained(STARTER).eval()
    prompts = yaml.safe_load((STARTER / "prompts.yaml").read_text(encoding="utf-8"))
    for one in [one for language in prompts.values() for one in language]:
        batch = tokenizer.apply_chat_template(
            [{"role": "user", "content": one["prompt"]}],
            add_generation_prompt=True, return_dict=True, return_tensors="pt",
        )  # fmt: skip
        made = model.generate(**batch, do_sample=False, max_new_tokens=48)[0]
        assert one["answer"] in tokenizer.decode(made), one
        assert made[-1] == tokenizer.eos_token_id, one
