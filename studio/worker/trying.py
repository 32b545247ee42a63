"""One try of a search: its folder, whether it goes on, and how it ended."""

import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import yaml
from optuna.trial import Trial
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.domain.job import JobFolder, JobState, Outcome, write_by_rename
from studio.domain.kept_files import FILES, describe_files, find_learned
from studio.domain.recipe import Recipe, refuse_excluded
from studio.domain.search_space import Settings, search_of, with_settings
from studio.domain.tries import Try, TryState, find_best, read_tries
from studio.errors import StudioError
from studio.worker.bases import Bases
from studio.worker.examining import Exam
from studio.worker.failures import is_out_of_memory
from studio.worker.lesson import Lesson
from studio.worker.loading import DtypeChoice, free_memory
from studio.worker.task import Task
from studio.worker.team import Team
from studio.worker.train import Ready, prepare_model, train_prepared

# No setting is better with a full disk or without its model.
NOT_A_RESULT = ("train.disk_full", "worker.disk_full", "model.")
# The folder of a try names the examples of its search, wherever that is moved to.
DATA_OF_SEARCH, START_OF_SEARCH = "../../data", "../../start"
OUTCOMES: dict[TryState, JobState] = {
    "done": "done",
    "pruned": "done",
    "failed": "failed",
    "stopped": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """What the tries of one worker share: the device, the base weights, the number format and the tokenised examples.

    `rank` is the worker's number where several search together. `exam`: what tries are judged by, None: the held-out loss.
    """

    team: Team
    bases: Bases
    choice: DtypeChoice
    lesson: Lesson
    rank: int = 0
    exam: Exam | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried next. Without a trial the study cannot hold it: it is outside of what the search varies."""

    number: int
    trial: Trial | None
    settings: Settings
    is_twin: bool = False
    wish: str | None = None
    clone_of: int | None = None

    @property
    def may_end_early(self) -> bool:
        """Tell whether it ends where it is bad; what somebody has asked for, and what the noise is read from, do not."""
        return not self.is_twin and self.wish is None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a try ended; `value` is what the search judges by, of what it kept."""

    state: TryState
    value: float | None
    error: StudioError | None = None
    values: dict[str, Any] = field(default_factory=dict)


class Pruned(Exception):
    """The try is so bad that it is not worth its time."""


class Pruner(TrainerCallback):
    """Reports the checks of a try, and ends it where the study finds it bad."""

    def __init__(self, trial: Trial | None, *, may_end: bool) -> None:
        self.trial = trial
        self.may_end = may_end
        self.losses: list[float] = []

    @property
    def lowest(self) -> float | None:
        """Give the lowest held-out loss so far."""
        return min(self.losses, default=None)

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        self.losses.append(float((metrics or {})["eval_loss"]))
        if self.trial is None:
            return
        # Tries may have unlike many steps; how many checks lie behind them is what can be compared.
        self.trial.report(self.losses[-1], len(self.losses))
        is_last = state.global_step >= state.max_steps
        if self.may_end and not is_last and self.trial.should_prune():
            raise Pruned


def begin_try(task: Task, asked: Asked, ground: Ground) -> JobFolder:
    """Make the folder of a try, which looks like that of a training."""
    folder = task.folder.attempt(asked.number)
    folder.path.mkdir(mode=0o700, parents=True)
    (folder.path / "data").symlink_to(DATA_OF_SEARCH)
    if task.folder.start.exists():
        (folder.path / "start").symlink_to(START_OF_SEARCH)
    recipe = recipe_of(task.recipe, asked, ground)
    told = {
        "number": asked.number,
        "settings": asked.settings,
        "is_twin": asked.is_twin,
        "wish": asked.wish,
        "clone_of": asked.clone_of,
        "trial": asked.trial.number if asked.trial else None,
        "worker": ground.rank,
        "judged_by": search_of(task.recipe).judge_by,
    }
    spec = {**task.spec, "kind": "train", "recipe": recipe.model_dump(mode="json"), "try": told}
    spec.pop("resume", None)
    write_by_rename(folder.spec, yaml.safe_dump(spec, allow_unicode=True, sort_keys=False))
    return folder


def recipe_of(recipe: Recipe, asked: Asked, ground: Ground) -> Recipe:
    """Give the recipe that repeats a try. Nobody looks at its answers while it learns; the twin has another seed."""
    fixed: Settings = {
        "training.watch_prompts": 0,
        "training.compute_dtype": ground.choice.name,
        "training.seed": (recipe.training.seed + asked.is_twin) % 2**32,
    }
    return with_settings(recipe, {**asked.settings, **fixed})


def perform_try(task: Task, asked: Asked, ground: Ground) -> None:
    """Do one try that has begun and write how it ended. What fails because of its settings is a result.

    Raises:
        StudioError: what no other settings would mend.
    """
    with closing(Task.open(task.folder.attempt(asked.number).path, within=task)) as own:
        started = time.monotonic()
        ending = end_of(own, asked, ground)
        values = {
            "state": ending.state,
            "value": ending.value,
            # Where the whole search stops, the try has not had its time.
            "is_counted": not task.is_cancelled or ending.state != "stopped",
            "seconds": round(time.monotonic() - started, 3),
        }
        own.enter(ending.state)
        # Once it has an outcome, whoever does a better try clears it away.
        clear(own.folder, keeps_learned=ending.state == "done")
        values[FILES] = describe_files(own.folder)
        state = OUTCOMES[ending.state]
        Outcome(state, ending.error, {**ending.values, **values}).write(own.folder)
    free_memory()


def end_of(own: Task, asked: Asked, ground: Ground) -> Ending:
    """Train with the settings of a try and give how it ended."""
    pruner = Pruner(asked.trial, may_end=asked.may_end_early)
    own.enter("preparing")
    try:
        refuse_excluded(own.recipe)
        model = prepare_model(own, ground.team.device, ground.choice.dtype, ground.bases.load)
        grade = ground.exam.grade if ground.exam else None
        ready = Ready(model, ground.lesson, ground.choice, (pruner,), is_try=True, grade=grade)
        values = train_prepared(own, ground.team, ready)
    except Pruned:
        return Ending("pruned", None if ground.exam else pruner.lowest)
    except StudioError as error:
        if error.code.startswith(NOT_A_RESULT):
            raise
        return Ending("failed", None, error)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return Ending("failed", None, StudioError("train.out_of_memory"))
    value = values.get("grade" if ground.exam else "kept_held_out_loss")
    return Ending("stopped" if own.is_cancelled else "done", value, None, values)


def settle_dead(folder: JobFolder, rank: int | None = None) -> None:
    """Write for every try that a worker has left unended when its process did, that it was cut short; None: any worker's."""
    for one in read_tries(folder, is_running=True):
        if one.state == "running" and rank in (None, one.worker):
            values = {"state": "failed", "value": None, "is_counted": False}
            own = folder.attempt(one.number)
            clear(own, keeps_learned=False)
            died = StudioError("search.try_died")
            Outcome("failed", died, {**values, "seconds": round(one.seconds, 3)}).write(own)


def clear(folder: JobFolder, *, keeps_learned: bool) -> None:
    """Remove what a try that has ended needs no more."""
    shutil.rmtree(folder.checkpoints, ignore_errors=True)
    if not keeps_learned and folder.tuned is not None:
        shutil.rmtree(folder.tuned)


def keep_only_best(folder: JobFolder, tries: Sequence[Try]) -> None:
    """Remove what the tries have learned, but for the best one; where that is lost, for the best that is there."""
    best = find_best([one for one in tries if find_learned(folder.attempt(one.number))])
    for one in tries:
        if one.state != "running" and (best is None or one.number != best.number):
            clear(folder.attempt(one.number), keeps_learned=False)
