"""From an example to tokens, with the learned ones marked: the one definition used by training, preview and playground.

Imports transformers' tokenizers only, never torch, so that the preview process stays small.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from studio.domain.records import Message, Row
from studio.errors import StudioError
from studio.worker.templates import TemplateFacts, fill, is_timeout, template_facts
from studio.worker.turns import Conversation, write_conversation

# What PyTorch's cross entropy leaves out.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sequence as the model sees it: token ids, which of them are learned, and each token's place in `text`.

    `is_end` marks the learned tokens that close an answer. `first` is the place of the first token in the sequence that
    this one was cut from.
    """

    text: str
    input_ids: list[int]
    is_learned: list[bool]
    is_end: list[bool]
    offsets: list[tuple[int, int]]
    first: int = 0

    @property
    def labels(self) -> list[int]:
        """Give the ids that count for the loss."""
        return [
            token if learned else IGNORED
            for token, learned in zip(self.input_ids, self.is_learned, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Example:
    """The sequences that an example becomes, and whether its tools had to be told as text (None: it has none).

    There is one, unless the template writes earlier answers differently once more turns follow (Qwen3 takes their
    thoughts away). Then each such answer gets a sequence of its own, exactly as the model sees it when it answers.
    """

    sequences: list[Encoded]
    tools_as_text: bool | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A range of characters that the assistant says; its last `mark` characters close the answer."""

    start: int
    end: int
    mark: int


def encode_row(tokenizer: PreTrainedTokenizerBase, row: Row) -> Example:
    """Turn an example into token ids with the learned ones marked.

    Of a preference the chosen answer is learned, of thumbs only a good answer, of a text everything.

    Raises:
        StudioError: `model.template_fails`, `model.template_unclear`, `model.template_never_ends`.
    """
    if row.kind == "text":
        return Example([encode_text(tokenizer, row.text)])
    facts = template_facts(tokenizer)
    if facts.knows_answers and not facts.end_mark:
        raise StudioError("model.template_never_ends")
    written = write_conversation(facts, row.messages, row.tools)
    try:
        found = find_sequences(tokenizer, facts, written)
    except StudioError as error:
        if written.tools_as_text is not False or is_timeout(error):
            raise
        # Some templates know tools, but not several calls at once.
        written = write_conversation(facts, row.messages, row.tools, as_text=True)
        found = find_sequences(tokenizer, facts, written)
    is_learned = row.kind != "thumbs" or bool(row.is_good)
    sequences = [
        encode_spans(tokenizer, text, spans if is_learned else []) for text, spans in found
    ]
    return Example(sequences, written.tools_as_text)


def find_sequences(
    tokenizer: PreTrainedTokenizerBase, facts: TemplateFacts, written: Conversation
) -> list[tuple[str, list[Span]]]:
    """Give the texts that hold every answer of a conversation once, each with the ranges that are learned there.

    An assistant turn is what the template adds behind its own generation prompt, so training text and playground
    prompt can never differ.

    Raises:
        StudioError: `model.template_unclear` where a turn does not begin as the generation prompt does.
    """
    turns, tools = written.turns, written.tools
    text, spans = fill(tokenizer, turns, tools), list[Span]()
    found = [(text, spans)]
    for place in reversed(range(len(turns))):
        if turns[place]["role"] != "assistant":
            continue
        prompt = fill(tokenizer, turns[:place], tools, is_prompt=True)
        is_last = place == len(turns) - 1
        through = found[-1][0] if is_last else fill(tokenizer, turns[: place + 1], tools)
        span = answer_span(facts, prompt, through)
        if not text.startswith(through[: span.end]):
            text, spans = through, []
            found.append((text, spans))
        spans.insert(0, span)
    return found[::-1]


def answer_span(facts: TemplateFacts, prompt: str, through: str) -> Span:
    """Give the range of an answer in the text that ends with it, with its end-of-turn mark.

    What follows the mark is the template's: white space, or the end of the whole text.
    """
    if not (facts.knows_answers and through.startswith(prompt)):
        raise StudioError("model.template_unclear")
    start, mark = len(prompt), facts.end_mark
    at = through.rfind(mark, start)
    if at >= 0 and not facts.special.sub("", through[at:]).strip():
        return Span(start, at + len(mark), len(mark))
    # A turn that calls a function may be closed by another mark than an answer.
    closed = through.rstrip()
    marks = [
        found for found in facts.special.finditer(through, start) if found.end() == len(closed)
    ]
    if not marks:
        raise StudioError("model.template_unclear")
    return Span(start, len(closed), len(marks[-1].group()))


def encode_spans(tokenizer: PreTrainedTokenizerBase, text: str, spans: Sequence[Span]) -> Encoded:
    """Turn a filled template into token ids; the ranges `spans`, in order, are learned."""
    encoding = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    offsets = encoding["offset_mapping"]
    learned, ends = [False] * len(offsets), [False] * len(offsets)
    starts = [first for first, _ in offsets]
    for span in spans:
        # A token that reaches over an end of the range belongs to the template.
        from_place, to_place = bisect_left(starts, span.start), bisect_left(starts, span.end)
        while to_place > from_place and offsets[to_place - 1][1] > span.end:
            to_place -= 1
        closing = bisect_left(starts, span.end - span.mark, from_place, to_place)
        learned[from_place:to_place] = [True] * (to_place - from_place)
        ends[closing:to_place] = [True] * (to_place - closing)
    return Encoded(text, list(encoding["input_ids"]), learned, ends, offsets)


def encode_text(tokenizer: PreTrainedTokenizerBase, text: str) -> Encoded:
    """Turn a plain text into token ids: all are learned, and the end token closes it."""
    opening, mark = opening_of(tokenizer), str(tokenizer.eos_token or "")
    whole = f"{opening}{text}{mark}"
    return encode_spans(tokenizer, whole, [Span(len(opening), len(whole), len(mark))])


def encode_beginning(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Turn the beginning of a plain text into token ids, as `encode_text` begins one."""
    whole = f"{opening_of(tokenizer)}{text}"
    return list(tokenizer(whole, add_special_tokens=False)["input_ids"])


def opening_of(tokenizer: PreTrainedTokenizerBase) -> str:
    """Give the mark that a plain text begins with, or nothing."""
    plain = list(tokenizer("a")["input_ids"])
    return str(tokenizer.bos_token) if plain[:1] == [tokenizer.bos_token_id] else ""


def render(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, is_prompt: bool = False
) -> str:
    """Fill the model's template with a conversation; `is_prompt` adds the opening of the assistant's next turn.

    Raises:
        StudioError: `model.template_fails`.
    """
    written = write_conversation(template_facts(tokenizer), messages)
    return fill(tokenizer, written.turns, written.tools, is_prompt=is_prompt)


def encode_prompt(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[int]:
    """Turn a conversation into the token ids that ask for the assistant's next answer."""
    text = render(tokenizer, messages, is_prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
