"""Checkpoints while training: declared complete only when they can be read back, and never fewer than two kept.

The trainer writes the files; a manifest with their hashes is what makes a checkpoint of them (`domain/checkpoint_files.py`).
"""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.domain.checkpoint_files import (
    MANIFEST,
    PREFIX,
    WEIGHTS_SUFFIX,
    Damage,
    find_damage,
    list_checkpoints,
    step_of,
    write_manifest,
)
from studio.worker.task import Task

FEWEST_KEPT = 2

logger = logging.getLogger(__name__)


class Checkpoints(TrainerCallback):
    """Looks after the checkpoints of one training. `best_step` is the one never to be removed."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.folder = task.folder.checkpoints
        self.best_step: int | None = None

    def path(self, step: int) -> Path:
        """Give the folder of a step's checkpoint, there or not."""
        return self.folder / f"{PREFIX}{step}"

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.is_world_process_zero:
            self.complete(state.global_step)

    def complete(self, step: int) -> None:
        """Declare the checkpoint of this step complete if all its numbers are; then make room."""
        folder = self.path(step)
        damage = find_bad_numbers(folder)
        if damage is not None:
            # Not a place to go on from. What was kept before stays.
            logger.warning("checkpoint of step %d is not kept: %s", step, damage)
            shutil.rmtree(folder)
            return
        write_manifest(folder, step)
        self.make_room()

    def make_room(self) -> None:
        """Remove all but the two newest checkpoints and the best one."""
        complete = [p for p in list_checkpoints(self.folder) if (p / MANIFEST).exists()]
        for path in complete[FEWEST_KEPT:]:
            if step_of(path) != self.best_step:
                shutil.rmtree(path)

    def newest(self) -> Path | None:
        """Give the newest checkpoint that is whole; what is damaged is told and removed."""
        return next(self.whole(), None)

    def whole(self) -> Iterator[Path]:
        """Give the checkpoints that are whole, newest first."""
        for path in list_checkpoints(self.folder):
            damage = find_damage(path) or find_bad_numbers(path)
            if damage is None:
                yield path
            else:
                if damage != "unfinished":
                    self.task.note(f"checkpoint_{damage}", step=step_of(path))
                shutil.rmtree(path)

    def remove_all(self) -> None:
        """Remove every checkpoint: whoever stopped the training wants nothing of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def find_bad_numbers(folder: Path) -> Damage | None:
    """Give why a checkpoint's tensors cannot be gone on from, or None."""
    try:
        json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
        is_finite = all(tensor.isfinite().all() for tensor in read_tensors(folder))
    except (OSError, ValueError, RuntimeError, SafetensorError, UnpicklingError, EOFError):
        return "unreadable"
    return None if is_finite else "not_finite"


def read_tensors(folder: Path) -> Iterator[torch.Tensor]:
    """Give every tensor with fractions of a checkpoint; nothing in it is run, only tensors are read."""
    for path in sorted(folder.glob(f"*{WEIGHTS_SUFFIX}")):
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            yield from (t for name in names if (t := file.get_tensor(name)).is_floating_point())
    stored = torch.load(folder / "optimizer.pt", map_location="cpu", weights_only=True)
    for values in stored["state"].values():
        yield from (
            t for t in values.values() if isinstance(t, torch.Tensor) and t.is_floating_point()
        )
    torch.load(folder / "scheduler.pt", weights_only=True)
