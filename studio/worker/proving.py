"""Load what was exported again and hold it against the run: what leaves the studio is what was chatted with, or says so."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from studio.domain.job import JobFolder
from studio.domain.proof import BeforeAndAfter, Merges, Proof, SecondLook
from studio.domain.records import Message, read_rows
from studio.domain.sample_prompts import SamplePrompt, pick_prompts
from studio.domain.watching import Watch
from studio.errors import StudioError
from studio.worker.comparing import (
    ANSWER_TOKENS,
    QUESTIONS,
    Asked,
    Tally,
    ask_export,
    ask_run,
)
from studio.worker.gguf_adapter import put_adapter
from studio.worker.gguf_reading import GgufFile, put_weights
from studio.worker.held_out import Tokens, guess
from studio.worker.llama_cpp import Chat, second_look
from studio.worker.loading import (
    end_of_turn_ids,
    fits_unquantised,
    free_memory,
    load_model,
    pick_device,
)
from studio.worker.nf4 import round_weights
from studio.worker.rendering import encode_beginning, encode_prompt
from studio.worker.templates import load_tokenizer, template_facts
from studio.worker.threads import ALL_THREADS

# Conversations for the second look; each fills the template anew.
CHATS = 8
# Asked where no example asks anything by itself, such as calls of functions.
GREETING = SamplePrompt("Hello", (Message("user", "Hello"),), "")


@dataclass(frozen=True, slots=True)
class Run:
    """What is proved against: the base's folder, the adapter on it (None: a whole model), the run's own tokenizer.

    `rounded_as` is the format in which a 4-bit training has computed, where its rounded base is meant.
    """

    base: Path
    adapter: Path | None
    rows: list[Path]
    rounded_as: torch.dtype | None = None

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        return load_tokenizer(self.adapter or self.base)


@dataclass(frozen=True, slots=True)
class Said:
    """What the run's model was asked and has said, and which tokens end its answers."""

    prompts: list[SamplePrompt]
    asked: list[Asked]
    stop_ids: list[int]


def rows_of(source: JobFolder) -> list[Path]:
    """Give the files to take questions from: what was held out, then what was learned."""
    return [path for path in (source.held_out_rows, source.train_rows) if path.exists()]


def ask(run: Run, watch: Watch) -> Said:
    """Ask the run's model.

    Raises:
        Cancelled: the work was called off.
        StudioError: `model.*` where the run's model cannot be loaded.
    """
    tokenizer = run.tokenizer
    with loaded(run.base) as model:
        if run.rounded_as is not None:
            round_weights(model, run.rounded_as)
        # Answers through the adapter itself, as in the playground; nothing is merged here.
        speaking = model if run.adapter is None else with_adapter(model, run.adapter)
        stop_ids = end_of_turn_ids(model, tokenizer)
        most = int(model.config.get_text_config().max_position_embeddings) - ANSWER_TOKENS
        encoded = [
            (prompt, ids)
            for prompt in questions(run)
            if 0 < len(ids := encode(tokenizer, prompt)) <= most
        ] or [(GREETING, encode(tokenizer, GREETING))]
        asked = ask_run(speaking, [ids for _, ids in encoded], stop_ids, watch)
    return Said([prompt for prompt, _ in encoded[: len(asked)]], asked, stop_ids)


def questions(run: Run) -> list[SamplePrompt]:
    """Give what is asked: held-out examples first, learned ones where those are too few."""
    found: dict[str, SamplePrompt] = {}
    for path in run.rows:
        for prompt in pick_prompts(read_rows(path), QUESTIONS):
            found.setdefault(prompt.question, prompt)
    return list(found.values())[:QUESTIONS]


def encode(tokenizer: PreTrainedTokenizerBase, prompt: SamplePrompt) -> list[int]:
    """Give the tokens that ask a question; none where the template cannot write it."""
    if prompt.messages:
        # What this template cannot write was not learned either.
        with suppress(StudioError):
            return encode_prompt(tokenizer, prompt.messages)
        return []
    return encode_beginning(tokenizer, prompt.question)


@contextmanager
def loaded(folder: Path) -> Generator[PreTrainedModel]:
    """Give a model to answer with, in float32 where it fits; its memory is free again afterwards."""
    device = pick_device()
    fits = fits_unquantised(folder, device, torch.float32)
    model = load_model(folder, device, torch.float32 if fits else torch.bfloat16)
    try:
        yield model.eval()
    finally:
        del model
        free_memory()


def with_adapter(model: PreTrainedModel, adapter: Path) -> PreTrainedModel:
    """Give a model that answers through an adapter."""
    tuned = PeftModel.from_pretrained(model, adapter).eval()
    # LoRA works inside of the model; what stands in front of the conversation is put there by PEFT's own model.
    is_in_front = tuned.active_peft_config.is_prompt_learning
    return cast("PreTrainedModel", tuned) if is_in_front else model


