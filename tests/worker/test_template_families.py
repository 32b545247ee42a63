"""The mask is the truth, in every family of templates: what is coloured is what is learned, and it ends with the mark."""

import random
from collections import Counter
from typing import get_args

import pytest
from transformers import PreTrainedTokenizerBase

from studio.domain.records import Message, Row, ToolCall, check_row
from studio.worker.fitting import Limit, TooLong, fit_row, marked_text
from studio.worker.rendering import IGNORED, encode_prompt, encode_row
from studio.worker.templates import template_facts
from tests.worker.template_families import FAMILIES, Family

LETTERS = "ab \n\tÄß🙂狐狸<|>{}\\\"'"
TOOLS = '[{"name": "weather", "description": "says it", "parameters": {"type": "object", "properties": {}}}]'
NO_LIMIT = Limit()
WAYS: tuple[TooLong, ...] = get_args(TooLong)


def conversation(seed: int) -> Row:
    """Give a random conversation of one to four turns, sometimes with a system message or functions."""
    dice = random.Random(seed)  # noqa: S311  not for secrets

    def text() -> str:
        return "x" + "".join(dice.choices(LETTERS, k=dice.randint(0, 30))) + dice.choice("y ")

    turns = [Message("system", text())] if dice.random() < 0.5 else []
    has_tools = dice.random() < 0.3
    for _ in range(dice.randint(1, 4)):
        turns.append(Message("user", text()))
        if has_tools:
            called = ToolCall("weather", '{"city": "狐 \\"Ulm\\""}')
            turns += [Message("assistant", "", (called,)), Message("tool", text())]
        turns.append(Message("assistant", text()))
    return Row(tuple(turns), 1, tools=TOOLS if has_tools else "")


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> tuple[Family, PreTrainedTokenizerBase]:
    chosen = FAMILIES[request.param]
    return chosen, chosen.tokenizer()


Made = tuple[Family, PreTrainedTokenizerBase]


@pytest.mark.parametrize("seed", range(15))
def test_what_is_coloured_is_what_is_learned(family: Made, seed: int) -> None:
    (mine, tokenizer), row = family, conversation(seed)
    assert check_row(row) is None
    fitted = fit_row(tokenizer, row, NO_LIMIT)
    for encoded, pieces in zip(fitted.example.sequences, fitted.pieces, strict=True):
        spans = list(marked_text(encoded, pieces))
        assert "".join(text for text, _, _ in spans) == encoded.text
        learned = [token for piece in pieces for token in piece.labels if token != -100]
        coloured = "".join(text for text, kind, _ in spans if kind == "learned")
        # Llama 2's tokenizer puts a mark for a space where there is none; it stands for no letter of the text.
        assert without_spaces(str(tokenizer.decode(learned))) == without_spaces(coloured)
        assert str(tokenizer.decode(learned[-1:])).strip() in (mine.end, "<|eom_id|>")
        assert spans[-1][1] == "read" or spans[-1][2]


@pytest.mark.parametrize("seed", range(9))
def test_under_any_limit_the_coloured_tokens_are_the_labels(family: Made, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  not for secrets
    limit = Limit(dice.randint(16, 160), WAYS[seed % len(WAYS)], dice.choice((0, 7, 40)))
    fitted = fit_row(family[1], conversation(seed), limit)
    for encoded, pieces in zip(fitted.example.sequences, fitted.pieces, strict=True):
        learned = [
            place
            for piece in pieces
            for place, label in enumerate(piece.labels, piece.first)
            if label != IGNORED
        ]
        assert len(learned) == len({*learned})
        colours = "".join(kind[0] * len(text) for text, kind, _ in marked_text(encoded, pieces))
        # Bytes of one letter may be learned in part where a limit cuts through it; a letter has one colour.
        whole = Counter(encoded.offsets)
        for place, (first, last) in enumerate(encoded.offsets):
            if first < last and whole[first, last] == 1:
                assert ({*colours[first:last]} == {"l"}) is (place in learned)
        assert all(len(piece.input_ids) <= (limit.most_tokens or 0) for piece in pieces)


@pytest.mark.parametrize("seed", range(15))
def test_every_answer_is_learned_once_with_the_mark_that_ends_it(family: Made, seed: int) -> None:
    (mine, tokenizer), row = family, conversation(seed)
    row = Row(tuple(m for m in row.messages if not m.tool_calls and m.role != "tool"), 1)
    fitted = fit_row(tokenizer, row, NO_LIMIT)
    learned = [
        (text, is_end)
        for encoded, pieces in zip(fitted.example.sequences, fitted.pieces, strict=True)
        for text, kind, is_end in marked_text(encoded, pieces)
        if kind == "learned"
    ]
    answers = [mine.says(m.content) for m in row.messages if m.role == "assistant"]
    assert learned == [part for said in answers for part in ((said, False), (mine.end, True))]


@pytest.mark.parametrize("seed", range(8))
def test_the_model_is_asked_exactly_as_it_learned(family: Made, seed: int) -> None:
    (mine, tokenizer), row = family, conversation(seed)
    row = Row(tuple(m for m in row.messages if not m.tool_calls and m.role != "tool"), 1)
    prompt = encode_prompt(tokenizer, row.messages[:-1])
    last = encode_row(tokenizer, row).sequences[-1]
    assert last.input_ids[: len(prompt)] == prompt
    assert last.is_learned[len(prompt)]
    assert (prompt[0] == tokenizer.bos_token_id) is bool(mine.bos)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("qwen2.5", "object"),
        ("qwen3", "object"),
        ("llama-3.1", "object"),
        ("mistral", "object"),
        ("text arguments", "text"),
        ("llama-3", None),
        ("gemma", None),
        ("ours", None),
    ],
)
def test_tools_are_given_to_templates_that_know_them(name: str, form: str | None) -> None:
    tokenizer = FAMILIES[name].tokenizer()
    assert template_facts(tokenizer).call_form == form
    messages = (
        Message("user", "Rain?"),
        Message("assistant", "", (ToolCall("weather", '{"city": "Ulm"}'),)),
        Message("tool", "12 degrees"),
        Message("assistant", "No."),
    )
    example = encode_row(tokenizer, Row(messages, 1, tools=TOOLS))
    assert example.tools_as_text is (form is None)
    text = example.sequences[-1].text
    assert '"Ulm"' in text
    assert all(part in text for part in ("says it", "12 degrees", "No.", "weather"))


def without_spaces(text: str) -> str:
    return "".join(text.split())
