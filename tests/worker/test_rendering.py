"""From an example to tokens: the same text for training and playground, every kind of row, templates that do not fit."""

from pathlib import Path
from typing import Any

import pytest

from studio.domain.records import Message, Row, ToolCall
from studio.errors import StudioError
from studio.worker.rendering import encode_prompt, encode_row, render
from studio.worker.templates import has_our_template, load_tokenizer, template_facts
from studio.worker.turns import write_conversation
from tests.worker.template_families import CHATML, FAMILIES
from tests.worker.test_template_families import conversation

USER, ANSWER = Message("user", "Hi"), Message("assistant", "Hello")
CALL = Message("assistant", "", (ToolCall("weather", '{"city": "Ulm"}'),))


def plain_conversation(seed: int) -> Row:
    row = conversation(seed)
    return Row(tuple(m for m in row.messages if not m.tool_calls and m.role != "tool"), 1)


@pytest.mark.parametrize("seed", range(20))
def test_the_mask_equals_the_templates_own_generation_marks(tiny_model: Path, seed: int) -> None:
    tokenizer, row = load_tokenizer(tiny_model), plain_conversation(seed)
    theirs: Any = tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in row.messages],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    (encoded,) = encode_row(tokenizer, row).sequences
    assert encoded.input_ids == theirs["input_ids"]
    assert encoded.is_learned == [bool(bit) for bit in theirs["assistant_masks"]]


@pytest.mark.parametrize("seed", range(10))
def test_training_text_is_prompt_plus_answer_byte_for_byte(tiny_model: Path, seed: int) -> None:
    tokenizer, row = load_tokenizer(tiny_model), plain_conversation(seed)
    prompt = render(tokenizer, row.messages[:-1], is_prompt=True)
    (encoded,) = encode_row(tokenizer, row).sequences
    assert encoded.text == prompt + row.messages[-1].content + "<|im_end|>\n"
    ids = encode_prompt(tokenizer, row.messages[:-1])
    assert encoded.input_ids[: len(ids)] == ids


@pytest.mark.parametrize(
    ("row", "learned"),
    [
        (Row((USER, ANSWER), 1, kind="preference", rejected=(Message("assistant", "No"),)), "Hello</s>"),
        (Row((USER, ANSWER), 1, kind="thumbs", is_good=True), "Hello</s>"),
        (Row((USER, ANSWER), 1, kind="thumbs", is_good=False), ""),
        (Row((), 1, kind="text", text="A text 狐狸."), "A text 狐狸.</s>"),
    ],
)  # fmt: skip
def test_every_kind_of_row_says_what_is_learned(row: Row, learned: str) -> None:
    tokenizer = FAMILIES["ours"].tokenizer()
    (encoded,) = encode_row(tokenizer, row).sequences
    assert tokenizer.decode([token for token in encoded.labels if token != -100]) == learned
    assert sum(encoded.is_end) == bool(learned)


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}", "never_ends"),
        (CHATML.replace("'<|im_start|>assistant\n'", "'<|im_start|>assistant\n<think>\n'"), "unclear"),
        (CHATML.replace("m.content", "(m.content | map(attribute='text') | join)"), "unclear"),
        ("{{ raise_exception('no') }}", "fails"),
    ],
)  # fmt: skip
def test_a_template_that_does_not_show_the_answers_is_refused(template: str, code: str) -> None:
    tokenizer = FAMILIES["chatml"].tokenizer()
    tokenizer.chat_template = template
    with pytest.raises(StudioError, match=rf"model\.template_{code}"):
        encode_row(tokenizer, Row((USER, ANSWER), 1))


def test_a_model_that_rewrites_earlier_answers_learns_each_as_it_answers() -> None:
    tokenizer = FAMILIES["qwen3"].tokenizer()
    row = Row((USER, ANSWER, Message("user", "How?"), Message("assistant", "So.")), 1)
    first, second = encode_row(tokenizer, row).sequences
    assert first.text == render(tokenizer, row.messages[:2])
    assert second.text == render(tokenizer, row.messages)


def test_a_template_that_refuses_a_system_message_gets_it_before_the_question() -> None:
    tokenizer = FAMILIES["gemma"].tokenizer()
    messages = (Message("system", "Be brief."), USER, ANSWER)
    assert "<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>" in render(tokenizer, messages)


def test_tools_are_told_as_text_where_the_template_knows_none() -> None:
    facts = template_facts(FAMILIES["llama-3"].tokenizer())
    messages = (Message("system", "Be brief."), USER, CALL, Message("tool", "12"), Message("tool", "13"), ANSWER)  # fmt: skip
    told = write_conversation(facts, messages, '[{"name": "weather"}]')
    assert [turn["role"] for turn in told.turns] == ["system", "user", "assistant", "user", "assistant"]  # fmt: skip
    assert told.turns[0]["content"].startswith("Be brief.\n\nYou can call these functions:\n{")
    assert told.turns[2]["content"] == '<tool_call>\n{"name": "weather", "arguments": {"city": "Ulm"}}\n</tool_call>'  # fmt: skip
    assert told.turns[3]["content"].count("<tool_response>") == 2


@pytest.mark.parametrize("tools", ["not json", "[1, 2]", '"text"', "{"])
def test_tools_that_are_no_list_of_functions_are_told_as_they_are(tools: str) -> None:
    facts = template_facts(FAMILIES["qwen3"].tokenizer())
    told = write_conversation(facts, (USER, ANSWER), tools)
    assert told.tools_as_text
    assert tools in told.turns[0]["content"]


def test_a_call_that_the_template_cannot_write_is_told_as_text() -> None:
    tokenizer = FAMILIES["llama-3.1"].tokenizer()
    twice = Message("assistant", "", (*CALL.tool_calls, *CALL.tool_calls))
    row = Row((USER, twice, Message("tool", "12"), ANSWER), 1, tools='[{"name": "weather"}]')
    example = encode_row(tokenizer, row)
    assert example.tools_as_text
    assert example.sequences[-1].text.count('"city": "Ulm"') == 2


def test_a_model_without_template_gets_ours_and_keeps_it(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.chat_template = None
    tokenizer.save_pretrained(tmp_path / "bare")
    loaded = load_tokenizer(tmp_path / "bare")
    assert has_our_template(loaded)
    loaded.save_pretrained(tmp_path / "tuned")
    assert has_our_template(load_tokenizer(tmp_path / "tuned"))
    assert not has_our_template(load_tokenizer(tiny_model))


def test_a_model_that_cannot_end_an_answer_says_so(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes((tiny_model / "tokenizer.json").read_bytes())
    with pytest.raises(StudioError, match=r"model\.no_template"):
        load_tokenizer(tmp_path)
    with pytest.raises(StudioError, match=r"model\.no_tokenizer"):
        load_tokenizer(tmp_path / "nothing")