def weigh_merges(run: Run, dtype: torch.dtype, rows: Tokens, watch: Watch) -> Merges:
    """Give the held-out loss of an adapter on the original base, and on the one that a 4-bit training has seen.

    Raises:
        Cancelled: the work was called off.
    """
    with loaded(run.base) as model:
        if run.adapter is not None:
            with_adapter(model, run.adapter)
        original = guess(model, rows, watch).loss
        round_weights(model, dtype)
        exact = guess(model, rows, watch).loss
    return Merges(round(original, 4), round(exact, 4))


def compare_with_base(run: Run, base: Path, rows: Tokens, watch: Watch) -> BeforeAndAfter:
    """Give what the model that the training began with makes of held-out examples, and what the tuned one does.

    Raises:
        Cancelled: the work was called off.
        StudioError: `model.*` where a model cannot be loaded.
    """
    with loaded(base) as model:
        before = guess(model, rows, watch)
        if run.rounded_as is not None:
            round_weights(model, run.rounded_as)
        if run.adapter is not None:
            after = guess(with_adapter(model, run.adapter), rows, watch)
    if run.adapter is None:
        with loaded(run.base) as model:
            after = guess(model, rows, watch)
    return BeforeAndAfter(len(rows), before, after)


def prove_adapter(run: Run, said: Said, folder: Path, watch: Watch) -> Proof:
    """Load an adapter from its folder and compare it."""
    with loaded(run.base) as model:
        has_same_end = end_of_turn_ids(model, load_tokenizer(folder)) == said.stop_ids
        tally = ask_export(with_adapter(model, folder), said.asked, said.stop_ids, watch)
    same = load_tokenizer(folder).chat_template == run.tokenizer.chat_template
    return proof_of(tally, same, has_same_end, None)


def prove_gguf_adapter(run: Run, said: Said, file: Path, watch: Watch) -> Proof:
    """Add what a GGUF file holds to the base and compare it; the template is the base's own, which has to be the run's."""
    with loaded(run.base) as model:
        put_adapter(model, GgufFile(file))
        tally = ask_export(model, said.asked, said.stop_ids, watch)
    same = load_tokenizer(run.base).chat_template == run.tokenizer.chat_template
    return proof_of(tally, same, True, None)


def prove_merged(run: Run, said: Said, folder: Path, watch: Watch) -> Proof:
    """Load a merged model from its folder and compare it."""
    tokenizer = load_tokenizer(folder)
    with loaded(folder) as model:
        tally = ask_export(model, said.asked, said.stop_ids, watch)
        has_same_end = end_of_turn_ids(model, tokenizer) == said.stop_ids
    same = tokenizer.chat_template == run.tokenizer.chat_template
    return proof_of(tally, same, has_same_end, None)


def prove_gguf(run: Run, said: Said, file: Path, watch: Watch) -> Proof:
    """Read a GGUF file back into the model and compare it; then have llama.cpp answer from it, where that is installed."""
    tokenizer, read = run.tokenizer, GgufFile(file)
    with loaded(run.base) as model:
        put_weights(model, read)
        tally = ask_export(model, said.asked, said.stop_ids, watch)
    has_same_template = read.template_fills_as(tokenizer)
    second = look_again(run, said, file)
    return proof_of(tally, has_same_template, ends_as(tokenizer, read, "eot"), second)


def ends_as(tokenizer: PreTrainedTokenizerBase, read: GgufFile, *keys: str) -> bool:
    """Tell whether a file ends an answer with the mark of the template, under one of the keys."""
    mark = template_facts(tokenizer).end_mark
    return not mark or mark in [read.word(f"tokenizer.ggml.{key}_token_id") for key in keys]


def look_again(run: Run, said: Said, file: Path) -> SecondLook | None:
    """Have llama.cpp answer some of the questions through the template in the file."""
    chats = chats_of(run, said)
    return second_look(file, chats[:CHATS], ANSWER_TOKENS, ALL_THREADS) if chats else None


def chats_of(run: Run, said: Said) -> list[Chat]:
    """Give the questions that are conversations, with the run's answers as text."""
    return [
        Chat(
            [{"role": message.role, "content": message.content} for message in prompt.messages],
            len(asked.prompt),
            answer_text(run.tokenizer, asked, said.stop_ids),
        )
        for prompt, asked in zip(said.prompts, said.asked, strict=True)
        if prompt.messages
    ]


def answer_text(tokenizer: PreTrainedTokenizerBase, asked: Asked, stop_ids: list[int]) -> str:
    """Give the run's answer as text."""
    ids = asked.answer[:-1] if asked.answer[-1] in stop_ids else asked.answer
    return str(tokenizer.decode(ids, skip_special_tokens=True))


def proof_of(
    tally: Tally, has_same_template: bool, has_same_end: bool, second: SecondLook | None
) -> Proof:
    """Give the figures of a comparison."""
    return Proof(
        questions=tally.questions,
        places=tally.places,
        equal_answers=tally.equal_answers,
        agreement=round(tally.agreed / tally.clear, 4) if tally.clear else 1.0,
        # Of equal models it is zero but for rounding.
        divergence=max(0.0, tally.divergence / max(1, tally.places)),
        has_same_template=has_same_template,
        has_same_end=has_same_end,
        llama_cpp=second,
    )
