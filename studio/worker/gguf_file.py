"""Write a tuned model as one GGUF file, tensor by tensor."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gguf import MODEL_ARCH_NAMES, GGMLQuantizationType, GGUFWriter, get_tensor_name_map
from transformers import AutoConfig, PreTrainedConfig, PreTrainedTokenizerBase

from studio.domain.watching import Watch, report
from studio.domain.weights import OUTPUT_TABLE
from studio.worker.gguf_numbers import (
    NumberFormat,
    choose_type,
    round_pieces,
    stored_bytes,
)
from studio.worker.gguf_shape import FAMILIES, arrange, refuse, rope_factors, write_measures
from studio.worker.gguf_words import Words, read_words, write_words
from studio.worker.merging import TunedWeights
from studio.worker.templates import load_tokenizer, template_facts
from studio.worker.tensor_files import StoredTensor

STAGE = "converting"
ENDS = (".weight", ".bias")
OUTPUT, EMBEDDINGS, ROPE_FACTORS = "output.weight", "token_embd.weight", "rope_freqs.weight"
# In a model whose name has this in it, llama.cpp lets marks take white space along, as the first Phi-3 models do; it looks for
# these tokens then, and ends where one is missing.
PHI_3 = re.compile(r"phi-?3", re.IGNORECASE)
PHI_3_TOKENS = frozenset({"<unk>", "<s>", "</s>", "<|endoftext|>"})


@dataclass(frozen=True, slots=True)
class GgufModel:
    """Everything that a GGUF file says of a model."""

    name: str
    config: PreTrainedConfig
    weights: TunedWeights
    tokenizer: PreTrainedTokenizerBase
    words: Words
    stop_ids: list[int]


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor of the file: its name there, what it is made of (None: factors for positions), its format."""

    name: str
    source: StoredTensor | None
    shape: tuple[int, ...]
    kind: GGMLQuantizationType


def open_model(name: str, base: Path, tuned: Path, weights: TunedWeights) -> GgufModel:
    """Give a model ready to be written; `tuned` is the folder of what the training left, `base` has the configuration.

    Raises:
        StudioError: `export.gguf_unsupported`.
    """
    config = AutoConfig.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    if config.model_type not in FAMILIES:
        raise refuse(str(config.model_type))
    vocabulary = read_words(tuned, config.vocab_size)
    name = speaking_name(name, vocabulary)
    return GgufModel(
        name, config, weights, load_tokenizer(tuned), vocabulary, read_stop_ids(tuned, config)
    )


def speaking_name(name: str, words: Words) -> str:
    """Give a name that makes llama.cpp treat the marks as the tokenizer does.

    Raises:
        StudioError: `export.gguf_unsupported` where none does.
    """
    if not words.swallows_space:
        return PHI_3.sub("model", name)
    if words.kind != "llama" or not set(words.tokens) >= PHI_3_TOKENS:
        raise refuse("added_tokens")
    return name if PHI_3.search(name) else f"{name} phi-3"


def read_stop_ids(tuned: Path, config: PreTrainedConfig) -> list[int]:
    """Give the tokens that end an answer, as the training noted them."""
    settings = tuned / "generation_config.json"
    noted = json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
    stored = noted.get("eos_token_id", getattr(config, "eos_token_id", None))
    listed = stored if isinstance(stored, list) else [stored]
    return [one for one in listed if one is not None]


def stop_words(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """Give the marks that end an answer, as text."""
    marks = [template_facts(tokenizer).end_mark, tokenizer.eos_token]
    return list(dict.fromkeys(str(mark) for mark in marks if mark))


def write_gguf(model: GgufModel, path: Path, chosen: NumberFormat, watch: Watch) -> None:
    """Write the file.

    Raises:
        Cancelled: the work was called off.
        StudioError: `export.gguf_unsupported`, `export.not_finite`, `export.too_large_for_f16`, `export.library_missing`.
    """
    family = FAMILIES[model.config.model_type]
    writer = GGUFWriter(path, MODEL_ARCH_NAMES[family.arch])
    try:
        writer.add_name(model.name)
        writer.add_file_type(chosen.file_type)
        write_measures(writer, model.config)
        write_words(writer, model.words, model.tokenizer, model.stop_ids)
        plan = plan_tensors(model, chosen)
        for one in plan:
            add_info(writer, one)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        total, done = sum(stored_bytes(one.shape, one.kind) for one in plan), 0
        for one in plan:
            report(watch, STAGE, done, total)
            writer.write_tensor_data(joined(rounded(model, one)))
            done += stored_bytes(one.shape, one.kind)
    finally:
        writer.close()


def joined(pieces: Iterator[np.ndarray]) -> np.ndarray:
    """Give the bytes of one tensor."""
    return np.concatenate([piece.reshape(-1).view(np.uint8) for piece in pieces])


def rounded(model: GgufModel, planned: Planned) -> Iterator[np.ndarray]:
    """Give the numbers of a tensor in its format."""
    if planned.source is None:
        factors = rope_factors(model.config)
        tensor = factors if factors is not None else torch.ones(planned.shape)
    else:
        learned = model.weights.read(planned.source)
        tensor = arrange(planned.source.name, learned, model.config)
    return round_pieces(tensor, planned.kind, planned.name)


def plan_tensors(model: GgufModel, chosen: NumberFormat) -> list[Planned]:
    """Give the tensors of the file.

    Raises:
        StudioError: `export.gguf_unsupported` where the family has no name for one.
    """
    layers = int(model.config.num_hidden_layers)
    names = get_tensor_name_map(FAMILIES[model.config.model_type].arch, layers)
    is_tied = bool(model.config.tie_word_embeddings)
    plan: list[Planned] = []
    for one in model.weights.tensors():
        if is_tied and one.name == OUTPUT_TABLE:
            continue
        name = names.get_name(one.name, ENDS)
        if name is None:
            raise refuse(one.name)
        is_output = name == (EMBEDDINGS if is_tied else OUTPUT)
        kind = choose_type(chosen, name, one.shape, layers, is_output=is_output)
        plan.append(Planned(name, one, one.shape, kind))
    factors = rope_factors(model.config)
    if factors is not None:
        plan.append(Planned(ROPE_FACTORS, None, tuple(factors.shape), GGMLQuantizationType.F32))
    return plan


def add_info(writer: GGUFWriter, planned: Planned) -> None:
    """Announce a tensor; its bytes come later."""
    size = stored_bytes(planned.shape, planned.kind)
    # The package works out the shape itself only where it is given bytes.
    writer.add_tensor_info(
        planned.name, planned.shape, np.dtype(np.float32), size, raw_dtype=planned.kind
    )
