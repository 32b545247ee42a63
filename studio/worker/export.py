"""Make a download of a finished training: what it has learned in a form that works without the studio."""

import re
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.export_targets import TARGETS, ExportTarget
from studio.domain.hub import check_room
from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe, dump_recipe
from studio.domain.weights import weight_files
from studio.errors import StudioError
from studio.worker.archive import Contents, free_bytes, pack
from studio.worker.export_texts import ADAPTER_SCRIPT, MODEL_SCRIPT, write_card, write_modelfile
from studio.worker.prepare import TaskWatch
from studio.worker.task import Task, read_spec

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", *TOKENIZER_FILES)
MODEL_FILES = ("config.json", *TOKENIZER_FILES)
# What a base model needs to be loaded; its prompts and card stay here.
BASE_PATTERNS = ("*.safetensors", "config.json", "generation_config.json", "tokenizer*", "*.jinja")
# A base of this size travels with its adapter: the starter is on no hub.
BITS_PER_BYTE = 8
LARGEST_BUNDLED_BASE_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Export:
    """One export while it is made: `source` is the training, `work` holds what is not packed yet."""

    task: Task
    target: ExportTarget
    source: JobFolder
    spec: dict[str, Any]
    work: Path
    watch: TaskWatch

    @property
    def recipe(self) -> Recipe:
        return Recipe.model_validate(self.spec["recipe"])

    @property
    def base(self) -> Path:
        """Give the folder of the model that the training began with.

        Raises:
            StudioError: `model.not_here` where it was deleted since.
        """
        path = Path(self.spec["model"]["path"])
        if not path.is_dir():
            raise StudioError("model.not_here", id=self.spec["model"]["id"])
        return path

    @property
    def learned(self) -> Path | None:
        """Give the adapter that was learned; None where a whole model was.

        Raises:
            StudioError: `export.adapter_missing`.
        """
        if self.source.model.is_dir():
            return None
        require(self.source.adapter, ADAPTER_FILES)
        return self.source.adapter

    @property
    def tuned_base(self) -> Path:
        """Give the folder of the weights that an adapter, where there is one, is put into.

        Raises:
            StudioError: `model.not_here`.
        """
        return self.source.model if self.source.model.is_dir() else self.base

    def pack(self, files: dict[str, Path], texts: dict[str, str]) -> dict[str, Any]:
        """Pack what was made, with the recipe and the card."""
        name = f"{self.spec['name']}-{self.source.path.name}-{self.target.name}.zip"
        gguf = next((inside for inside in files if inside.endswith(".gguf")), "")
        card = write_card(self.spec, self.source, self.target.kind, gguf)
        texts = {**texts, "README.md": card, "recipe.yaml": dump_recipe(self.recipe)}
        contents = Contents(files, texts)
        check_room(contents.bytes, free_bytes(self.task.folder.exports))
        self.task.enter("packing")
        return pack(contents, self.task.folder.exports / name, self.watch)


def export(task: Task) -> dict[str, Any]:
    """Make what was asked and give its file name; the folder of the training is read, never changed.

    Raises:
        StudioError: `export.*`, `model.*`, `hub.no_room`.
        Cancelled: the job was called off; nothing is left of it.
    """
    source = JobFolder(Path(task.spec["source"]))
    target = TARGETS[task.spec["target"]]
    with work_folder(task) as work:
        made = Export(task, target, source, read_spec(source), work, TaskWatch(task))
        return {"target": target.name, **EXPORTERS[target.kind](made)}


