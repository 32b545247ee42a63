"""Read how a training goes from its events: the one source for page, command line and export."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from studio.domain.checkpoint_files import newest_step
from studio.domain.formats import Notice
from studio.domain.job import Event, Job, read_events
from studio.domain.looks import StopTest, Watched
from studio.domain.reading import FEW_EXAMPLES
from studio.domain.recipe import Recipe, dump_recipe
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.jobs import JobQueue

MOST_POINTS = 400
Point = tuple[int, float]
Kept = Literal["best", "last"]
# Why a training is not offered to be resumed; the texts are `acts.hint.<code>`.
Refusal = Literal["diverged", "discarded", "no_checkpoint"]


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """A training at this moment. Points are (step, loss); what is not known yet is None."""

    job: Job
    stage: str | None
    step: int
    total_steps: int | None
    loss: float | None
    held_out_loss: float | None
    learning_rate: float | None
    token_accuracy: float | None
    tokens_per_second: float | None
    memory_bytes: int | None
    remaining_seconds: float | None
    elapsed_seconds: float | None
    train_points: list[Point]
    held_out_points: list[Point]
    notes: list[Notice]
    events: int
    kept_step: int | None = None
    """The step whose state is kept, once that is decided."""
    kept: Kept | None = None
    """Why that one: it did best on held-out examples, or it is the last."""
    keeps_best: bool = True
    """What the recipe asks for: the state that does best on held-out examples, not the last one."""
    resumed_step: int | None = None
    """The step from which it goes on with an earlier training; None where it started afresh."""
    held_out_token_accuracy: float | None = None
    watched: Watched = field(default_factory=Watched)
    """What it answered to the test questions, and whether it ends by itself."""


@dataclass(slots=True)
class Progress:
    """What the events of one job said up to `offset`."""

    offset: int = 0
    events: int = 0
    stage: str | None = None
    total_steps: int | None = None
    started: float | None = None
    first_step: int = 0
    kept_step: int | None = None
    kept: Kept | None = None
    keeps_best: bool = True
    resumed_step: int | None = None
    newest: dict[str, Any] = field(default_factory=dict)
    newest_time: float = 0.0
    held_out_loss: float | None = None
    held_out_token_accuracy: float | None = None
    watched: Watched = field(default_factory=Watched)
    train_points: list[Point] = field(default_factory=list)
    held_out_points: list[Point] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)

    def add(self, event: Event) -> None:
        """Take in one event."""
        self.events += 1
        values = event.values
        if event.kind == "stage":
            self.stage = values["stage"]
            if "total_steps" in values:
                self.total_steps, self.started = values["total_steps"], event.time
                # A training that goes on from a checkpoint has done these steps before.
                self.first_step = values.get("from_step", 0)
        elif event.kind == "log":
            self.newest, self.newest_time = values, event.time
            self.train_points.append((values["step"], values["loss"]))
        elif event.kind == "eval":
            self.held_out_loss = values["held_out_loss"]
            self.held_out_token_accuracy = values.get("token_accuracy")
            self.held_out_points.append((values["step"], values["held_out_loss"]))
        elif event.kind == "kept":
            self.kept_step, self.kept = values["step"], values["which"]
        elif event.kind == "note":
            self.notes.append(Notice(values["code"], values["values"]))
            if values["code"] == "resumed":
                self.resumed_step = values["values"]["step"]
        else:
            self._add_answers(event)

    def _add_answers(self, event: Event) -> None:
        """Take in what was asked and answered."""
        values = event.values
        if event.kind == "prompts":
            self.watched.prompts, self.watched.is_learned = values["prompts"], values["is_learned"]
        elif event.kind == "sample":
            self.watched.looks.append((values["step"], values["answers"]))
        elif event.kind == "stop_test":
            self.watched.stop_test = StopTest(values["asked"], values["ended"])

    def remaining_seconds(self) -> float | None:
        """Give the time left at the mean speed so far, pauses for held-out checks included."""
        step = self.newest.get("step", 0)
        done = step - self.first_step
        if done <= 0 or self.started is None or self.total_steps is None:
            return None
        return (self.newest_time - self.started) / done * (self.total_steps - step)


@dataclass(slots=True)
class RunReader:
    """Reads events incrementally: a look costs what is new, not what has been."""

    jobs: JobQueue
    _progress: dict[int, Progress] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def snapshot(self, job_id: int) -> RunSnapshot:
        """Give the state of a training.

        Raises:
            StudioError: `job.unknown`.
        """
        job = self.jobs.get(job_id)
        with self._lock:
            if job_id not in self._progress:
                self._progress[job_id] = Progress(keeps_best=self.keeps_best(job_id))
            progress = self._progress[job_id]
            events, progress.offset = read_events(job.folder.events, progress.offset)
            for event in events:
                progress.add(event)
            end = job.finished or time.time()
            # While a resumed training loads its model, there is the curve that it goes on with.
            drawn = progress if progress.train_points else read_earlier(job)
            return RunSnapshot(
                job=job,
                stage=progress.stage,
                step=progress.newest.get("step", 0),
                total_steps=progress.total_steps,
                loss=progress.newest.get("loss"),
                held_out_loss=progress.held_out_loss,
                learning_rate=progress.newest.get("learning_rate"),
                token_accuracy=progress.newest.get("token_accuracy"),
                tokens_per_second=progress.newest.get("tokens_per_second"),
                memory_bytes=progress.newest.get("memory_bytes"),
                remaining_seconds=None if job.is_final else progress.remaining_seconds(),
                elapsed_seconds=end - job.started if job.started else None,
                train_points=thin(drawn.train_points),
                held_out_points=thin(drawn.held_out_points),
                notes=list(progress.notes),
                events=progress.events,
                kept_step=progress.kept_step,
                kept=progress.kept,
                keeps_best=progress.keeps_best,
                resumed_step=progress.resumed_step,
                held_out_token_accuracy=progress.held_out_token_accuracy,
                watched=replace(progress.watched, looks=list(progress.watched.looks)),
            )

    def recipe(self, job_id: int) -> Recipe:
        """Give the complete recipe that a training was started with."""
        return Recipe.model_validate(self.spec(job_id)["recipe"])

    def recipe_text(self, job_id: int) -> str:
        """Give the recipe of a training as a file that `studio run` repeats it with.

        Raises:
            StudioError: `job.unknown`, also for a job that is no training.
        """
        job = self.jobs.get(job_id)
        if job.kind != "train":
            raise StudioError("job.unknown", id=job_id)
        head = f"# Training #{job_id}. To repeat it: studio run recipe-{job_id}.yaml\n"
        return head + dump_recipe(self.recipe(job_id))

    def keeps_best(self, job_id: int) -> bool:
        """Tell which state a training is to keep; True where its recipe is older than the choice."""
        recipe = self.spec(job_id).get("recipe", {})
        return recipe.get("training", {}).get("keep", "best") == "best"

    def spec(self, job_id: int) -> dict[str, Any]:
        """Give what a job was asked."""
        return parse_yaml(self.jobs.get(job_id).folder.spec.read_text(encoding="utf-8"))

    def resumed_run(self, job_id: int) -> int | None:
        """Give the training whose checkpoint this one went on from, if it did."""
        return self.spec(job_id).get("resume", {}).get("run")


def read_earlier(job: Job) -> Progress:
    """Give what the training that a resumed one goes on with had told up to its checkpoint; nothing for any other."""
    earlier, step = Progress(), resume_step(job)
    told, _ = read_events(job.folder.earlier_events, 0)
    for event in told:
        if step is not None and event.kind in ("log", "eval") and event.values["step"] <= step:
            earlier.add(event)
    return earlier


def can_resume(job: Job) -> bool:
    """Tell whether a training ended before its time and left something to go on from."""
    has_stopped = job.kind == "train" and job.state in ("failed", "cancelled")
    return has_stopped and resume_step(job) is not None


def resume_step(job: Job) -> int | None:
    """Give the step of the checkpoint from which a training would go on; None where it left none."""
    return newest_step(job.folder)


def resume_refusal(job: Job) -> Refusal | None:
    """Give why an ended training is not offered to be resumed; None where it is."""
    if job.error is not None and job.error.code.startswith("train.diverged"):
        # The same settings lead to the same step.
        return "diverged"
    if resume_step(job) is not None:
        return None
    return "discarded" if job.folder.discard.exists() else "no_checkpoint"


def few_rows(job: Job) -> int | None:
    """Give how many examples a training learns where they are so few that this matters; else None."""
    with suppress(FileNotFoundError), job.folder.train_rows.open("rb") as file:
        rows = sum(1 for _ in islice(file, FEW_EXAMPLES))
        return rows if rows < FEW_EXAMPLES else None
    return None


def thin(points: list[Point]) -> list[Point]:
    """Give at most 400 points with the first and the last among them; a chart shows no more."""
    stride = max(1, -(-len(points) // MOST_POINTS))
    kept = points[::stride]
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]
