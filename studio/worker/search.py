"""Search: one worker, one base model, one set of tokenised examples, and many tries one after the other.

Each try is a training in a folder of its own, with an adapter that begins as it would alone; the same settings and seed give
the same weights as a training by itself (tested). What a try comes to, memory that does not do included, is a result.
"""

from dataclasses import dataclass
from typing import Any

from studio.domain.job import JobFolder
from studio.domain.search import Search
from studio.domain.search_space import search_of
from studio.domain.tries import (
    EndReason,
    Try,
    explain_nothing,
    find_best,
    read_tries,
    reason_to_end,
)
from studio.errors import StudioError
from studio.worker.bases import Bases
from studio.worker.lesson import prepare_lesson
from studio.worker.loading import pick_device
from studio.worker.room import told_when_full
from studio.worker.study import Study
from studio.worker.task import Task, read_spec
from studio.worker.team import Team
from studio.worker.templates import load_tokenizer
from studio.worker.train import choose_format
from studio.worker.trying import Asked, Ground, clear, keep_only_best, perform_try

# The noise is worth a second attempt, not more.
MOST_TWINS = 2


def search(task: Task) -> dict[str, Any]:
    """Run tries until the budget is spent or the search is stopped, and give the best; what was tried before counts.

    Raises:
        StudioError: `search.nothing_held_out`; `search.all_out_of_memory`, `search.all_diverged`, `search.nothing_worked`;
            `train.nothing_to_learn`, `train.disk_full`, `model.*`.
    """
    with told_when_full(task):
        ground = prepare_ground(task)
        study = Study(task.folder, task.recipe, ended_tries(task))
        if study.was_renewed:
            task.note("study_renewed")
        reason = Searching(task, search_of(task.recipe), ground, study).run()
        return report(task, reason)


@dataclass(frozen=True, slots=True)
class Searching:
    """A search at work."""

    task: Task
    search: Search
    ground: Ground
    study: Study

    def run(self) -> EndReason | None:
        """Do one try after the other; give why no further one began, or None where the search was stopped."""
        while not self.task.is_cancelled:
            tries = ended_tries(self.task)
            reason = reason_to_end(self.search, tries)
            if reason is not None:
                return reason
            asked = self.choose(tries)
            if asked is None:
                return "grid"
            self.do(asked)
        return None

    def choose(self, tries: list[Try]) -> Asked | None:
        """Give what is tried next, None where everything was."""
        if self.search.measure_noise and (first := without_twin(tries)) is not None:
            self.study.repeat(first.settings)
        found = self.study.ask(tries)
        return None if found is None else Asked(next_number(self.task.folder), *found)

    def do(self, asked: Asked) -> None:
        """Do one try and take note of it everywhere."""
        self.task.enter("trying")
        self.task.emit("try", number=asked.number, settings=asked.settings)
        perform_try(self.task, asked, self.ground)
        tries = ended_tries(self.task)
        ended = next(one for one in tries if one.number == asked.number)
        self.study.tell(asked.trial, ended)
        self.task.emit(
            "tried",
            number=ended.number,
            state=ended.state,
            value=ended.value,
            seconds=ended.seconds,
        )
        if not ended.is_counted:
            self.study.again(asked.settings)
        keep_only_best(self.task.folder, tries)


def prepare_ground(task: Task) -> Ground:
    """Load what all tries share.

    Raises:
        StudioError: `search.nothing_held_out`, `train.nothing_to_learn`, `model.*`.
    """

    def told(count: int, seconds: float) -> None:
        task.emit("base_loaded", count=count, seconds=round(seconds, 3))

    task.enter("loading")
    team = Team(pick_device())
    choice = choose_format(task, team, wanted=earlier_format(task.folder))
    tokenizer = load_tokenizer(task.model_path)
    task.enter("preparing")
    lesson = prepare_lesson(task, tokenizer)
    if not lesson.held_out_rows:
        raise StudioError("search.nothing_held_out")
    return Ground(team, Bases(told), choice, lesson)


def earlier_format(folder: JobFolder) -> str | None:
    """Give the number format of the tries before: what is measured as fastest may differ from one worker to the next."""
    first = next((JobFolder(path) for path in sorted(folder.tries.glob("[0-9]*"))), None)
    if first is None or not first.spec.exists():
        return None
    return read_spec(first)["recipe"]["training"]["compute_dtype"]


def ended_tries(task: Task) -> list[Try]:
    """Give the tries so far; none runs while this is asked."""
    return read_tries(task.folder, is_running=False)


def without_twin(tries: list[Try]) -> Try | None:
    """Give the first try that finished where its twin is still to come; one that was cut short comes once more."""
    twins = [one for one in tries if one.is_twin]
    if len(twins) >= MOST_TWINS or any(one.is_counted for one in twins):
        return None
    return next((one for one in tries if one.state == "done"), None)


def next_number(folder: JobFolder) -> int:
    """Give the number of the next try."""
    return max((int(path.name) for path in folder.tries.glob("[0-9]*")), default=0) + 1


def report(task: Task, reason: EndReason | None) -> dict[str, Any]:
    """Give the values of the outcome.

    Raises:
        StudioError: no try finished, though nobody has stopped the search.
    """
    tries = ended_tries(task)
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
