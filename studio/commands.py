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
from studio.domain.full_disk import is_disk_full
from studio.domain.pushing import PushOrder
from studio.domain.recipe import dump_recipe
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


def export(context: Context) -> int:
    """`studio export ID --out DIR --push OWNER/NAME`: make a download, put it into a folder, and bring it to the Hub."""
    workspace, args = context.workspace(), context.args
    order = args.push and PushOrder(
        args.push, not args.public, args.push_different, args.push_update
    )
    if order:
        # Before minutes of work.
        workspace.pushes.check(order)
    with Foreground(workspace, context.t) as foreground:
        job = foreground.finish(workspace.submit_export(args.id, args.to, key=uuid.uuid4().hex))
        if job.error is not None:
            raise job.error
        values, source = workspace.exports.outcome(job.id), workspace.export_file(job.id)
        args.out.mkdir(parents=True, exist_ok=True)
        target = args.out / source.name
        shutil.copyfile(source, target)
        told = str(target)
        if order:
            sys.stderr.write(f"{told}\n")
            pushed = foreground.finish(workspace.pushes.submit(job.id, order, uuid.uuid4().hex))
            if pushed.error is not None:
                raise pushed.error
            outcome = pushed.folder.outcome()
            values = {**values, "pushed": outcome.values["page"] if outcome else ""}
            told = values["pushed"]
    context.say({**values, "file": str(target)}, told)
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
    """`studio recipe list|show NAME|show ID`: the recipes, or one of them, or a training's, complete with help."""
    workspace, name = context.workspace(), context.args.name
    library = workspace.recipes
    if context.args.action == "list":
        context.say({"recipes": library.names()}, "\n".join(library.names()))
    elif name.isdecimal():
        recipe = workspace.runs.recipe(int(name))
        context.say(recipe.model_dump(mode="json"), workspace.runs.recipe_text(int(name)).rstrip())
    else:
        recipe = library.load(name)
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
        "devices": len(machine.devices),
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


def for_people(raised: StudioError | OSError) -> StudioError:
    """Give what there are words for; everything else flies on.

    Raises:
        OSError: it was not that the disk is full.
    """
    if isinstance(raised, StudioError):
        return raised
    if is_disk_full(raised):
        return StudioError("home.disk_full")
    raise raised


def say_error(t: Translator, error: StudioError) -> None:
    """Print an error for people to stderr."""
    text = t.error(error)
    print(f"{text.title}: {text.what} {text.fix}", file=sys.stderr)
