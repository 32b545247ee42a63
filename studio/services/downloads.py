"""Models of the Hub brought to this disk, as jobs: visible, resumable, one after the other; and given away again."""

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from studio.domain.job import Job
from studio.domain.model_files import ModelChoice, folder_name, read_folder_name
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.jobs import JobQueue
from studio.services.model_checks import ModelChecks
from studio.services.models import LONGEST_SHOWN_ID, ModelLibrary
from studio.settings import Home

DELETED = ".deleted"


@dataclass(frozen=True, slots=True)
class ModelInJob:
    """The model of a training as its job carries it: where it is, or where its download will put it."""

    id: str
    path: str
    revision: str


@dataclass(frozen=True, slots=True)
class Downloads:
    """Starts downloads, and knows who waits for them."""

    home: Home
    jobs: JobQueue
    models: ModelLibrary
    checks: ModelChecks

    def start(self, model_id: str, key: str) -> Job:
        """Queue a download at the newest commit (or that of `owner/name@commit`); one that goes on already is joined.

        Raises:
            StudioError: `model.is_here`, or the first of the problems that `ModelChecks.check` finds.
        """
        if (known := self.jobs.find(key)) is not None:
            return known
        found = self.checks.check(model_id)
        if found.problems:
            raise found.problems[0]
        if found.is_downloaded:
            raise StudioError("model.is_here", id=found.id)
        choice = ModelChoice(found.id, found.revision)
        subject = folder_name(choice)
        if (going_on := self.jobs.work_on(subject)) is not None:
            return going_on
        spec = {
            "subject": subject,
            "model": asdict(choice),
            "target": str(self.home.models / subject),
            "token_file": str(self.home.hub_token),
        }
        return self.jobs.submit("download", found.id, spec, key=key)

    def find_or_start(self, model_id: str, key: str) -> tuple[ModelInJob, int | None]:
        """Give the model of a training and the job that brings it; None where it is here. The same `key`, the same job.

        Raises:
            StudioError: `model.unknown` and what `read_model` refuses; what `start` raises.
        """
        try:
            model = self.models.get(model_id)
        except StudioError as error:
            if error.code != "model.not_downloaded":
                raise
        else:
            return ModelInJob(model.id, str(model.path), model.revision), None
        job = self.start(model_id, f"{key}-model")
        spec = parse_yaml(job.folder.spec.read_text(encoding="utf-8"))
        choice = ModelChoice(**spec["model"])
        return ModelInJob(choice.id, spec["target"], choice.revision), job.id

    def kept(self) -> set[str]:
        """Give the ids of the models of which a download, whole or half, is kept: those that can be deleted."""
        found = self.home.models.iterdir() if self.home.models.is_dir() else ()
        choices = [read_folder_name(subject_of(path)) for path in found]
        return {choice.id for choice in choices if choice is not None}

    def delete(self, model_id: str) -> None:
        """Remove a downloaded model, and what a download that was called off has left of it.

        Raises:
            StudioError: `model.stays` for the starter and the owner's folders, `model.not_downloaded`, `model.busy`
                while a job needs it.
        """
        folders = self._folders(model_id)
        if not folders:
            self.models.get(model_id)
            raise StudioError("model.stays", id=model_id[:LONGEST_SHOWN_ID])
        if self._is_needed(folders):
            raise StudioError("model.busy", id=model_id)
        for folder in folders:
            # Out of sight at once, whatever happens while gigabytes go.
            deleted = folder.with_name(f".{subject_of(folder)}{DELETED}")
            shutil.rmtree(deleted, ignore_errors=True)
            folder.rename(deleted)
            shutil.rmtree(deleted, ignore_errors=True)

    def _folders(self, model_id: str) -> list[Path]:
        """Give what is kept of a model: whole downloads and half ones, of every commit."""
        found = self.home.models.iterdir() if self.home.models.is_dir() else ()
        kept = [(path, read_folder_name(subject_of(path))) for path in found]
        return [path for path, choice in kept if choice is not None and choice.id == model_id]

    def _is_needed(self, folders: list[Path]) -> bool:
        """Tell whether an unfinished job learns from one of the folders, or fills it."""
        learning = [*self.jobs.unfinished("train"), *self.jobs.unfinished("search")]
        specs = [job.folder.spec.read_text(encoding="utf-8") for job in learning]
        needed = {parse_yaml(spec)["model"]["path"] for spec in specs}
        return any(
            str(folder) in needed or self.jobs.has_work_on(subject_of(folder)) for folder in folders
        )

    def remove_leftovers(self) -> None:
        """Remove what a killed process had begun to delete. Half downloads stay: the next try goes on with them."""
        for path in self.home.models.glob(f".*{DELETED}"):
            shutil.rmtree(path, ignore_errors=True)


def subject_of(folder: Path) -> str:
    """Give the name under which a folder's jobs run: that of the whole download, also for a half one."""
    return folder.name.removeprefix(".").removesuffix(".partial")
