"""The mask is the truth: what is learned is what the assistant says, and the mark that ends it."""

import random
from pathlib import Path
from typing import Any

import pytest

from studio.domain.records import Message
from studio.errors import StudioError
from studio.worker.rendering import encode, encode_prompt, load_tokenizer, marked_text, render

LETTERS = "ab \n\tÄß🙂狐狸<|>{}\\\"'"


def conversation(seed: int) -> list[Message]:
    """Give a random conversation of one to four turns, sometimes with a system message."""
    dice = random.Random(seed)  # noqa: S311  not for secrets

    def text() -> str:
        return "x" + "".join(dice.choices(LETTERS, k=dice.randint(0, 30))) + "y"

    turns = [
        m
        for _ in range(dice.randint(1, 4))
        for m in (Message("user", text()), Message("assistant", text()))
    ]
    return [Message("system", text()), *turns] if dice.random() < 0.5 else turns


@pytest.mark.parametrize("seed", range(40))
def test_the_learned_tokens_are_the_answers_with_their_end(tiny_model: Path, seed: int) -> None:
    tokenizer, messages = load_tokenizer(tiny_model), conversation(seed)
    encoded = encode(tokenizer, messages)
    learned = [token for token in encoded.labels if token != -100]
    answers = "".join(m.content + "<|im_end|>" for m in messages if m.role == "assistant")
    assert tokenizer.decode(learned) == answers
    assert learned[-1] == tokenizer.eos_token_id


@pytest.mark.parametrize("seed", range(20))
def test_the_mask_equals_the_templates_own_generation_marks(tiny_model: Path, seed: int) -> None:
    tokenizer, messages = load_tokenizer(tiny_model), conversation(seed)
    theirs: Any = tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in messages],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    encoded = encode(tokenizer, messages)
    assert encoded.input_ids == theirs["input_ids"]
    assert encoded.is_learned == [bool(bit) for bit in theirs["assistant_masks"]]


@pytest.mark.parametrize("seed", range(10))
def test_training_text_is_prompt_plus_answer_byte_for_byte(tiny_model: Path, seed: int) -> None:
    tokenizer, messages = load_tokenizer(tiny_model), conversation(seed)
    whole = render(tokenizer, messages)
    prompt = render(tokenizer, messages[:-1], is_prompt=True)
    assert whole == prompt + messages[-1].content + "<|im_end|>\n"
    assert encode(tokenizer, messages).input_ids[
        : len(encode_prompt(tokenizer, messages[:-1]))
    ] == encode_prompt(tokenizer, messages[:-1])


def test_the_marked_text_is_the_whole_text(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    messages = [Message("user", "狐狸🙂"), Message("assistant", "Hi 🙂")]
    pieces = marked_text(encode(tokenizer, messages))
    assert "".join(text for text, _ in pieces) == render(tokenizer, messages)
    assert [text for text, is_learned in pieces if is_learned] == ["Hi 🙂<|im_end|>"]


def test_a_template_that_rewrites_earlier_turns_is_refused(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = (
        "{{ messages | length }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
    )
    with pytest.raises(StudioError, match=r"model\.template_unclear"):
        encode(
            tokenizer,
            [
                Message("user", "a"),
                Message("assistant", "b"),
                Message("user", "c"),
                Message("assistant", "d"),
            ],
        )


def test_a_model_without_template_says_so(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes((tiny_model / "tokenizer.json").read_bytes())
    with pytest.raises(StudioError, match=r"model\.no_template"):
        load_tokenizer(tmp_path)
    with pytest.raises(StudioError, match=r"model\.no_tokenizer"):
        load_tokenizer(tmp_path / "nothing")
