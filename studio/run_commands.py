"""What the commands around trainings do: start, stop, go on, list."""

import math
import uuid
from pathlib import Path
from typing import Any

from studio.commands import FAILED, Context, say_error
from studio.domain.job import Job
from studio.domain.recipe import Recipe, dump_recipe, load_recipe, set_value
from studio.domain.search_plan import SearchPlan, plan_rest
from studio.domain.tries import Board, board_value
from studio.errors import StudioError
from studio.foreground import Foreground
from studio.i18n import Translator
from studio.services.repeating import repeat_steps
from studio.services.workspace import Workspace


def run(context: Context) -> int:
    """`studio run RECIPE`: train in the foreground."""
    args, workspace = context.args, context.workspace()
    with Foreground(workspace, context.t) as foreground:
        recipe = choose_recipe(workspace, args.recipe, args.set or [])
        if args.data is None:
            refuse_other_data(workspace, recipe)
        else:
            dataset = workspace.datasets.add_file(
                args.data, args.data.name, recipe.data.held_out_percent
            )
            repeat_steps(workspace.datasets.folder(dataset.id), recipe.data.steps)
            recipe = recipe.model_copy(
                update={"data": recipe.data.model_copy(update={"id": dataset.id})}
            )
        name = Path(args.recipe).stem if args.data is None else None
        job = foreground.finish(workspace.submit_training(recipe, key=uuid.uuid4().hex, name=name))
    return report_run(context, workspace, job)


def refuse_other_data(workspace: Workspace, recipe: Recipe) -> None:
    """Raise where the recipe was made with other changes of its data set than there are now.

    Raises:
        StudioError: `recipe.other_data`, `data.unknown`.
    """
    done = workspace.datasets.steps(recipe.data.id)
    if recipe.data.steps and recipe.data.steps != done:
        then, now = len(recipe.data.steps), len(done)
        raise StudioError("recipe.other_data", id=recipe.data.id, then=then, now=now)


