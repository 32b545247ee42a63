"""Who can answer in the playground: base models, trainings, and checkpoints of trainings that are still at work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studio.domain.checkpoint_files import MANIFEST, list_checkpoints, step_of
from studio.domain.column import Column
from studio.domain.job import Job
from studio.domain.starter import base_folder
from studio.errors import StudioError
from studio.services.document_shelf import DocumentShelf
from studio.services.jobs import JobQueue
from studio.services.models import ModelLibrary
from studio.services.runs import RunReader

MOST_COLUMNS = 6
# A training that left this left an adapter beside its base; any other one a whole model.
ADAPTER_CONFIG = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a column's words come from: the folder of the base model, and of what was learned (None: nothing).

    `documents` is the folder of those that it reads before it answers, `embedder` that of a model made for finding passages.
    """

    base: Path
    tuned: Path | None
    documents: Path | None = None
    embedder: Path | None = None

    @property
    def weights(self) -> Path:
        """Give the folder of the weights that answer: the base model's, or those of a whole model of its own."""
        if self.tuned is None or (self.tuned / ADAPTER_CONFIG).is_file():
            return self.base
        return self.tuned


@dataclass(frozen=True, slots=True)
class Choice:
    """One that can answer: `name` is that of the training or the model; `base` the id of the model below it."""

    column: Column
    name: str
    base: str


@dataclass(frozen=True, slots=True)
class ColumnLibrary:
    """Finds those who can answer, by their columns."""

    jobs: JobQueue
    runs: RunReader
    models: ModelLibrary
    documents: DocumentShelf

    def source(self, column: Column) -> Source:
        """Give the folders that a column answers from.

        Raises:
            StudioError: `job.unknown`, `model.*`, `chat.adapter_missing` where the training left nothing (any more), or
                `documents.none`.
        """
        if column.run_id is None:
            base = self.models.get(column.model_id or "").path
            if not column.has_documents:
                return Source(base, None)
            if self.documents.is_empty():
                raise StudioError("documents.none")
            return Source(base, None, self.documents.folder, self.models.embedder())
        job = self.jobs.get(column.run_id)
        tuned = tuned_folder(job, column.step) if job.kind == "train" else None
        if tuned is None:
            raise StudioError("chat.adapter_missing", run=column.run_id)
        return Source(base_folder(self.runs.spec(job.id)["model"]), tuned)

    def describe(self, column: Column) -> Choice:
        """Give a column with its names.

        Raises:
            StudioError: `job.unknown`.
        """
        if column.run_id is None:
            return Choice(column, column.model_id or "", column.model_id or "")
        spec = self.runs.spec(column.run_id)
        return Choice(column, spec["name"], spec["model"]["id"])

    def usual(self, run_id: int) -> list[Column]:
        """Give who answers after a training: its base model first, then itself.

        Raises:
            StudioError: `job.unknown`.
        """
        return [Column(model_id=self.runs.spec(run_id)["model"]["id"]), Column(run_id=run_id)]

    def choices(self) -> list[Choice]:
        """Give all that can answer now: trainings, the newest first, each with its checkpoints; then base models.

        Where there are documents, each base model is there once more with them.
        """
        trained = [choice for job in self.jobs.list("train") for choice in self._of_training(job)]
        bases = [Column(model_id=model.id) for model in self.models.list()]
        if not self.documents.is_empty():
            bases += [replace(column, has_documents=True) for column in bases]
        return trained + [self.describe(column) for column in bases]

    def together(self, columns: Sequence[Column]) -> list[list[Column]]:
        """Give the columns in groups: those of a group share one copy of the weights and answer at once.

        A column that is not there (any more) stands alone.
        """
        groups: dict[Path | str, list[Column]] = {}
        for column in columns:
            try:
                weights: Path | str = self.source(column).weights
            except StudioError:
                weights = column.key
            groups.setdefault(weights, []).append(column)
        return list(groups.values())

    def _of_training(self, job: Job) -> Iterator[Choice]:
        if job.is_final and job.folder.tuned is not None:
            yield self.describe(Column(run_id=job.id))
        for folder in list_checkpoints(job.folder.checkpoints):
            if (folder / MANIFEST).exists() and not job.folder.discard.exists():
                yield self.describe(Column(run_id=job.id, step=step_of(folder)))


def tuned_folder(job: Job, step: int | None) -> Path | None:
    """Give the folder of what a training has learned, in the end or at a step; None where there is none."""
    if step is None:
        return job.folder.tuned if job.is_final else None
    found = (f for f in list_checkpoints(job.folder.checkpoints) if step_of(f) == step)
    return next((folder for folder in found if (folder / MANIFEST).exists()), None)
