"""Downloads of finished trainings: what each can be taken home as, how that stands, and the file once it is there."""

import importlib.util
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.domain.catalog import ModelInfo, read_model
from studio.domain.export_targets import (
    LIBRARY,
    TARGETS,
    ExportTarget,
    Situation,
    name_targets,
    obstacle,
    parse_targets,
)
from studio.domain.job import Job, JobFolder, read_events
from studio.domain.recipe import Recipe
from studio.domain.starter import base_folder
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.export_times import ExportTimes
from studio.services.jobs import JobQueue

BITS_PER_BYTE = 8
# What a training left, as the target that packs just that.
DEFAULTS = {"adapter": "adapter", "model": "merged"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A form that a training can be taken home in: about how many bytes and seconds, and what stands against it.

    `seconds` is None where nothing near it was measured, `obstacle` where nothing stands against it.
    """

    target: ExportTarget
    bytes: int
    seconds: float | None
    obstacle: StudioError | None


@dataclass(frozen=True, slots=True)
class Exports:
    """The downloads of one home."""

    jobs: JobQueue
    times: ExportTimes
    converter: Path | None = None
    """The owner's converter for families that ours does not know."""

    def submit(self, run_id: int, target: str | None, key: str) -> Job:
        """Queue a download of a finished training as `target` (None: what it left, as it is; several of GGUF with commas).

        What earlier tries left unfinished is removed.

        Raises:
            StudioError: `job.unknown`, `export.not_finished`, and what `check` raises.
        """
        run = self.jobs.get(run_id)
        tuned = run.folder.tuned if run.kind == "train" and run.is_final else None
        if tuned is None:
            raise StudioError("export.not_finished", run=run_id)
        name = DEFAULTS[tuned.name] if target is None else self.check(run.folder, target)
        for earlier in self.jobs.children(run_id):
            if earlier.is_final and earlier.state != "done":
                shutil.rmtree(earlier.folder.exports, ignore_errors=True)
        spec = {"target": name, "source": str(run.folder.path), "converter": self.named_converter}
        return self.jobs.submit("export", run.name, spec, key=key, parent=run_id)

    def check(self, folder: JobFolder, target: str) -> str:
        """See to it that a training can be taken home as `target`, and give its name.

        Raises:
            StudioError: `export.unknown_target`, `export.not_together`, and what stands against it.
        """
        targets, here = parse_targets(target), self.situation(folder)
        for one in targets:
            if (against := obstacle(one, here)) is not None:
                raise against
        return name_targets(targets)

    def choices(self, run_id: int) -> list[Choice]:
        """Give every form that there is, for this training."""
        folder = self.jobs.get(run_id).folder
        here, model = self.situation(folder), base_of(folder)
        return [
            Choice(
                target,
                size_of(target, folder),
                self.times.about(target.name, model) if model else None,
                obstacle(target, here),
            )
            for target in TARGETS.values()
            # Nobody misses it where nothing was rounded.
            if not target.is_exact or here.method.type == "qlora"
        ]

    @property
    def named_converter(self) -> str | None:
        """Give the path of the owner's converter; None where there is none."""
        return None if self.converter is None else str(self.converter)

    def situation(self, folder: JobFolder) -> Situation:
        """Give what decides about the forms that a training can be taken home in."""
        model, spec = model_of(folder), _spec(folder.spec)
        return Situation(
            Recipe.model_validate(spec["recipe"]).method,
            model.architecture if model else str(spec["model"]["id"]),
            importlib.util.find_spec(LIBRARY) is not None,
            self.converter is not None,
        )

    def model_id(self, run_id: int) -> str:
        """Give the base model of a training."""
        return str(_spec(self.jobs.get(run_id).folder.spec)["model"]["id"])

    def newest(self, run_id: int | None) -> dict[str, Job]:
        """Give the newest download of a training by its target."""
        found: dict[str, Job] = {}
        for job in self.of_run(run_id):
            found.setdefault(target_of(job), job)
        return found

    def of_run(self, run_id: int | None) -> list[Job]:
        """Give the downloads of a training, newest first."""
        return [job for job in self.jobs.list("export") if job.parent == run_id]

    def file(self, job_id: int) -> Path:
        """Give the finished file of a download.

        Raises:
            StudioError: `job.unknown`, `export.unknown`.
        """
        return self.jobs.get(job_id).folder.exports / self.outcome(job_id)["file"]

    def outcome(self, job_id: int) -> dict[str, Any]:
        """Give what a finished download says of itself: `file`, `bytes`, `sha256`, `target`.

        Raises:
            StudioError: `job.unknown`, `export.unknown`.
        """
        job = self.jobs.get(job_id)
        outcome = job.folder.outcome() if job.kind == "export" else None
        if job.state != "done" or outcome is None:
            raise StudioError("export.unknown", id=job_id)
        return outcome.values

    def share(self, job: Job) -> tuple[str, float | None]:
        """Give what a download is doing, and how much of that is done (None: nobody knows)."""
        events, _ = read_events(job.folder.events, 0)
        stage, share = "", None
        for event in events:
            if event.kind == "stage":
                stage, share = event.values["stage"], None
            elif event.kind == "progress" and event.values["total"]:
                share = event.values["done"] / event.values["total"]
        return stage, share


def target_of(job: Job) -> str:
    """Give what a download was asked to be; it is written once."""
    return str(_spec(job.folder.spec)["target"])


def model_of(folder: JobFolder) -> ModelInfo | None:
    """Give the model that a training began with, or what it made of it; None where that is not here any more."""
    asked = _spec(folder.spec)["model"]
    path = folder.model if folder.model.is_dir() else base_folder(asked)
    with suppress(StudioError):
        return _model(path, asked["id"])
    return None


def base_of(folder: JobFolder) -> ModelInfo | None:
    """Give the model that a training began with; None where that is not here any more."""
    asked = _spec(folder.spec)["model"]
    with suppress(StudioError):
        return _model(base_folder(asked), asked["id"])
    return None


def size_of(target: ExportTarget, folder: JobFolder) -> int:
    """Give about how large a download will be; 0 where nobody knows."""
    if target.kind in ("adapter", "adapter_gguf"):
        return sum(file.stat().st_size for file in folder.adapter.glob("*"))
    model = model_of(folder)
    if model is None:
        return 0
    return (
        round(model.parameters * target.bits / BITS_PER_BYTE)
        if target.kind == "gguf"
        else model.bytes
    )


@lru_cache(maxsize=64)
def _model(path: Path, model_id: str) -> ModelInfo:
    return read_model(path, model_id)


@lru_cache(maxsize=256)
def _spec(path: Path) -> dict[str, Any]:
    return parse_yaml(path.read_text(encoding="utf-8"))
