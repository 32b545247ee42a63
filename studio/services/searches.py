"""Searches from outside: their board, one try that is to end, the best one as a training, and going on with more time."""

import json
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio.domain.checkpoint_files import link
from studio.domain.job import Job, JobFolder, write_by_rename
from studio.domain.kept_files import find_learned
from studio.domain.next_try import Wanted, waiting_wishes
from studio.domain.recipe import Recipe, list_mistakes, parse_recipe, refuse_excluded, set_value
from studio.domain.search_space import (
    TYPE,
    Settings,
    can_vary,
    keep_meaningful,
    value_at,
    with_settings,
)
from studio.domain.tries import Board, Try, read_board
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.services.jobs import JobQueue

# So many devices do tries of one search at the same time.
MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Searches:
    """The searches of one home."""

    jobs: JobQueue

    def get(self, job_id: int) -> Job:
        """Give a search.

        Raises:
            StudioError: `job.unknown`, also for a job that is no search.
        """
        job = self.jobs.get(job_id)
        if job.kind != "search":
            raise StudioError("job.unknown", id=job_id)
        return job

    def board(self, job_id: int) -> Board:
        """Give what a search has found so far.

        Raises:
            StudioError: `job.unknown`.
        """
        job = self.get(job_id)
        return read_board(job.folder, is_running=not job.is_final)

    def mark(self, job_id: int) -> list[Any]:
        """Give what is another value whenever the board is another one, without reading it.

        Raises:
            StudioError: `job.unknown`.
        """
        job = self.get(job_id)
        # The newest ones may be at work, one per device.
        newest = sorted(job.folder.tries.glob("[0-9]*"))[-MOST_AT_ONCE:]
        growing = [size_of(JobFolder(path).events) for path in newest]
        stopping = [path.name for path in newest if JobFolder(path).cancel.exists()]
        own = [job.id, job.state, job.queue_place, size_of(job.folder.events)]
        wishes = sorted(path.name for path in job.folder.wishes.glob("*.json"))
        return [*own, job.folder.cancel.exists(), *growing, *stopping, *wishes]

    def waiting(self, job_id: int, board: Board) -> list[Wanted]:
        """Give the copies that somebody has asked for and that are not begun, in the order in which they come.

        Raises:
            StudioError: `job.unknown`.
        """
        return waiting_wishes(board.tries, self.get(job_id).folder)

    def learned(self, job_id: int, one: Try | None) -> Path | None:
        """Give the folder of what a try has learned, where it is kept and whole."""
        return None if one is None else find_learned(self.jobs.folder(job_id).attempt(one.number))

    def pause(self, job_id: int) -> Job:
        """Have a search stop; it goes on with what is left of its budget by `Workspace.submit_resume`.

        The try that is at work comes again then; only what has ended is paid for.

        Raises:
            StudioError: `job.unknown`, `search.is_over`.
        """
        if self.get(job_id).is_final:
            raise StudioError("search.is_over", id=job_id)
        return self.jobs.request_cancel(job_id)

    def stop_try(self, job_id: int, number: int) -> None:
        """Ask one try to end; the search goes on with the next one.

        Raises:
            StudioError: `job.unknown`, `search.no_try`.
        """
        self.find_try(job_id, number)
        self.get(job_id).folder.attempt(number).cancel.touch()

    def clone_try(self, job_id: int, number: int, changes: Mapping[str, Any]) -> Settings:
        """Have a search at work try the settings of one of its tries next, with some of them changed; give those settings.

        `changes` are values by their place in the recipe, such as `training.learning_rate`. They may lie outside of what
        the search varies.

        Raises:
            StudioError: `job.unknown`, `search.no_try`, `search.is_over`, `search.tried_before`, `search.asked_before`,
                `recipe.invalid`.
        """
        source, job = self.find_try(job_id, number), self.get(job_id)
        if job.is_final:
            raise StudioError("search.is_over", id=job_id)
        spec = parse_yaml(job.folder.spec.read_text(encoding="utf-8"))
        settings = changed_settings(
            Recipe.model_validate(spec["recipe"]), {**source.settings, **changes}
        )
        board = self.board(job_id)
        known = next((one for one in board.tries if one.settings == settings), None)
        if known is not None:
            raise StudioError("search.tried_before", id=job_id, number=known.number)
        if any(one.settings == settings for one in self.waiting(job_id, board)):
            raise StudioError("search.asked_before", id=job_id)
        job.folder.wishes.mkdir(mode=0o700, exist_ok=True)
        taken = sorted(path.name for path in job.folder.wishes.glob("*.json"))
        place = int(taken[-1].partition("-")[0]) + 1 if taken else 1
        # Two who wish at the same moment get files of their own.
        path = job.folder.wishes / f"{place:04d}-{uuid.uuid4().hex[:8]}.json"
        write_by_rename(path, json.dumps({"settings": settings, "clone_of": number}))
        return settings

    def withdraw(self, job_id: int, wish: str) -> None:
        """Take back a copy that was asked for and is not begun.

        Raises:
            StudioError: `job.unknown`, `search.no_wish`.
        """
        waiting = self.waiting(job_id, self.board(job_id))
        if all(one.wish != wish for one in waiting):
            raise StudioError("search.no_wish", id=job_id)
        (self.get(job_id).folder.wishes / f"{wish}.json").unlink(missing_ok=True)

    def use_best(self, job_id: int) -> Job:
        """Give the best try as a training of its own, in the list with all others; nothing is trained anew.

        Raises:
            StudioError: `job.unknown`, `search.no_best`, `search.best_lost`.
        """
        job, best = self.get(job_id), self.board(job_id).best
        if best is None:
            raise StudioError("search.no_best", id=job_id)
        if self.learned(job_id, best) is None:
            raise StudioError("search.best_lost", id=job_id, number=best.number)
        source = job.folder.attempt(best.number)
        key = f"best-of-{job_id}-{best.number}"
        return self.jobs.adopt(f"{job.name}-{best.number}", key, lambda f: take_over(source, f))

    def recipe(self, job_id: int, number: int) -> Recipe:
        """Give the recipe that repeats one try.

        Raises:
            StudioError: `job.unknown`, `search.no_try`.
        """
        self.find_try(job_id, number)
        spec = self.get(job_id).folder.attempt(number).spec
        return Recipe.model_validate(parse_yaml(spec.read_text(encoding="utf-8"))["recipe"])

    def changed(self, recipe: Recipe, changes: Sequence[str]) -> Recipe:
        """Give the recipe of a search with other limits; what it varies stays.

        Raises:
            StudioError: `recipe.invalid`, `recipe.change_unclear`, `search.other_change`.
        """
        values = recipe.model_dump(mode="json")
        for change in changes:
            set_value(values, change)
        again = parse_recipe(values)
        limits = {"tries": None, "minutes": None, "no_better_tries": None}
        if without(recipe, limits) != without(again, limits):
            raise StudioError("search.other_change", changes=", ".join(changes))
        return again

    def find_try(self, job_id: int, number: int) -> Try:
        """Give one try.

        Raises:
            StudioError: `job.unknown`, `search.no_try`.
        """
        found = next((one for one in self.board(job_id).tries if one.number == number), None)
        if found is None:
            raise StudioError("search.no_try", id=job_id, number=number)
        return found


