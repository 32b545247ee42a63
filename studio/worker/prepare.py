"""The light worker: imports files and does the steps that change a data set; it never imports torch.

`python -m studio.worker.prepare` waits on its standard input for the folder of a job, as the heavy worker does. What a job
says (`job.yaml`):

    import   dataset, path (where it is made), target (its name when it is complete), order, or hub (what to fetch)
    change   dataset, path, base (the version that the user saw), step (nothing: only check what is there)
"""

import json
import logging
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.domain.dataset_folder import DatasetFolder, Step, Version
from studio.domain.hub import HubChoice
from studio.domain.importing import ImportOrder, Source, import_files
from studio.domain.job import write_by_rename
from studio.domain.watching import Cancelled, Watch
from studio.errors import StudioError
from studio.worker.run import do_job
from studio.worker.task import Task

SECONDS_PER_EVENT = 0.25


class TaskWatch:
    """Tells the job's events how far the work is, a few times per second."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._stage = ""
        self._told = 0.0

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell it, unless it was told just now."""
        now = time.monotonic()
        if stage != self._stage or now - self._told > SECONDS_PER_EVENT:
            self._stage, self._told = stage, now
            self.task.emit("progress", stage=stage, done=done, total=total)

    @property
    def is_cancelled(self) -> bool:
        return self.task.is_cancelled


class PatientWatch(TaskWatch):
    """Also gives up where the next job for the same data set waits: it will check again."""

    @property
    def is_cancelled(self) -> bool:
        return self.task.is_cancelled or self.task.folder.hurry.exists()


def import_dataset(task: Task) -> dict[str, Any]:
    """Make a new data set; it is seen when its rows are complete. A failure leaves nothing.

    Raises:
        StudioError: what `download` and `import_files` raise.
        Cancelled: the job was cancelled before the rows were complete.
    """
    spec, watch = task.spec, TaskWatch(task)
    folder, target = DatasetFolder(Path(spec["path"])), Path(spec["target"])
    try:
        order = ImportOrder.from_json(spec["order"])
        if "hub" in spec:
            order = replace(order, sources=fetch(task, folder, watch))
        import_files(folder, order, watch)
        complete = folder.publish(target)
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return examine(task, complete.head())


def fetch(task: Task, folder: DatasetFolder, watch: Watch) -> tuple[Source, ...]:
    """Bring the files of a data set of the Hub; what an earlier try left is gone on with."""
    from studio.worker.hub import download  # noqa: PLC0415  the network's client takes a second that uploads need not wait

    hub = task.spec["hub"]
    choice, token_file = HubChoice(**hub["choice"]), hub["token_file"]
    files = download(choice, Path(hub["target"]), watch, Path(token_file) if token_file else None)
    sources = []
    for place, file in enumerate(files):
        kept = shutil.move(file, folder.source_file(place))
        sources.append(Source(Path(kept), file.name))
    shutil.rmtree(hub["target"], ignore_errors=True)
    return tuple(sources)


def change_dataset(task: Task) -> dict[str, Any]:
    """Do a step on a data set, then check what came out.

    Raises:
        StudioError: what `apply_step` raises, or `data.unknown`, `data.changed_meanwhile`.
        Cancelled: the job was cancelled before the version was complete.
    """
    from studio.domain.changing import apply_step  # noqa: PLC0415  brings libraries that an import need not wait for

    spec, folder = task.spec, DatasetFolder(Path(task.spec["path"]))
    if not folder.head_file.exists():
        raise StudioError("data.unknown", id=spec["dataset"])
    if spec["step"] is None:
        return examine(task, folder.head())
    step = Step(**spec["step"])
    # A place means a row of the version that the user saw, and of no other.
    if "place" in step.values and folder.head().number != spec["base"]:
        raise StudioError("data.changed_meanwhile")
    return examine(task, apply_step(folder, step, TaskWatch(task)))


def examine(task: Task, version: Version) -> dict[str, Any]:
    """Check a version that holds and find its topics; called off, the version stays."""
    watch = PatientWatch(task)
    try:
        check(version, watch)
        map_topics(version, watch)
    except Cancelled:
        logging.getLogger(__name__).info("the check was called off")
    return {"dataset": task.spec["dataset"], "version": version.number}


def check(version: Version, watch: Watch) -> None:
    """Store what the health check finds."""
    from studio.domain.health import check_health  # noqa: PLC0415  brings libraries that an import need not wait for

    health, flags = check_health(version, watch)
    store_array(version.flags, flags)
    write_by_rename(version.health, json.dumps(health.to_json(), ensure_ascii=False))


def map_topics(version: Version, watch: Watch) -> None:
    """Store what the data is about."""
    from studio.domain.topics import find_topics  # noqa: PLC0415  scikit-learn takes seconds

    topics = find_topics(version, watch)
    store_array(version.topic_of, topics.numbers(len(version.index())))
    write_by_rename(version.topics, json.dumps(topics.to_json(), ensure_ascii=False))


def store_array(path: Path, values: np.ndarray) -> None:
    """Write an array so that readers see all of it or nothing."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with beside.open("wb") as file:
        np.save(file, values)
    beside.rename(path)


def main() -> int:
    """Do the job that comes."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    return do_job()


if __name__ == "__main__":
    sys.exit(main())
