"""What each command of the command line does, one function per command.

Results go to stdout (with `--json` as one JSON object on the last line), everything else to stderr.
"""

import argparse
import json
import shutil
import sys
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio import __version__
from studio.domain.job import Job
from studio.domain.recipe import Recipe, dump_recipe, load_recipe
from studio.domain.records import Message
from studio.errors import StudioError
from studio.foreground import Foreground
from studio.i18n import Translator
from studio.runner.local import LocalExecutor
from studio.runner.runner import Runner, take_lock
from studio.services.data_check import check_file
from studio.services.machine import (
    describe_machine,
    free_disk_bytes,
    missing_packages,
    probe_training,
)
from studio.services.playground import AskOptions
from studio.services.repeating import repeat_steps
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Settings

FAILED = 1
MOST_SKIPPED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Context:
    """What every command gets: its arguments, the texts, and where things are stored."""

    args: argparse.Namespace
    t: Translator
    settings: Settings

    def workspace(self) -> Workspace:
        return open_workspace(self.settings)

    def say(self, result: dict[str, Any], text: str) -> None:
        """Print a result: as JSON where that was asked for, else as text."""
        print(json.dumps(result, ensure_ascii=False) if self.args.json else text)


def serve(context: Context) -> int:
    """`studio serve`: the page."""
    from studio.ui.server import serve as serve_page  # noqa: PLC0415  Gradio takes seconds that no other command needs

    args, settings = context.args, context.settings
    if args.password_file:
        settings = replace(settings, password=read_password(args.password_file))
    workspace = open_workspace(settings)
    try:
        serve_page(workspace, settings, args.host, args.port, not args.no_browser, context.t)
    finally:
        workspace.close()
    return 0


def read_password(path: Path) -> str:
    """Give the first line of a password file."""
    try:
        return path.read_text(encoding="utf-8").splitlines()[0].strip()
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise StudioError("serve.password_unreadable", file=path.name) from error


def run_runner(context: Context) -> int:
    """`studio runner`: does the jobs of a home until nobody needs it."""
    home = context.workspace().settings.home
    lock = take_lock(home)
    if lock is None:
        return 0
    Runner(home, LocalExecutor(home.runner_log), keeps_standby=True).serve_forever()
    lock.release()
    return 0


def run(context: Context) -> int:
    """`studio run RECIPE`: train in the foreground."""
    args, workspace = context.args, context.workspace()
    with Foreground(workspace, context.t) as foreground:
        recipe = choose_recipe(workspace, args.recipe, args.set or [])
        if args.data is not None:
            dataset = workspace.datasets.add_file(
                args.data, args.data.name, recipe.data.held_out_percent
            )
            repeat_steps(workspace.datasets.folder(dataset.id), recipe.data.steps)
            recipe = recipe.model_copy(
                update={"data": recipe.data.model_copy(update={"id": dataset.id})}
            )
        name = Path(args.recipe).stem if args.data is None else None
        job = foreground.finish(workspace.submit_training(recipe, key=uuid.uuid4().hex, name=name))
    return report_run(context, job)