def changed_settings(recipe: Recipe, wanted: Mapping[str, Any]) -> Settings:
    """Give settings as the recipe's fields read them, without those that have no meaning with the method.

    Raises:
        StudioError: `recipe.invalid` with all that a search cannot vary, or that the field does not allow.
    """
    method = str(wanted.get(TYPE, recipe.method.type))
    unknown = [path for path in wanted if not can_vary(path)]
    mistakes = [f"{path} = {str(wanted[path])[:60]}" for path in unknown]
    known = {path: value for path, value in wanted.items() if path not in unknown}
    if not mistakes:
        kept = keep_meaningful(known, method)
        try:
            tried = with_settings(recipe, kept)
            refuse_excluded(tried)
            return {path: value_at(tried, path) for path in kept}
        except ValidationError as error:
            mistakes = list_mistakes(error)
    raise StudioError("recipe.invalid", count=len(mistakes), settings=", ".join(mistakes))


def size_of(path: Path) -> int:
    """Give the size of a file that may not be there yet."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def without(recipe: Recipe, limits: dict[str, None]) -> Recipe:
    """Give a recipe whose search has no limits, to be compared with another one."""
    search = recipe.search and recipe.search.model_copy(update=limits)
    return recipe.model_copy(update={"search": search})


def take_over(source: JobFolder, target: JobFolder) -> None:
    """Fill the folder of a training with what a try has left; files that never change get a second name."""
    for path in (source.train_rows, source.held_out_rows):
        if path.exists():
            link(path.resolve(), target.train_rows.parent / path.name)
    tuned = source.tuned
    for path in tuned.rglob("*") if tuned else ():
        if path.is_file():
            link(path, target.path / path.relative_to(source.path))
    for path in (source.events, source.spec, source.result):
        shutil.copyfile(path, target.path / path.name)


def hand_over_search(source: JobFolder) -> Callable[[JobFolder], None]:
    """Give what lays everything that a search has tried into the folder of one that goes on with it."""

    def fill(target: JobFolder) -> None:
        for path in (source.train_rows, source.held_out_rows):
            if path.exists():
                link(path, target.train_rows.parent / path.name)
        if source.start.exists():
            shutil.copytree(source.start, target.start)
        if source.study.exists():
            shutil.copyfile(source.study, target.study)
        if source.wishes.exists():
            shutil.copytree(source.wishes, target.wishes)
        for path in source.tries.rglob("*"):
            place = target.path / path.relative_to(source.path)
            if path.is_symlink():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(path.readlink())
            elif path.is_file():
                link(path, place)

    return fill
