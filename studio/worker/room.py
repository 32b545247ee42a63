"""A disk that fills up while a training goes on: what is in vain goes, and what is needed is told."""

import math
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from studio.domain.checkpoint_files import MANIFEST, list_checkpoints
from studio.domain.full_disk import is_disk_full
from studio.domain.learning import stored_bytes
from studio.domain.situation import ModelFacts
from studio.errors import StudioError
from studio.worker.task import Task

MEGABYTE = 10**6


@contextmanager
def told_when_full(task: Task) -> Generator[None]:
    """Say how much room a training needs where the disk has none; the checkpoints that are complete stay.

    Raises:
        StudioError: `train.disk_full`.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        if not is_disk_full(error, task.folder.path):
            raise
        for path in list_checkpoints(task.folder.checkpoints):
            if not (path / MANIFEST).exists():
                shutil.rmtree(path)
        needed_mb = math.ceil(missing_bytes(task) / MEGABYTE)
        raise StudioError("train.disk_full", needed_mb=needed_mb) from error


def missing_bytes(task: Task) -> int:
    """Give what a training still needs on the disk beside what it has stored."""
    model = task.model
    if model.shape is None:
        raise StudioError("model.unreadable", id=model.id)
    facts = ModelFacts(model.id, model.parameters, model.shape, model.bytes)
    return max(0, stored_bytes(facts, task.recipe.method) - folder_bytes(task.folder.checkpoints))


def folder_bytes(folder: Path) -> int:
    """Give the size of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
