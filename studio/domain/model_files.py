"""Models of the Hugging Face Hub: which files of a repository are a model, and what is asked for.

Only names decide: the files beside the configuration that transformers reads. No code, no pickled weights, no folders.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studio.domain.hub import COMMIT, HubFile, check_id, is_id
from studio.domain.weights import INDEX, SINGLE
from studio.errors import StudioError

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
NAME = re.compile(r"\w[\w.-]{0,199}", re.ASCII)
SHARD = re.compile(r"model-\d{5}-of-(?P<total>\d{5})\.safetensors")
# What a model needs beside its weights (05-security.md: no .py, .bin, .pt or .pkl ever reaches the disk).
SUFFIXES = (".json", ".txt", ".jinja")
SENTENCEPIECE = "tokenizer.model"
OTHER_INDEX = ".index.json"
LARGEST_TEXT_BYTES = 128 * 1024**2
FOLDER_NAME = re.compile(r"(?P<id>[\w.-]+)@(?P<revision>[0-9a-f]{40})", re.ASCII)


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model's page at one commit (`revision`); `parameters` is 0 where the Hub does not say."""

    id: str
    revision: str
    licence: str
    gated: bool
    parameters: int
    files: tuple[HubFile, ...]


@dataclass(frozen=True, slots=True)
class FoundModel:
    """One result of a search for models."""

    id: str
    downloads: int
    likes: int
    licence: str
    gated: bool


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What shall be brought: a model at one commit, so that it repeats."""

    id: str
    revision: str


def is_hub_id(model_id: str) -> bool:
    """Tell whether an id is that of a model of the Hub: `owner/name`."""
    return "/" in model_id and is_id(model_id)


def check_model_choice(choice: ModelChoice) -> ModelChoice:
    """Give the choice back if its id is one and its revision a commit.

    Raises:
        StudioError: `hub.bad_id`, `hub.bad_revision`.
    """
    check_id(choice.id)
    if not COMMIT.fullmatch(choice.revision):
        raise StudioError("hub.bad_revision", revision=choice.revision[:120])
    return choice


def folder_name(choice: ModelChoice) -> str:
    """Give the name of the folder that keeps a model: ids never hold `--`, so it reads back."""
    check_model_choice(choice)
    return f"{choice.id.replace('/', '--')}@{choice.revision}"


def partial_folder(target: Path) -> Path:
    """Give where a model is while it is on its way; nobody takes it for a model."""
    return target.with_name(f".{target.name}.partial")


def read_folder_name(name: str) -> ModelChoice | None:
    """Give the model that a folder of this name keeps; None where it keeps none."""
    found = FOLDER_NAME.fullmatch(name)
    model_id = found["id"].replace("--", "/") if found else ""
    return ModelChoice(model_id, found["revision"]) if found and is_id(model_id) else None


def pick_files(files: Iterable[HubFile], model_id: str) -> tuple[HubFile, ...]:
    """Give the files of a repository that are the model, small ones first, so that a wrong one shows at once.

    Raises:
        StudioError: `model.no_config`, `model.no_tokenizer`, `model.no_safetensors`.
    """
    beside = {file.path: file for file in files if NAME.fullmatch(file.path)}
    if CONFIG not in beside:
        raise StudioError("model.no_config", id=model_id)
    if TOKENIZER not in beside:
        raise StudioError("model.no_tokenizer", id=model_id)
    weights = pick_weights(beside)
    if not weights:
        raise StudioError("model.no_safetensors", id=model_id)
    texts = [file for file in beside.values() if is_text(file)]
    return (*sorted(texts, key=lambda file: file.path), *weights)


def pick_weights(beside: dict[str, HubFile]) -> list[HubFile]:
    """Give the one file of weights, else its complete set of parts with their index; nothing else counts."""
    if SINGLE in beside:
        return [beside[SINGLE]]
    parts = sorted(name for name in beside if SHARD.fullmatch(name))
    totals = {int(found["total"]) for name in parts if (found := SHARD.fullmatch(name))}
    if INDEX not in beside or totals != {len(parts)}:
        return []
    return [beside[INDEX], *(beside[name] for name in parts)]


def is_text(file: HubFile) -> bool:
    """Tell whether a file is one of those beside the weights: configuration, tokenizer, template."""
    is_wanted = file.path == SENTENCEPIECE or file.path.endswith(SUFFIXES)
    is_other_index = file.path.endswith(OTHER_INDEX)
    return is_wanted and not is_other_index and file.bytes <= LARGEST_TEXT_BYTES
