"""Jobs: their states, their folder, and the events they leave behind.

A job is a folder. Who writes which file: `job.yaml` and `data/` services (once, before any runner can see the job),
`events.jsonl`, `checkpoints/`, `adapter/` and `result.json` the worker, `worker.log` the operating system, `cancel`,
`discard` and `hurry` services. A job is finished if and only if `result.json` exists.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TextIO

from studio.errors import StudioError

JobKind = Literal["train", "search", "export", "import", "change", "download", "push"]
# Done by a worker that never imports torch: it is there in a second and may run beside a training.
LIGHT_KINDS: frozenset[JobKind] = frozenset({"import", "change", "download", "push"})
JobState = Literal["queued", "running", "done", "failed", "cancelled"]

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    "queued": frozenset({"running", "cancelled"}),
    # A search whose worker has died goes on with another one.
    "running": frozenset({"done", "failed", "cancelled", "queued"}),
    "done": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
FINAL_STATES = frozenset(state for state, following in TRANSITIONS.items() if not following)


@dataclass(frozen=True, slots=True)
class JobFolder:
    """Every file name of a job; nobody else joins these paths."""

    path: Path

    @property
    def spec(self) -> Path:
        return self.path / "job.yaml"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "worker.log"

    @property
    def cancel(self) -> Path:
        return self.path / "cancel"

    @property
    def discard(self) -> Path:
        """Services: whoever stopped the job wants nothing of it; written before `cancel`."""
        return self.path / "discard"

    @property
    def hurry(self) -> Path:
        """Services: the next job for the same thing waits, so leave out what it would do again."""
        return self.path / "hurry"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    @property
    def train_rows(self) -> Path:
        return self.path / "data" / "train.jsonl"

    @property
    def held_out_rows(self) -> Path:
        return self.path / "data" / "held_out.jsonl"

    @property
    def start(self) -> Path:
        """Services: what an earlier training had learned, where this one goes on with it."""
        return self.path / "start"

    @property
    def earlier_events(self) -> Path:
        """Services: the events of the training that this one goes on with."""
        return self.path / "data" / "earlier_events.jsonl"

    @property
    def judgements(self) -> Path:
        """Services: what people said about this training's answers."""
        return self.path / "judgements.jsonl"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def adapter(self) -> Path:
        """Worker: what was learned beside the base model."""
        return self.path / "adapter"

    @property
    def model(self) -> Path:
        """Worker: the whole model, where its own weights were learned."""
        return self.path / "model"

    @property
    def tuned(self) -> Path | None:
        """Give what the training left to use, complete; None where there is nothing."""
        return next((path for path in (self.adapter, self.model) if path.is_dir()), None)

    @property
    def tries(self) -> Path:
        """Worker of a search: a folder for each try, which looks like a training's."""
        return self.path / "tries"

    def attempt(self, number: int) -> "JobFolder":
        """Give the folder of one try of a search."""
        return JobFolder(self.tries / f"{number:04d}")

    @property
    def wishes(self) -> Path:
        """Services: what people want a search to try next, a file for each, by rename."""
        return self.path / "wishes"

    @property
    def study(self) -> Path:
        """Worker of a search: what chooses the next settings has written down."""
        return self.path / "study.log"

    @property
    def choosing(self) -> Path:
        """Worker of a search: the lock of the one that chooses what it tries next."""
        return self.path / "choosing.lock"

    @property
    def exports(self) -> Path:
        return self.path / "export"

    def outcome(self) -> "Outcome | None":
        """Give how the job ended, or None while it has not."""
        try:
            stored = json.loads(self.result.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        error = stored.get("error")
        return Outcome(
            stored["state"],
            StudioError.from_dict(error) if error else None,
            stored.get("values", {}),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a job as its worker wrote it; `values` depend on the kind of job."""

    state: JobState
    error: StudioError | None
    values: dict[str, Any]

    def write(self, folder: JobFolder) -> None:
        """Store the outcome once, by rename, so that nobody ever reads half of it."""
        stored = {
            "state": self.state,
            "error": self.error.as_dict() if self.error else None,
            "values": self.values,
        }
        write_by_rename(folder.result, json.dumps(stored, ensure_ascii=False, indent=1))


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table. times are Unix seconds.

    `parent` is the training that an export or a push belongs to, or the download that a training waits for.
    """

    id: int
    kind: JobKind
    state: JobState
    name: str
    folder: JobFolder
    parent: int | None
    created: float
    started: float | None
    finished: float | None
    error: StudioError | None
    queue_place: int | None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES


@dataclass(frozen=True, slots=True)
class Event:
    """One line of `events.jsonl`: `seq` counts from 0 without holes, `time` is Unix seconds."""

    seq: int
    time: float
    kind: str
    values: dict[str, Any]


def write_by_rename(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Write a file so that readers see the old one or the whole new one, also after a power cut; `mode` is less the umask."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(beside, "w", encoding="utf-8", opener=partial(os.open, mode=mode)) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def read_events(path: Path, offset: int) -> tuple[list[Event], int]:
    """Give the events after byte `offset`, and the offset to go on from. An unfinished last line waits."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            block = file.read()
    except FileNotFoundError:
        return [], offset
    whole = block.rfind(b"\n") + 1
    return list(parse_events(block[:whole])), offset + whole


def parse_events(block: bytes) -> Iterator[Event]:
    """Read whole lines; what a power cut has torn or filled with zeros (no JSON) is passed over."""
    for line in block.splitlines():
        try:
            stored = json.loads(line)
        except ValueError:
            continue
        yield Event(stored.pop("seq"), stored.pop("time"), stored.pop("kind"), stored)


def open_events(path: Path) -> tuple[TextIO, int]:
    """Open a file of events to go on with it, on a line of its own, and give the number that the next one has."""
    file = path.open("a", encoding="utf-8", buffering=1)
    _, whole_bytes = read_events(path, 0)
    if path.stat().st_size > whole_bytes:
        file.write("\n")
    events, _ = read_events(path, 0)
    return file, events[-1].seq + 1 if events else 0
