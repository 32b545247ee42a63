"""Whole models to take home: merged, or as GGUF; each is loaded again and held against the run before it is packed."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from studio.worker.proving import Run, Said, ask, prove_gguf, prove_merged, rows_of

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
    write_merged(open_weights(base, adapter), folder, export.watch)
    shutil.copyfile(base / "config.json", folder / "config.json")
    for file in sorted(export.source.adapter.iterdir()):
        if not file.name.startswith("adapter_"):
            shutil.copyfile(file, folder / file.name)
    return folder


def export_gguf(export: Export) -> dict[str, Any]:
    """Zip a GGUF file with what Ollama, LM Studio and llama.cpp need to run it.

    Raises:
        StudioError: `export.adapter_missing`, `hub.no_room`, and what `write_gguf` and `prove` raise.
        Cancelled: the job was called off.
    """
    form, name = export.target.format, export.spec["name"]
    weights = open_weights(export.tuned_base, export.learned)
    tuned = export.learned or export.tuned_base
    require(tuned, TOKENIZER_FILES)
    numbers = sum(one.bytes // one.dtype.itemsize for one in weights.tensors())
    # Once as a file, once in the zip.
    check_room(round(2 * numbers * export.target.bits / BITS_PER_BYTE), free_bytes(export.work))
    export.task.enter("converting")
    file = export.work / f"{file_name(name)}-{form}.gguf"
    model = open_model(name, export.tuned_base, tuned, weights)
    write_gguf(model, file, FORMATS[form], export.watch)
    proof = prove(export, lambda run, said: prove_gguf(run, said, file, export.watch))
    context = min(export.recipe.training.max_length_tokens, context_length(model.config))
    texts = {"Modelfile": write_modelfile(file.name, stop_words(model), context)}
    return export.pack({file.name: file}, texts, proof)


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
    run = Run(export.tuned_base, export.learned, rows_of(export.source))
    proof = look(run, ask(run, export.watch))
    return proof.as_dict(export.target.format or export.target.kind)
