"""Search: one worker per device, one base model in each, one set of tokenised examples, and many tries one after the other.

Each try is a training in a folder of its own, with an adapter that begins as it would alone; the same settings and seed give
the same weights as a training by itself (tested). What a try comes to, memory that does not do included, is a result.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from studio.domain.job import JobFolder
from studio.domain.next_try import Wanted, next_wanted
from studio.domain.search import Search
from studio.domain.search_space import search_of
from studio.domain.tries import (
    LOSS,
    EndReason,
    Try,
    explain_nothing,
    find_best,
    read_tries,
    reason_to_end,
)
from studio.errors import StudioError
from studio.worker.bases import Bases
from studio.worker.examining import set_exam
from studio.worker.fellows import searching_along
from studio.worker.lesson import prepare_lesson
from studio.worker.loading import pick_device
from studio.worker.room import told_when_full
from studio.worker.study import Study
from studio.worker.task import Task, read_spec
from studio.worker.team import Team
from studio.worker.templates import load_tokenizer
from studio.worker.train import choose_format
from studio.worker.trying import (
    Asked,
    Ground,
    begin_try,
    clear,
    keep_only_best,
    perform_try,
    settle_dead,
)

# How long until a worker looks again for something to do, while the others end their tries.
WAIT_SECONDS = 0.25


def search(task: Task) -> dict[str, Any]:
    """Run tries until the budget is spent or the search is stopped, and give the best; what was tried before counts.

    Raises:
        StudioError: `search.nothing_held_out`, `search.nothing_to_ask`; `search.all_out_of_memory`, `search.all_diverged`, `search.nothing_worked`;
            `train.nothing_to_learn`, `train.disk_full`, `model.*`.
    """
    with told_when_full(task):
        ground = prepare_ground(task, earlier_format(task.folder))
        settle_dead(task.folder)
        study = Study(task.folder, task.recipe, tries_of(task))
        if study.was_renewed:
            task.note("study_renewed")
        own = Searching(task, search_of(task.recipe), ground, study)
        devices = task.spec.get("devices", [])
        with searching_along(task.folder, devices, ground.choice.name) as fellows:
            own.run()
            for rank in fellows.wait():
                task.note("search_device_lost", number=rank + 1, of=len(devices))
        # One that died in the end may have left something to do; usually this only says again why it is enough.
        return report(task, own.run())


def search_along(task: Task, rank: int, dtype: str) -> dict[str, Any]:
    """Do tries of a search as one of its further workers; the first one tells of it.

    Raises:
        StudioError: what would end the search of the first one, too.
    """
    ground = prepare_ground(task, dtype, rank)
    study = Study(task.folder, task.recipe, tries_of(task), rank)
    Searching(task, search_of(task.recipe), ground, study).run()
    return {}


@dataclass(frozen=True, slots=True)
class Searching:
    """A worker of a search; others may be at work beside it."""

    task: Task
    search: Search
    ground: Ground
    study: Study

    def run(self) -> EndReason | None:
        """Do one try after the other; give why no further one began, or None where the search was stopped."""
        while not self.task.is_cancelled:
            with self.study.alone():
                found = self.choose(tries_of(self.task))
            if isinstance(found, Asked):
                self.do(found)
            elif found is not None:
                return found
            else:
                time.sleep(WAIT_SECONDS)
        return None

    def choose(self, tries: list[Try]) -> Asked | EndReason | None:
        """Begin what is tried next, or give why nothing is; None where that depends on what others are trying."""
        self.study.settle(tries)
        wanted = next_wanted(self.task.recipe, tries, self.task.folder)
        if wanted is None or wanted.wish is None:
            reason = reason_to_end(self.search, tries, self.devices)
            if reason is not None:
                return reason
            if reason_to_end(self.search, suppose_ended(tries), self.devices) is not None:
                return None
        is_complete = wanted is None and self.search.how == "grid"
        asked = None if is_complete else self.ask(tries, wanted)
        if asked is None:
            return None if any(one.state == "running" for one in tries) else "grid"
        begin_try(self.task, asked, self.ground)
        return asked

    @property
    def devices(self) -> int:
        """Give how many do tries at the same time."""
        return max(1, len(self.task.spec.get("devices", [])))

    def ask(self, tries: list[Try], wanted: Wanted | None) -> Asked | None:
        """Give what is tried next, None where everything was."""
        number = next_number(self.task.folder)
        if wanted is None:
            found = self.study.ask(tries, None)
            return None if found is None else Asked(number, *found)
        more = (wanted.is_twin, wanted.wish, wanted.clone_of)
        if not self.study.holds(wanted.settings):
            return Asked(number, None, wanted.settings, *more)
        found = self.study.ask(tries, wanted.settings)
        return None if found is None else Asked(number, *found, *more)

    def do(self, asked: Asked) -> None:
        """Do one try that has begun, and take note of it everywhere."""
        self.task.enter("trying")
        self.task.emit("try", number=asked.number, settings=asked.settings)
        perform_try(self.task, asked, self.ground)
        with self.study.alone():
            tries = tries_of(self.task)
            ended = next(one for one in tries if one.number == asked.number)
            if asked.trial is not None:
                self.study.tell(asked.trial.number, ended)
            keep_only_best(self.task.folder, tries)
        self.task.emit(
            "tried",
            number=ended.number,
            state=ended.state,
            value=ended.value,
            seconds=ended.seconds,
        )


def prepare_ground(task: Task, wanted_format: str | None, rank: int = 0) -> Ground:
    """Load what all tries of a worker share.

    Raises:
        StudioError: `search.nothing_held_out`, `search.nothing_to_ask`, `train.nothing_to_learn`, `model.*`.
    """

    def told(count: int, seconds: float) -> None:
        task.emit("base_loaded", count=count, seconds=round(seconds, 3))

    task.enter("loading")
    team = Team(pick_device())
    choice = choose_format(task, team, wanted=wanted_format)
    tokenizer = load_tokenizer(task.model_path)
    task.enter("preparing")
    lesson = prepare_lesson(task, tokenizer)
    if not lesson.held_out_rows:
        raise StudioError("search.nothing_held_out")
    measure = search_of(task.recipe).judge_by
    exam = set_exam(task.folder.held_out_rows, measure)
    if exam is None and measure != LOSS:
        raise StudioError("search.nothing_to_ask")
    return Ground(team, Bases(told), choice, lesson, rank, exam)


def earlier_format(folder: JobFolder) -> str | None:
    """Give the number format of the tries before: what is measured as fastest may differ from one worker to the next."""
    first = next((JobFolder(path) for path in sorted(folder.tries.glob("[0-9]*"))), None)
    if first is None or not first.spec.exists():
        return None
    return read_spec(first)["recipe"]["training"]["compute_dtype"]


def tries_of(task: Task) -> list[Try]:
    """Give the tries so far. What has not ended is being done: `settle_dead` has written of the others that they were cut short."""
    return read_tries(task.folder, is_running=True)


def suppose_ended(tries: Sequence[Try]) -> list[Try]:
    """Give the tries as they will be when those that run have ended by themselves."""
    usual = statistics.median([one.seconds for one in tries if one.is_counted] or [0.0])
    return [
        replace(one, is_counted=True, seconds=max(one.seconds, usual))
        if one.state == "running"
        else one
        for one in tries
    ]


def next_number(folder: JobFolder) -> int:
    """Give the number of the next try."""
    return max((int(path.name) for path in folder.tries.glob("[0-9]*")), default=0) + 1


def report(task: Task, reason: EndReason | None) -> dict[str, Any]:
    """Give the values of the outcome.

    Raises:
        StudioError: no try finished, though nobody has stopped the search.
    """
    tries = tries_of(task)
    best = find_best(tries)
    if task.folder.discard.exists():
        for one in tries:
            clear(task.folder.attempt(one.number), keeps_learned=False)
    if best is None and reason is not None:
        raise explain_nothing([one for one in tries if one.is_counted])
    return {
        "reason": reason,
        "tries": len(tries),
        "best": best.number if best else None,
        "value": best.value if best else None,
        "settings": best.settings if best else None,
    }
