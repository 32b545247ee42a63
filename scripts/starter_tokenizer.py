"""The starter's tokenizer, learned from our own text, and its chat template."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from starter_text.families_zh import NOUNS as NOUNS_ZH
from starter_text.mixture import stream
from starter_text.words import COMMON, NOUNS
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = 2560
PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'assistant' -%}"
    "{{- '<|im_start|>assistant\\n' -}}"
    "{%- generation -%}{{- message.content + '<|im_end|>' -}}{%- endgeneration -%}{{- '\\n' -}}"
    "{%- else -%}"
    "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def train_tokenizer(seed: int) -> PreTrainedTokenizerFast:
    """Learn a byte-level BPE vocabulary from our own text.

    Chinese is shown one character at a time, so that no phrase of a template becomes one token.
    """

    def texts() -> Iterator[str]:
        for item in islice(stream(f"{seed}-tokenizer"), 60_000):
            for message in item.messages:
                is_chinese = any("\u4e00" <= c <= "\u9fff" for c in message["content"])
                yield from message["content"] if is_chinese else [message["content"]]
        for _ in range(40):
            yield from (f" {word}" for word in (*COMMON, *NOUNS))
            yield from "".join(NOUNS_ZH)
        for _ in range(8):
            yield from (word.capitalize() for word in COMMON)

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )  # fmt: skip
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[PAD, START, END], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    inner.train_from_iterator(texts(), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token=END, pad_token=PAD, model_max_length=512,
        clean_up_tokenization_spaces=False, additional_special_tokens=[START],
    )  # fmt: skip
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def prepare_tokenizer(work: Path, seed: int) -> PreTrainedTokenizerFast:
    """Give the tokenizer of a work folder; learn it first where there is none."""
    if not (work / "tokenizer.json").exists():
        work.mkdir(parents=True, exist_ok=True)
        train_tokenizer(seed).save_pretrained(work)
    return PreTrainedTokenizerFast.from_pretrained(work)


def copyable_pieces(tokenizer: PreTrainedTokenizerFast) -> tuple[str, ...]:
    """Give every vocabulary entry that is whole, visible text: the ones a person could type."""
    pieces = (str(tokenizer.decode([i])) for i in range(3, len(tokenizer)))
    return tuple(p for p in pieces if p.strip() and "\ufffd" not in p and p.isprintable())