@contextmanager
def work_folder(task: Task) -> Generator[Path]:
    """Give a folder for what is not complete; it goes, however the export ends."""
    work = task.folder.exports / "work.partial"
    work.mkdir(parents=True, exist_ok=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def export_adapter(export: Export) -> dict[str, Any]:
    """Zip adapter, tokenizer, template, recipe, model card and a script that talks to the model.

    Raises:
        StudioError: `export.adapter_missing` where the training left no complete adapter.
    """
    adapter, base = export.source.adapter, export.base
    require(adapter, ADAPTER_FILES)
    base_files = sorted({file for pattern in BASE_PATTERNS for file in base.glob(pattern)})
    is_bundled = sum(file.stat().st_size for file in base_files) <= LARGEST_BUNDLED_BASE_BYTES
    base_name = "base" if is_bundled else export.spec["model"]["id"]
    files = {f"adapter/{file.name}": file for file in sorted(adapter.iterdir())}
    files |= {f"base/{file.name}": file for file in base_files if is_bundled}
    return export.pack(files, {"chat.py": ADAPTER_SCRIPT.format(base=base_name)})


def export_merged(export: Export) -> dict[str, Any]:
    """Zip a whole model with its tokenizer, template, recipe, model card and a script that talks to it.

    Raises:
        StudioError: `export.adapter_missing` where the training left nothing complete; what `merge` raises.
    """
    folder = export.source.model
    if not folder.is_dir():
        folder = merge(export)
    require(folder, MODEL_FILES)
    files = {f"model/{file.name}": file for file in sorted(folder.iterdir())}
    return export.pack(files, {"chat.py": MODEL_SCRIPT})


def merge(export: Export) -> Path:
    """Put the adapter into its base, and give the folder of the whole model.

    Raises:
        StudioError: `export.adapter_missing`, `hub.no_room`, and what `open_weights` and `write_merged` raise.
        Cancelled: the job was called off.
    """
    from studio.worker.merging import open_weights, write_merged  # noqa: PLC0415  torch, for this only

    adapter, base, folder = export.source.adapter, export.base, export.work / "model"
    require(adapter, ADAPTER_FILES)
    stored_bytes = sum(file.stat().st_size for file in weight_files(base, base.name))
    # Once as files, once in the zip.
    check_room(2 * stored_bytes, free_bytes(export.work))
    export.task.enter("merging")
    folder.mkdir()
    write_merged(open_weights(base, adapter), folder, export.watch)
    shutil.copyfile(base / "config.json", folder / "config.json")
    for file in sorted(adapter.iterdir()):
        if not file.name.startswith("adapter_"):
            shutil.copyfile(file, folder / file.name)
    return folder


def export_gguf(export: Export) -> dict[str, Any]:
    """Zip a GGUF file with what Ollama, LM Studio and llama.cpp need to run it.

    Raises:
        StudioError: `export.adapter_missing`, `hub.no_room`, and what `write_gguf` raises.
        Cancelled: the job was called off.
    """
    # torch and gguf, for this only
    from studio.worker.gguf_file import open_model, stop_words, write_gguf  # noqa: PLC0415
    from studio.worker.gguf_numbers import FORMATS  # noqa: PLC0415
    from studio.worker.gguf_shape import context_length  # noqa: PLC0415
    from studio.worker.merging import open_weights  # noqa: PLC0415

    weights = open_weights(export.tuned_base, export.learned)
    tuned = export.learned or export.tuned_base
    require(tuned, TOKENIZER_FILES)
    numbers = sum(one.bytes // one.dtype.itemsize for one in weights.tensors())
    # Once as a file, once in the zip.
    check_room(round(2 * numbers * export.target.bits / BITS_PER_BYTE), free_bytes(export.work))
    export.task.enter("converting")
    file = export.work / f"{file_name(export.spec['name'])}-{export.target.format}.gguf"
    model = open_model(export.spec["name"], export.tuned_base, tuned, weights)
    write_gguf(model, file, FORMATS[export.target.format], export.watch)
    stops = stop_words(model)
    context = min(export.recipe.training.max_length_tokens, context_length(model.config))
    return export.pack({file.name: file}, {"Modelfile": write_modelfile(file.name, stops, context)})


def file_name(name: str) -> str:
    """Give a name that every file system and every command line takes."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model"


def require(folder: Path, names: Sequence[str]) -> None:
    """Raise where one of the files is missing, or all weights."""
    missing = [name for name in names if not (folder / name).exists()]
    if not list(folder.glob("*.safetensors")):
        missing.append("*.safetensors")
    if missing:
        raise StudioError("export.adapter_missing", files=", ".join(missing))


EXPORTERS: dict[str, Callable[[Export], dict[str, Any]]] = {
    "adapter": export_adapter,
    "merged": export_merged,
    "gguf": export_gguf,
}
"""What makes each kind of target."""