def choose_recipe(workspace: Workspace, name: str, changes: list[str]) -> Recipe:
    """Give a recipe that ships with the studio, or the one in a file."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return load_recipe(path, changes)
    return workspace.recipes.load(name, changes)


def report_run(context: Context, workspace: Workspace, job: Job) -> int:
    """Tell how a training ended."""
    tuned = job.folder.tuned
    result: dict[str, Any] = {
        "run": str(job.id),
        "state": job.state,
        "seconds": round((job.finished or 0) - job.created, 1),
        "adapter": str(tuned) if tuned == job.folder.adapter else None,
        "model": str(tuned) if tuned == job.folder.model else None,
    }
    if job.kind == "search":
        best = workspace.searches.board(job.id).best
        learned = workspace.searches.learned(job.id, best)
        result |= {"adapter": str(learned) if learned else None, "value": best and best.value}
    if job.error is not None:
        result["error"] = job.error.as_dict()
        say_error(context.t, job.error)
    context.say(
        result, context.t("cli.run_ended", **describe(context.t, job), seconds=result["seconds"])
    )
    return 0 if job.state == "done" else FAILED


def describe(t: Translator, job: Job) -> dict[str, Any]:
    """Give what a line about a job says."""
    return {"id": job.id, "name": job.name, "state": t(f"states.{job.state}")}


def resume(context: Context) -> int:
    """`studio resume ID`: go on with a training in the foreground."""
    workspace = context.workspace()
    args = context.args
    with Foreground(workspace, context.t) as foreground:
        again = workspace.submit_resume(args.id, key=uuid.uuid4().hex, changes=args.set or [])
        job = foreground.finish(again)
    return report_run(context, workspace, job)


def search(context: Context) -> int:
    """`studio search ID`: the board of a search; or its best try as a training, one try ended or cloned, or all of it paused."""
    workspace, args = context.workspace(), context.args
    if args.stop_try is not None:
        workspace.searches.stop_try(args.id, args.stop_try)
    if args.pause:
        job = workspace.searches.pause(args.id)
        said = context.t("cli.search_paused", id=job.id, name=job.name)
        context.say({"run": str(job.id), "state": job.state}, said)
        return 0
    if args.clone is not None:
        settings = workspace.searches.clone_try(args.id, args.clone, read_changes(args.set or []))
        shown = " ".join(f"{path}={value}" for path, value in settings.items())
        context.say({"settings": settings}, context.t("cli.try_cloned", settings=shown))
        return 0
    if args.use_best:
        job = workspace.searches.use_best(args.id)
        context.say({"run": str(job.id)}, context.t("cli.run_line", **describe(context.t, job)))
        return 0
    board = workspace.searches.board(args.id)
    learned = workspace.searches.learned(args.id, board.best)
    result = board_value(board, str(learned) if learned else None)
    lines = board_lines(context.t, board)
    left = what_is_left(workspace, args.id, board)
    if left is not None:
        result["left"] = {"tries": left.tries, "seconds": round(left.seconds)}
        minutes = math.ceil(left.seconds / 60)
        lines.append(context.t("cli.tries_left", tries=left.tries, minutes=minutes))
    context.say(result, "\n".join(lines))
    return 0


def what_is_left(workspace: Workspace, job_id: int, board: Board) -> SearchPlan | None:
    """Give what is still to come of a search that goes on; None before its own tries can say it."""
    if workspace.searches.get(job_id).is_final:
        return None
    devices = len(workspace.machine().devices)
    return plan_rest(workspace.runs.recipe(job_id), board.tries, devices)


def read_changes(changes: list[str]) -> dict[str, Any]:
    """Give `section.field=value` changes by their place.

    Raises:
        StudioError: `recipe.change_unclear`.
    """
    values: dict[str, Any] = {}
    for change in changes:
        set_value(values, change)
    return {
        f"{section}.{field}": value
        for section, fields in values.items()
        for field, value in fields.items()
    }


def board_lines(t: Translator, board: Board) -> list[str]:
    """Give a board for a terminal: the tries, the best first, and how much each setting matters."""
    ranked = sorted(
        board.tries,
        key=lambda one: (one.state != "done", math.inf if one.value is None else one.value),
    )
    lines = [
        t(
            "cli.try_line",
            number=one.number,
            state=t(f"try_states.{one.state}"),
            value="–" if one.value is None else f"{one.value:.4f}",
            seconds=f"{one.seconds:.0f}",
            settings=" ".join(f"{path}={value}" for path, value in one.settings.items()),
        )
        for one in ranked
    ]
    if board.noise is not None:
        lines.append(t("cli.try_noise", noise=f"{board.noise:.4f}"))
    shares = ", ".join(
        f"{t(f'fields.{path}')} {share:.0%}"
        for path, share in sorted(board.importance.items(), key=lambda item: -item[1])
    )
    return [*lines, *([t("cli.try_importance", shares=shares)] if shares else [])]


def cancel(context: Context) -> int:
    """`studio cancel ID`: ask a training to stop; it saves first what it has learned, or with --discard nothing."""
    args = context.args
    job = context.workspace().jobs.request_cancel(args.id, discard=args.discard)
    result = {"run": str(job.id), "state": job.state}
    context.say(result, context.t("cli.cancelled", id=job.id, name=job.name))
    return 0


def list_runs(context: Context) -> int:
    """`studio runs [ID]`: what there is, or one in detail."""
    workspace = context.workspace()
    if context.args.id is not None:
        return show_run(context, workspace, context.args.id)
    jobs = workspace.jobs.list(kind="train")
    rows = [
        {"run": str(job.id), "name": job.name, "state": job.state, "created": job.created}
        for job in jobs
    ]
    lines = [context.t("cli.run_line", **describe(context.t, job)) for job in jobs]
    context.say({"runs": rows}, "\n".join(lines) or context.t("cli.no_runs"))
    return 0


def show_run(context: Context, workspace: Workspace, run_id: int) -> int:
    """Print one run: how it went and with which settings."""
    now = workspace.runs.snapshot(run_id)
    result = {
        "run": str(run_id),
        "name": now.job.name,
        "state": now.job.state,
        "step": now.step,
        "total_steps": now.total_steps,
        "loss": now.loss,
        "held_out_loss": now.held_out_loss,
        "events": now.events,
        "error": now.job.error.as_dict() if now.job.error else None,
        "recipe": workspace.runs.recipe(run_id).model_dump(mode="json"),
    }
    line = context.t("cli.run_line", **describe(context.t, now.job))
    context.say(result, line + "\n" + dump_recipe(workspace.runs.recipe(run_id)))
    return 0
