"""Whole models to take home: merged, or as GGUF; each is loaded again and held against the run before it is packed."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from studio.domain.hub import check_room
from studio.domain.proof import Proof
from studio.domain.weights import weight_files
from studio.worker.archive import free_bytes
from studio.worker.export import TOKENIZER_FILES, Export, require
from studio.worker.export_texts import MODEL_SCRIPT, write_modelfile
from studio.worker.gguf_file import open_model, stop_words, write_gguf
from studio.worker.gguf_numbers import FORMATS
from studio.worker.gguf_shape import context_length
from studio.worker.merging import open_weights, write_merged
from studio.worker.nf4 import rows_to_weigh, with_rounded_base
from studio.worker.proving import Run, Said, ask, prove_gguf, prove_merged, rows_of, weigh_merges

MODEL_FILES = ("config.json", *TOKENIZER_FILES)
BITS_PER_BYTE = 8


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
    recipe, run = export.recipe, run_of(export)
    if recipe.method.type != "qlora" or recipe.is_in_chunks:
        return {}
    rows = rows_to_weigh(run.tokenizer, export.source.held_out_rows, recipe.training)
    if not rows:
        return {}
    export.task.enter("comparing")
    return {"merges": weigh_merges(run, dtype_of(export), rows, export.watch).as_dict()}


def dtype_of(export: Export) -> torch.dtype:
    """Give the number format that a training has computed in."""
    found = getattr(torch, export.outcome["dtype"])
    if not isinstance(found, torch.dtype):
        raise TypeError(export.outcome["dtype"])
    return found


def export_gguf(export: Export) -> dict[str, Any]:
    """Zip a GGUF file, or one per form, with what Ollama, LM Studio and llama.cpp need to run it.

    Raises:
        StudioError: `export.adapter_missing`, `hub.no_room`, and what `write_gguf` and `prove` raise.
        Cancelled: the job was called off.
    """
    weights = open_weights(export.tuned_base, export.learned)
    tuned = export.learned or export.tuned_base
    require(tuned, TOKENIZER_FILES)
    numbers = sum(one.bytes // one.dtype.itemsize for one in weights.tensors())
    bits = sum(target.bits for target in export.targets)
    # Once as a file, once in the zip.
    check_room(round(2 * numbers * bits / BITS_PER_BYTE), free_bytes(export.work))
    model = open_model(export.spec["name"], export.tuned_base, tuned, weights)
    context = min(export.recipe.training.max_length_tokens, context_length(model.config))
    said: Said | None = None
    files: dict[str, Path] = {}
    texts: dict[str, str] = {}
    proofs: dict[str, dict[str, Any]] = {}
    for form in (target.format for target in export.targets):
        export.task.enter("converting")
        file = export.work / f"{file_name(model.name)}-{form}.gguf"
        write_gguf(model, file, FORMATS[form], export.watch)
        export.task.enter("proving")
        run = run_of(export)
        # The run is asked once, whatever is held against it.
        said = said or ask(run, export.watch)
        proofs[form] = prove_gguf(run, said, file, export.watch).as_dict(form)
        files[file.name] = file
        modelfile = f"Modelfile.{form}" if texts else "Modelfile"
        texts[modelfile] = write_modelfile(file.name, stop_words(model), context)
    return export.pack(files, texts, together(proofs))


def together(proofs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Give one proof for several forms: the figures of the one that is farthest from the run, and all of them by form."""
    farthest = max(proofs.values(), key=lambda proof: (not proof["is_same"], proof["divergence"]))
    return farthest if len(proofs) == 1 else {**farthest, "forms": proofs}


def file_name(name: str) -> str:
    """Give a name that every file system and every command line takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model"


def prove(export: Export, look: Callable[[Run, Said], Proof]) -> dict[str, Any]:
    """Load what was made again, hold it against the run, and give the figures with the verdict.

    Raises:
        Cancelled: the job was called off.
        StudioError: `export.gguf_incomplete`, `export.llama_cpp_fails`, `model.*`.
    """
    export.task.enter("proving")
    run = run_of(export)
    return look(run, ask(run, export.watch)).as_dict(export.target.kind)


def run_of(export: Export) -> Run:
    """Give what an export is held against."""
    rounded_as = dtype_of(export) if export.target.is_exact else None
    return Run(export.tuned_base, export.learned, rows_of(export.source), rounded_as)
