"""The command line: the same services as the page. Bad input is one sentence and exit code 2."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path

from studio import __version__, chat_commands, commands, run_commands
from studio.commands import Context
from studio.domain.export_targets import TARGETS
from studio.errors import StudioError
from studio.i18n import Translator, languages, translator
from studio.settings import Settings

BAD_INPUT = 2
Add = Callable[[str, Callable[[Context], int]], argparse.ArgumentParser]


def build_parser(t: Translator) -> argparse.ArgumentParser:
    """Give the parser of every command."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help=t("cli.help.json"))
    shared.add_argument("--home", type=Path, metavar="DIR", help=t("cli.help.home"))
    parser = argparse.ArgumentParser(prog="studio", description=t("cli.help.studio"))
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Callable[[Context], int]) -> argparse.ArgumentParser:
        command = subparsers.add_parser(name, parents=[shared], help=t(f"cli.help.{name}"))
        command.set_defaults(function=function)
        return command

    command = add("serve", commands.serve)
    command.add_argument("--host", default="127.0.0.1", help=t("cli.help.host"))
    command.add_argument("--port", type=int, default=7860, help=t("cli.help.port"))
    command.add_argument("--no-browser", action="store_true", help=t("cli.help.no_browser"))
    command.add_argument(
        "--password-file", type=Path, metavar="FILE", help=t("cli.help.password_file")
    )
    add_run_commands(add, t)
    command = add("chat", chat_commands.chat)
    command.add_argument("ids", nargs="+", metavar="ID", help=t("cli.help.chat_ids"))
    prompts = command.add_mutually_exclusive_group(required=True)
    prompts.add_argument("--prompt", metavar="TEXT", help=t("cli.help.prompt"))
    prompts.add_argument("--prompts", type=Path, metavar="FILE", help=t("cli.help.prompts"))
    command = add("api", chat_commands.switch_api)
    command.add_argument("action", choices=["on", "off"], help=t("cli.help.api_action"))
    add_export(add("export", commands.export), t)
    command = add("data", commands.check_data)
    command.add_argument("action", choices=["check"], help=t("cli.help.data_check"))
    command.add_argument("file", type=Path, metavar="FILE", help=t("cli.help.data_file"))
    command.add_argument("--model", default="starter", metavar="ID", help=t("cli.help.model"))
    command.add_argument(
        "--max-length", type=int, default=512, metavar="N", help=t("cli.help.max_length")
    )
    command = add("recipe", commands.show_recipe)
    command.add_argument("action", choices=["list", "show"], help=t("cli.help.recipe_action"))
    command.add_argument(
        "name", nargs="?", default="quickstart", metavar="NAME", help=t("cli.help.recipe_name")
    )
    add("doctor", commands.doctor)
    add("runner", commands.run_runner)
    return parser


def add_export(command: argparse.ArgumentParser, t: Translator) -> None:
    """Add what `studio export` takes."""
    command.add_argument("id", type=int, metavar="ID", help=t("cli.help.run_id"))
    command.add_argument("--to", metavar="FORM", help=t("cli.help.to", known=", ".join(TARGETS)))
    command.add_argument("--out", type=Path, default=Path(), metavar="DIR", help=t("cli.help.out"))
    command.add_argument("--push", metavar="OWNER/NAME", help=t("cli.help.push"))
    command.add_argument("--public", action="store_true", help=t("cli.help.public"))
    command.add_argument("--push-different", action="store_true", help=t("cli.help.push_different"))
    command.add_argument(
        "--push-update", default="", metavar="COMMIT", help=t("cli.help.push_update")
    )


def add_run_commands(add: Add, t: Translator) -> None:
    """Add the commands around trainings."""
    command = add("run", run_commands.run)
    command.add_argument("recipe", metavar="RECIPE", help=t("cli.help.recipe_name"))
    command.add_argument("--data", type=Path, metavar="FILE", help=t("cli.help.data_file"))
    command.add_argument(
        "--set", action="append", metavar="SECTION.FIELD=VALUE", help=t("cli.help.set")
    )
    command = add("runs", run_commands.list_runs)
    command.add_argument("id", nargs="?", type=int, metavar="ID", help=t("cli.help.run_id"))
    command = add("cancel", run_commands.cancel)
    command.add_argument("id", type=int, metavar="ID", help=t("cli.help.run_id"))
    command.add_argument("--discard", action="store_true", help=t("cli.help.discard"))
    command = add("resume", run_commands.resume)
    command.add_argument("id", type=int, metavar="ID", help=t("cli.help.run_id"))
    command.add_argument(
        "--set", action="append", metavar="search.FIELD=VALUE", help=t("cli.help.resume_set")
    )
    command = add("search", run_commands.search)
    command.add_argument("id", type=int, metavar="ID", help=t("cli.help.run_id"))
    command.add_argument("--use-best", action="store_true", help=t("cli.help.use_best"))
    command.add_argument("--stop-try", type=int, metavar="N", help=t("cli.help.stop_try"))
    command.add_argument("--pause", action="store_true", help=t("cli.help.pause"))
    command.add_argument("--clone", type=int, metavar="N", help=t("cli.help.clone"))
    command.add_argument(
        "--set", action="append", metavar="SECTION.FIELD=VALUE", help=t("cli.help.clone_set")
    )


def choose_language() -> str:
    """Give the first language of the studio that the environment asks for, else English."""
    asked = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return next((tag for tag in languages() if tag.split("-")[0] == asked[:2].lower()), "en")


def main(argv: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    t = translator(choose_language())
    args = build_parser(t).parse_args(argv)
    context = Context(args, t, Settings.from_env(args.home))
    # What the studio stores is for its owner only.
    os.umask(0o077)
    try:
        return args.function(context)
    except (StudioError, OSError) as raised:
        error = commands.for_people(raised)
        commands.say_error(t, error)
        if args.json:
            print(json.dumps({"error": error.as_dict()}, ensure_ascii=False))
        return BAD_INPUT
