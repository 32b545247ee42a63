"""Imports and changes as jobs: what the page asks for, and how far it is."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

from studio.domain.dataset_folder import Step
from studio.domain.hub import HubChoice
from studio.domain.importing import ImportOrder, Source
from studio.domain.job import Job, read_events
from studio.errors import StudioError
from studio.services.datasets import DatasetLibrary
from studio.services.jobs import JobQueue
from studio.services.shelf import About, clean_name, keep_source, new_id
from studio.settings import Home

COUNTED_IN_BYTES = frozenset({"looking", "reading", "downloading"})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import or a change is; `total` is 0 where nobody knows."""

    stage: str
    done: int
    total: int
    unit: Literal["rows", "bytes"]


@dataclass(frozen=True, slots=True)
class DataJobs:
    """Queues what makes and changes data sets. The same `key` gives the same job."""

    home: Home
    jobs: JobQueue
    datasets: DatasetLibrary

    def import_files(self, order: ImportOrder, name: str, key: str) -> Job:
        """Queue the import of files. They are copied before this returns, so the originals may go."""
        return self._import(order, name, key, {})

    def import_from_hub(self, choice: HubChoice, order: ImportOrder, key: str) -> Job:
        """Queue the import of a data set of the Hub; `order` has no sources yet. A later try goes on where one stopped."""
        mark = hashlib.sha256(json.dumps(asdict(choice), sort_keys=True).encode()).hexdigest()[:16]
        hub = {
            "choice": asdict(choice),
            "target": str(self.home.downloads / mark),
            "token_file": str(self.home.hub_token),
        }
        return self._import(order, choice.id.replace("/", " / "), key, {"hub": hub})

    def _import(self, order: ImportOrder, name: str, key: str, more: dict[str, Any]) -> Job:
        if (known := self.jobs.find(key)) is not None:
            return known
        shelf = self.datasets.shelf
        about = About(new_id(name), clean_name(name), time.time())
        lock, kept = shelf.begin(about, order)
        spec = {
            "dataset": about.id,
            "path": str(shelf.partial(about.id).path),
            "target": str(self.home.datasets / about.id),
            "order": kept.to_json(),
            **more,
        }
        try:
            job = self.jobs.submit("import", about.name, spec, key=key)
        except BaseException:
            shelf.abandon(about.id, lock)
            raise
        if not self.jobs.has_work_on(about.id):
            # Another click with the same key was faster.
            shelf.abandon(about.id, lock)
        lock.release()
        return job

    def change(self, dataset_id: str, step: Step | None, key: str) -> Job:
        """Queue a step, or only a check of what there is.

        Raises:
            StudioError: `data.unknown`.
        """
        folder = self.datasets.folder(dataset_id)
        spec = {
            "dataset": dataset_id,
            "path": str(folder.path),
            "base": folder.head().number,
            "step": asdict(step) if step else None,
        }
        name = self.datasets.get(dataset_id).name
        return self.jobs.submit("change", name, spec, key=key)

    def hold_out_file(self, dataset_id: str, source: Source, key: str) -> Job:
        """Queue a step that holds out the examples of a file of the user's own.

        Raises:
            StudioError: `data.unknown`.
        """
        folder = self.datasets.folder(dataset_id)
        kept = keep_source(source, folder.source / f"held-out-{new_id('file')}")
        step = Step("hold_out_file", {"file": kept.path.name, "name": kept.name})
        return self.change(dataset_id, step, key)

    def check(self, dataset_id: str) -> Job | None:
        """Queue the check of a version that has none yet; None where there is one, or a job that will make it.

        Raises:
            StudioError: `data.unknown`.
        """
        head = self.datasets.folder(dataset_id).head()
        if head.topics.exists() or self.jobs.has_work_on(dataset_id):
            return None
        return self.change(dataset_id, None, f"check-{dataset_id}-{head.number}-{time.time_ns()}")

    def progress(self, job: Job) -> Progress | None:
        """Give how far a job is; None before it has begun."""
        events, _ = read_events(job.folder.events, 0)
        told = [event.values for event in events if event.kind == "progress"]
        if not told:
            return None
        last = told[-1]
        unit = "bytes" if last["stage"] in COUNTED_IN_BYTES else "rows"
        return Progress(last["stage"], last["done"], last["total"], unit)

    def delete(self, dataset_id: str) -> None:
        """Remove what somebody brought.

        Raises:
            StudioError: `data.unknown`, `data.is_sample`, `data.busy` while a job works on it.
        """
        if self.jobs.has_work_on(dataset_id):
            raise StudioError("data.busy")
        self.datasets.delete(dataset_id)
