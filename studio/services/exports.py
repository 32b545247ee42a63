"""Downloads of finished trainings: what each can be taken home as, how that stands, and the file once it is there."""

import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio.domain.export_targets import TARGETS, ExportTarget, obstacle
from studio.domain.job import Job, JobFolder, read_events
from studio.domain.recipe import Recipe
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.jobs import JobQueue

BYTES_IN_16_BITS = 2
# What a training left, as the target that packs just that.
DEFAULTS = {"adapter": "adapter", "model": "merged"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A form that a training can be taken home in: about how many bytes, and what stands against it (None: nothing)."""

    target: ExportTarget
    bytes: int
    obstacle: StudioError | None


@dataclass(frozen=True, slots=True)
class Exports:
    """The downloads of one home."""

    jobs: JobQueue

    def submit(self, run_id: int, target: str | None, key: str) -> Job:
        """Queue a download of a finished training as `target` (None: what it left, as it is).

        What earlier tries left unfinished is removed.

        Raises:
            StudioError: `job.unknown`, `export.not_finished`, `export.unknown_target`, and what stands against it.
        """
        run = self.jobs.get(run_id)
        tuned = run.folder.tuned if run.kind == "train" and run.is_final else None
        if tuned is None:
            raise StudioError("export.not_finished", run=run_id)
        if target is not None:
            self.check(run.folder, target)
        for earlier in self.jobs.children(run_id):
            if earlier.is_final and earlier.state != "done":
                shutil.rmtree(earlier.folder.exports, ignore_errors=True)
        name = target or DEFAULTS[tuned.name]
        spec = {"target": name, "source": str(run.folder.path)}
        return self.jobs.submit("export", run.name, spec, key=key, parent=run_id)

    def check(self, folder: JobFolder, target: str) -> None:
        """See to it that a training can be taken home as `target`.

        Raises:
            StudioError: `export.unknown_target`, and what stands against it.
        """
        if target not in TARGETS:
            raise StudioError("export.unknown_target", target=target, known=", ".join(TARGETS))
        against = obstacle(TARGETS[target], recipe_of(folder).method)
        if against is not None:
            raise against

    def choices(self, run_id: int) -> list[Choice]:
        """Give every form that there is, for this training."""
        folder = self.jobs.get(run_id).folder
        method = recipe_of(folder).method
        return [
            Choice(target, size_of(target, folder), obstacle(target, method))
            for target in TARGETS.values()
        ]

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


def recipe_of(folder: JobFolder) -> Recipe:
    """Give the recipe of a training."""
    return Recipe.model_validate(_spec(folder.spec)["recipe"])


def size_of(target: ExportTarget, folder: JobFolder) -> int:
    """Give about how large a download will be."""
    if target.kind == "adapter":
        return sum(file.stat().st_size for file in folder.adapter.glob("*"))
    model = _spec(folder.spec)["model"]
    # Trainings of older versions did not note the bytes.
    return int(model.get("bytes") or model.get("parameters", 0) * BYTES_IN_16_BITS)


@lru_cache(maxsize=256)
def _spec(path: Path) -> dict[str, Any]:
    return parse_yaml(path.read_text(encoding="utf-8"))