def choose_recipe(workspace: Workspace, name: str, changes: list[str]) -> Recipe:
    """Give a recipe that ships with the studio, or the one in a file."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return load_recipe(path, changes)
    return workspace.recipes.load(name, changes)


def report_run(context: Context, job: Job) -> int:
    """Tell how a training ended."""
    tuned = job.folder.tuned
    result: dict[str, Any] = {
        "run": str(job.id),
        "state": job.state,
        "seconds": round((job.finished or 0) - job.created, 1),
        "adapter": str(tuned) if tuned == job.folder.adapter else None,
        "model": str(tuned) if tuned == job.folder.model else None,
    }
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


def chat(context: Context) -> int:
    """`studio chat ID --prompt TEXT`: base and tuned model answer."""
    workspace, args = context.workspace(), context.args
    conversation = [Message("user", args.prompt)]
    columns = workspace.playground.columns(args.id)
    try:
        answers = [*workspace.playground.ask(args.id, [conversation] * len(columns), AskOptions())][
            -1
        ]
    finally:
        workspace.close()
    base, tuned = answers[0].text, answers[1].text
    context.say({"base": base, "tuned": tuned}, context.t("cli.answers", base=base, tuned=tuned))
    return 0


def export(context: Context) -> int:
    """`studio export ID --out DIR`: make a download and put it into a folder."""
    workspace, args = context.workspace(), context.args
    with Foreground(workspace, context.t) as foreground:
        job = foreground.finish(workspace.submit_export(args.id, args.to, key=uuid.uuid4().hex))
    if job.error is not None:
        raise job.error
    source = workspace.export_file(job.id)
    args.out.mkdir(parents=True, exist_ok=True)
    target = args.out / source.name
    shutil.copyfile(source, target)
    context.say({"file": str(target), "bytes": target.stat().st_size}, str(target))
    return 0


def check_data(context: Context) -> int:
    """`studio data check FILE`: what the studio would make of a file, without keeping it."""
    args, t, workspace = context.args, context.t, context.workspace()
    try:
        checked = check_file(args.file, args.model, workspace.lengths)
    finally:
        workspace.close()
    facts, lengths = checked.facts, checked.lengths
    cut, _ = lengths.cut_at(args.max_length)
    tokens = {"median": lengths.median, "p95": lengths.p95, "max": lengths.longest, "cut": cut}
    result = {
        "format": facts.format,
        "shape": facts.shape,
        "rows": facts.rows,
        "used": facts.used,
        "skipped_rows": facts.skipped_rows,
        "skipped": [{"line": skip.line, "reason": skip.reason} for skip in facts.skipped],
        "issues": [{"code": found.code, "count": found.rows} for found in checked.health.findings],
        "tokens": tokens | {"counted_rows": lengths.counted_rows, "is_sample": lengths.is_sample},
        "labels": facts.labels,
        "placeholders": facts.placeholders,
        "train_rows": facts.train_rows,
        "held_out_rows": facts.held_out_rows,
        "notices": [{"code": notice.code, **notice.values} for notice in facts.notices],
    }
    lines = [
        t("cli.checked", **{key: result[key] for key in ("shape", "rows", "used")}),
        *(
            t("cli.checked_skipped", line=skip.line, reason=t.reason(skip.reason))
            for skip in facts.skipped[:MOST_SKIPPED_SHOWN]
        ),
        *(
            t("cli.checked_issue", title=t(f"health.{found.code}.title"), count=found.rows)
            for found in checked.health.findings
        ),
        t("cli.checked_tokens", **tokens, limit=args.max_length),
    ]
    if lengths.is_sample:
        lines.append(t("cli.checked_sample", n=lengths.counted_rows))
    context.say(result, "\n".join(lines))
    return 0


def show_recipe(context: Context) -> int:
    """`studio recipe list|show NAME`: the recipes, or one of them complete with help."""
    library = context.workspace().recipes
    if context.args.action == "list":
        context.say({"recipes": library.names()}, "\n".join(library.names()))
    else:
        recipe = library.load(context.args.name)
        context.say(recipe.model_dump(mode="json"), dump_recipe(recipe).rstrip())
    return 0


def doctor(context: Context) -> int:
    """`studio doctor`: what this machine can do, and what is missing."""
    home = context.settings.home.create()
    machine, missing = describe_machine(), missing_packages()
    probed = None if missing else probe_training()
    facts = {
        "version": __version__,
        "python": sys.version.split()[0],
        "home": str(home.root),
        "free_disk_bytes": free_disk_bytes(home.root),
        "device": machine.device,
        "name": machine.name,
        "cores": machine.cores,
        "memory_bytes": machine.memory_bytes,
        "missing": missing,
        "training": probed,
    }
    lines = [
        f"{key}: {value}" for key, value in facts.items() if key not in ("training", "missing")
    ]
    if probed is not None:
        lines.append(
            f"dtype: {probed['dtype']} ({context.t('notes.' + probed['reason'], **probed['values'])})"
        )
        lines.append(
            context.t("cli.four_bit_works" if probed["has_4_bit"] else "cli.four_bit_fails")
        )
    else:
        lines.append(context.t("cli.packages_missing", names=", ".join(missing) or "torch"))
    context.say(facts, "\n".join(lines))
    return 0 if probed is not None else FAILED


def say_error(t: Translator, error: StudioError) -> None:
    """Print an error for people to stderr."""
    text = t.error(error)
    print(f"{text.title}: {text.what} {text.fix}", file=sys.stderr)
