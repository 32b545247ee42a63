"""From messages to tokens, with the learned ones marked: the one definition used by training, preview and playground.

Imports transformers' tokenizers only, never torch, so that the preview process stays small.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from studio.domain.records import Message
from studio.errors import StudioError

LONGEST_TEMPLATE_CHARACTERS = 65_536
# What a template may make of a conversation: its own text and four times what was said.
LARGEST_RATIO = 4
# A template is a program of somebody else's; inside Jinja's sandbox it can fail in all these ways.
TEMPLATE_ERRORS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TimeoutError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as the model sees it: token ids, which of them are learned, and each token's place in `text`."""

    text: str
    input_ids: list[int]
    is_learned: list[bool]
    offsets: list[tuple[int, int]]

    @property
    def labels(self) -> list[int]:
        """Give the ids that count for the loss; -100 is ignored by PyTorch's cross entropy."""
        return [
            token if learned else -100
            for token, learned in zip(self.input_ids, self.is_learned, strict=True)
        ]


def load_tokenizer(path: Path) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a model folder, by its own files only.

    Raises:
        StudioError: `model.no_tokenizer`, `model.no_template`.
    """
    if not (path / "tokenizer.json").exists():
        raise StudioError("model.no_tokenizer", id=path.name)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(path, local_files_only=True)
    if (
        not isinstance(tokenizer.chat_template, str)
        or len(tokenizer.chat_template) > LONGEST_TEMPLATE_CHARACTERS
    ):
        raise StudioError("model.no_template", id=path.name)
    return tokenizer


def render(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, is_prompt: bool = False
) -> str:
    """Fill the model's own template; `is_prompt` adds the opening of the assistant's next turn.

    Raises:
        StudioError: `model.template_fails` where the template breaks, or makes far more text than it was given.
    """
    turns = [{"role": message.role, "content": message.content} for message in messages]
    try:
        text = str(
            tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=is_prompt)
        )
    except TEMPLATE_ERRORS as error:
        raise StudioError("model.template_fails", reason=str(error)[:200]) from error
    given = sum(len(message.content) for message in messages)
    if len(text) > LONGEST_TEMPLATE_CHARACTERS + LARGEST_RATIO * given:
        raise StudioError("model.template_fails", reason=f"{len(text)} characters from {given}")
    return text


def learned_spans(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]
) -> list[tuple[int, int]]:
    """Give the character ranges of the rendered text that the assistant says, each with its end-of-turn mark.

    An assistant turn is what the template adds behind its own generation prompt, so training text and playground
    prompt can never differ. White space after the end-of-turn mark is the template's, not the assistant's.

    Raises:
        StudioError: `model.template_unclear` where the template renders an earlier turn differently once more follow.
    """
    whole = render(tokenizer, messages)
    end_mark = str(tokenizer.eos_token or "")
    spans = []
    for index, message in enumerate(messages):
        if message.role != "assistant":
            continue
        prompt = render(tokenizer, messages[:index], is_prompt=True)
        through = render(tokenizer, messages[: index + 1])
        if not (whole.startswith(through) and through.startswith(prompt)):
            raise StudioError("model.template_unclear")
        said = through[len(prompt) :]
        mark_at = said.rfind(end_mark) if end_mark else -1
        length = mark_at + len(end_mark) if mark_at >= 0 else len(said.rstrip())
        spans.append((len(prompt), len(prompt) + length))
    return spans


def encode(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> Encoded:
    """Turn a conversation into token ids with the assistant's tokens marked as learned."""
    text = render(tokenizer, messages)
    encoding = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    offsets = [(int(start), int(end)) for start, end in encoding["offset_mapping"]]
    spans = learned_spans(tokenizer, messages)
    learned = [
        any(start <= first and last <= end for start, end in spans) for first, last in offsets
    ]
    return Encoded(text, list(encoding["input_ids"]), learned, offsets)


def encode_prompt(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[int]:
    """Turn a conversation into the token ids that ask for the assistant's next answer."""
    text = render(tokenizer, messages, is_prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def marked_text(encoded: Encoded) -> list[tuple[str, bool]]:
    """Give the rendered text in pieces of (text, is learned); neighbours of one kind are joined."""
    pieces: list[tuple[int, int, bool]] = []
    for (start, end), learned in zip(encoded.offsets, encoded.is_learned, strict=True):
        if pieces and (pieces[-1][2] == learned or start < pieces[-1][1]):
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]), pieces[-1][2])
        else:
            pieces.append((start, end, learned))
    return [(encoded.text[start:end], learned) for start, end, learned in pieces]
