"""Make a download of a finished training: what it has learned in a form that works without the studio."""

import importlib
import json
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.domain.export_targets import ExportTarget, name_targets, parse_targets
from studio.domain.hub import check_room
from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe, dump_recipe
from studio.domain.starter import base_folder
from studio.errors import StudioError
from studio.worker.archive import Contents, free_bytes, pack
from studio.worker.export_curve import draw_curve
from studio.worker.export_notebook import write_notebook
from studio.worker.export_script import traits_of, write_script
from studio.worker.export_texts import NOT_REPEATED, REPEATED, write_card
from studio.worker.prepare import TaskWatch
from studio.worker.task import Task, read_spec

# Where a download without a model that transformers reads has the tokenizer.
TOKENIZER = "tokenizer"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", *TOKENIZER_FILES)
# What a base model needs to be loaded; its prompts and card stay here.
BASE_PATTERNS = ("*.safetensors", "config.json", "generation_config.json", "tokenizer*", "*.jinja")
# A base of this size travels with its adapter: the starter is on no hub.
LARGEST_BUNDLED_BASE_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Export:
    """One export while it is made: `targets` are its forms, `source` is the training, `work` holds what is not packed yet."""

    task: Task
    targets: tuple[ExportTarget, ...]
    source: JobFolder
    spec: dict[str, Any]
    work: Path
    watch: TaskWatch

    @property
    def target(self) -> ExportTarget:
        """Give the form, of several the first."""
        return self.targets[0]

    @property
    def recipe(self) -> Recipe:
        return Recipe.model_validate(self.spec["recipe"])

    @property
    def outcome(self) -> dict[str, Any]:
        """Give how the training went."""
        return json.loads(self.source.result.read_text(encoding="utf-8"))["values"]

    @property
    def base(self) -> Path:
        """Give the folder of the model that the training began with.

        Raises:
            StudioError: `model.not_here` where it was deleted since.
        """
        path = base_folder(self.spec["model"])
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

    def repeating(self, files: dict[str, Path]) -> Contents:
        """Give what repeats the training without the studio, with the tokenizer where `files` do not bring it."""
        tuned = self.source.tuned
        if tuned is None:
            return Contents({})
        folder = next((one.split("/")[0] for one in files if one.endswith("/tokenizer.json")), "")
        traits = traits_of(self.source)
        script = write_script(self.recipe, self.outcome, tuned, folder or TOKENIZER, traits)
        if script is None:
            return Contents({})
        brought = {} if folder else {
            f"{TOKENIZER}/{file.name}": file
            for file in sorted(tuned.iterdir())
            if file.name.startswith("tokenizer") or file.suffix == ".jinja"
        }  # fmt: skip
        texts = {"train.py": script, "train.ipynb": write_notebook(script)}
        return Contents(brought, {**texts, "same_numbers.py": load_numbers()})

    def pack(
        self,
        files: dict[str, Path],
        texts: dict[str, str],
        proof: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Pack what was made, with the recipe and the card."""
        forms = "-".join(target.name for target in self.targets)
        name = f"{self.spec['name']}-{self.source.path.name}-{forms}.zip"
        gguf = next((inside for inside in files if inside.endswith(".gguf")), "")
        more = self.repeating(files)
        has_script = "train.py" in more.texts
        card = write_card(self.spec, self.source, self.target.kind, gguf, proof)
        card += REPEATED if has_script else NOT_REPEATED
        texts = {**texts, "README.md": card, "recipe.yaml": dump_recipe(self.recipe)}
        if curve := draw_curve(self.source):
            texts["curve.svg"] = curve
        contents = Contents({**files, **more.files}, {**texts, **more.texts})
        check_room(contents.bytes, free_bytes(self.task.folder.exports))
        self.task.enter("packing")
        packed = pack(contents, self.task.folder.exports / name, self.watch)
        packed["has_script"] = has_script
        return packed if proof is None else {**packed, "proof": proof}


def export(task: Task) -> dict[str, Any]:
    """Make what was asked and give its file name; the folder of the training is read, never changed.

    Raises:
        StudioError: `export.*`, `model.*`, `hub.no_room`.
        Cancelled: the job was called off; nothing is left of it.
    """
    source = JobFolder(Path(task.spec["source"]))
    targets = parse_targets(task.spec["target"])
    with work_folder(task) as work:
        made = Export(task, targets, source, read_spec(source), work, TaskWatch(task))
        return {"target": name_targets(targets), **load_exporter(made.target.kind)(made)}


@contextmanager
def work_folder(task: Task) -> Generator[Path]:
    """Give a folder for what is not complete; it goes, however the export ends."""
    work = task.folder.exports / "work.partial"
    work.mkdir(parents=True, exist_ok=True)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def require(folder: Path, names: Sequence[str]) -> None:
    """Raise where one of the files is missing, or all weights."""
    missing = [name for name in names if not (folder / name).exists()]
    if not list(folder.glob("*.safetensors")):
        missing.append("*.safetensors")
    if missing:
        raise StudioError("export.adapter_missing", files=", ".join(missing))


EXPORTERS = {
    "adapter": ("studio.worker.export_adapters", "export_adapter"),
    "adapter_gguf": ("studio.worker.export_adapters", "export_adapter_gguf"),
    "merged": ("studio.worker.export_model", "export_merged"),
    "gguf": ("studio.worker.export_gguf", "export_gguf"),
}
"""What makes each kind of target. Imported by name: whole models need torch, which takes seconds."""


def load_numbers() -> str:
    """Give the module beside the script; imported when it is asked for, since it needs torch."""
    return importlib.import_module("studio.worker.export_numbers").write_same_numbers()


def load_exporter(kind: str) -> Callable[[Export], dict[str, Any]]:
    """Import what makes this kind of target."""
    module, function = EXPORTERS[kind]
    return getattr(importlib.import_module(module), function)
