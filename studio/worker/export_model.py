"""Whole models to take home; what is made is loaded again and held against the run before it is packed."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from studio.domain.hub import check_room
from studio.domain.proof import Proof
from studio.domain.starter import base_folder
from studio.domain.weights import weight_files
from studio.worker.archive import free_bytes
from studio.worker.export import TOKENIZER_FILES, Export, require
from studio.worker.export_texts import MODEL_SCRIPT
from studio.worker.held_out import Tokens, held_out_tokens
from studio.worker.merging import open_weights, write_merged
from studio.worker.nf4 import with_rounded_base
from studio.worker.proving import (
    Run,
    Said,
    ask,
    compare_with_base,
    prove_merged,
    rows_of,
    weigh_merges,
)

MODEL_FILES = ("config.json", *TOKENIZER_FILES)


def export_merged(export: Export) -> dict[str, Any]:
    """Zip a whole model with its tokenizer, template, recipe, model card and a script that talks to it.

    Raises:
        StudioError: `export.adapter_missing` where the training left nothing complete; what `merge` and `prove` raise.
        Cancelled: the job was called off.
    """
    folder = export.source.model
    if not folder.is_dir():
        folder = merge(export)
    require(folder, MODEL_FILES)
    proof = prove(export, lambda run, said: prove_merged(run, said, folder, export.watch))
    proof |= weigh(export)
    files = {f"model/{file.name}": file for file in sorted(folder.iterdir())}
    return export.pack(files, {"chat.py": MODEL_SCRIPT}, proof)


def merge(export: Export) -> Path:
    """Put the adapter into its base, and give the folder of the whole model.

    Raises:
        StudioError: `export.adapter_missing`, `hub.no_room`, and what `open_weights` and `write_merged` raise.
        Cancelled: the job was called off.
    """
    adapter, base, folder = export.learned, export.base, export.work / "model"
    stored_bytes = sum(file.stat().st_size for file in weight_files(base, base.name))
    # Once as files, once in the zip.
    check_room(2 * stored_bytes, free_bytes(export.work))
    export.task.enter("merging")
    folder.mkdir()
    weights = open_weights(base, adapter)
    if export.target.is_exact:
        weights = with_rounded_base(weights, base, dtype_of(export))
    write_merged(weights, folder, export.watch)
    shutil.copyfile(base / "config.json", folder / "config.json")
    for file in sorted(export.source.adapter.iterdir()):
        if not file.name.startswith("adapter_"):
            shutil.copyfile(file, folder / file.name)
    return folder


def weigh(export: Export) -> dict[str, Any]:
    """Give, of a 4-bit training, how well both ways of merging do on what was held out; of any other nothing.

    Raises:
        Cancelled: the job was called off.
    """
    rows = held_out_of(export)
    if export.recipe.method.type != "qlora" or not rows:
        return {}
    export.task.enter("comparing")
    merges = weigh_merges(run_of(export), dtype_of(export), rows, export.watch)
    return {"merges": merges.as_dict()}


def before_and_after(export: Export) -> dict[str, Any]:
    """Give what base and tuned model make of held-out examples; nothing where there are none, or no base any more.

    Raises:
        Cancelled: the job was called off.
    """
    rows = held_out_of(export)
    if not rows or not has_base(export):
        return {}
    export.task.enter("comparing")
    found = compare_with_base(run_of(export), export.base, rows, export.watch)
    return {"held_out": found.as_dict()}


def has_base(export: Export) -> bool:
    """Tell whether the model that the training began with is still here; a whole model is taken home without it."""
    return base_folder(export.spec["model"]).is_dir()


def held_out_of(export: Export) -> Tokens:
    """Give held-out examples of the training as it took them."""
    return held_out_tokens(run_of(export).tokenizer, export.source.held_out_rows, export.recipe)


def dtype_of(export: Export) -> torch.dtype:
    """Give the number format that a training has computed in."""
    found = getattr(torch, export.outcome["dtype"])
    if not isinstance(found, torch.dtype):
        raise TypeError(export.outcome["dtype"])
    return found


def file_name(name: str) -> str:
    """Give a name that every file system and every command line takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model"


def prove(export: Export, look: Callable[[Run, Said], Proof]) -> dict[str, Any]:
    """Load what was made again, hold it against the run, and give the figures with the verdict and what was learned.

    Raises:
        Cancelled: the job was called off.
        StudioError: `export.gguf_incomplete`, `export.llama_cpp_fails`, `model.*`.
    """
    export.task.enter("proving")
    run = run_of(export)
    proof = look(run, ask(run, export.watch))
    return proof.as_dict(export.target.kind) | before_and_after(export)


def run_of(export: Export) -> Run:
    """Give what an export is held against."""
    rounded_as = dtype_of(export) if export.target.is_exact else None
    return Run(export.tuned_base, export.learned, rows_of(export.source), rounded_as)
