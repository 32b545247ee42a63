"""Go on from an earlier training: what it learned is checked, then laid into the new training's own folder."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.domain.job import JobFolder
from studio.domain.method import METHODS
from studio.domain.recipe import Recipe
from studio.errors import StudioError
from studio.services.jobs import JobQueue
from studio.services.runs import RunReader

# Methods whose results go on with one another: the same adapter on a base in 4 bits or not.
SAME_ADAPTER = {"qlora": "lora"}


def find_start(jobs: JobQueue, runs: RunReader, recipe: Recipe) -> Path | None:
    """Give the folder of what an earlier training learned; None where the recipe starts afresh.

    Raises:
        StudioError: `continue.unknown`, `continue.other_model`, `continue.other_method`.
    """
    run_id = recipe.model.continue_from
    if run_id is None:
        return None
    try:
        job = jobs.get(run_id)
    except StudioError as error:
        raise StudioError("continue.unknown", run=run_id) from error
    tuned = job.folder.tuned if job.kind == "train" and job.is_final else None
    if tuned is None:
        raise StudioError("continue.unknown", run=run_id)
    earlier = runs.recipe(run_id)
    # A version stands behind the name: other weights, another model.
    theirs, ours = earlier.model.id, recipe.model.id
    if theirs != ours:
        raise StudioError("continue.other_model", run=run_id, theirs=theirs, ours=ours)
    differing = differing_settings(earlier, recipe)
    if differing:
        raise StudioError("continue.other_method", run=run_id, settings=", ".join(differing))
    return tuned


def differing_settings(earlier: Recipe, recipe: Recipe) -> list[str]:
    """Give the settings of the method by which what was learned has another shape, as it was then."""
    before, now = earlier.method.model_dump(), recipe.method.model_dump()
    if family(before["type"]) != family(now["type"]):
        return [f"method.type = {before['type']}"]
    if METHODS[earlier.method.type].result == "model":
        # All weights are there, whichever of them were learned.
        return []
    return [
        f"method.{name} = {value}"
        for name, value in before.items()
        if name != "type" and now[name] != value
    ]


def family(method_type: str) -> str:
    """Give what a method's result is called among those that go on with one another."""
    if METHODS[method_type].result == "model":
        return "model"
    return SAME_ADAPTER.get(method_type, method_type)


def put_start(source: Path | None) -> Callable[[JobFolder], None]:
    """Give what lays the start into a job's folder, so that the folder needs no other one."""

    def put(folder: JobFolder) -> None:
        if source is not None:
            shutil.copytree(source, folder.start, copy_function=link_or_copy)

    return put


def link_or_copy(source: str, target: str) -> Any:
    """Give a file a second name where the disk can do that: weights never change, and may be large."""
    try:
        os.link(source, target)
    except OSError:
        return shutil.copy2(source, target)
    return target
