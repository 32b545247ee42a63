"""A worker's view of its job: what was asked, and the events it tells."""

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from studio.domain.catalog import ModelInfo, read_model
from studio.domain.job import JobFolder, open_events
from studio.domain.recipe import Recipe
from studio.domain.starter import base_folder
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError


def read_spec(folder: JobFolder) -> dict[str, Any]:
    """Give what a job was asked."""
    return parse_yaml(folder.spec.read_text(encoding="utf-8"))


@dataclass(slots=True)
class Task:
    """One job while it runs. The only writer of `events.jsonl`."""

    folder: JobFolder
    spec: dict[str, Any]
    _file: TextIO
    _seq: int = 0
    _stage: str = field(default="")
    within: "Task | None" = None
    """The search whose try this is; None for every other job."""

    @classmethod
    def open(cls, path: Path, within: "Task | None" = None) -> "Task":
        """Read what was asked and open the events for appending."""
        folder = JobFolder(path)
        file, number = open_events(folder.events)
        return cls(folder, read_spec(folder), file, number, within=within)

    @classmethod
    def silent(cls, path: Path) -> "Task":
        """Read what was asked, for a process that takes part in the job and leaves the telling to another one."""
        folder = JobFolder(path)
        return cls(folder, read_spec(folder), Path(os.devnull).open("a", encoding="utf-8"))

    @property
    def recipe(self) -> Recipe:
        return Recipe.model_validate(self.spec["recipe"])

    @property
    def model_path(self) -> Path:
        """Give the folder of the base model.

        Raises:
            StudioError: `model.not_here`: its download failed, or it was deleted since.
        """
        path = base_folder(self.spec["model"])
        if not path.is_dir():
            raise StudioError("model.not_here", id=self.spec["model"]["id"])
        return path

    @property
    def model(self) -> ModelInfo:
        """Give what is known of the base model without loading it.

        Raises:
            StudioError: what `model_path` and `read_model` raise.
        """
        return read_model(self.model_path, self.spec["model"]["id"])

    def emit(self, kind: str, **values: Any) -> None:
        """Append one event; the line is flushed, so a watcher sees it at once and a crash loses nothing."""
        line = {"seq": self._seq, "time": round(time.time(), 3), "kind": kind, **values}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._seq += 1

    def enter(self, stage: str, **values: Any) -> None:
        """Tell that the next stage begins (once, however often it is said)."""
        if stage != self._stage:
            self._stage = stage
            self.emit("stage", stage=stage, **values)

    def note(self, code: str, **values: Any) -> None:
        """Tell something that was decided for the user, with its reason."""
        self.emit("note", code=code, values=values)

    def close(self) -> None:
        """Write no more events. What the disk has no room for was told by the event itself."""
        with suppress(OSError):
            self._file.close()

    @property
    def is_cancelled(self) -> bool:
        is_over = self.within is not None and self.within.is_cancelled
        return is_over or self.folder.cancel.exists()
