"""What `studio chat` does: ask the models of the playground from a terminal, with the same answers; and `studio api`."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.commands import Context
from studio.domain.column import Column, parse_column
from studio.domain.records import Message
from studio.errors import StudioError
from studio.services.columns import MOST_COLUMNS, ColumnLibrary
from studio.services.locks import is_held
from studio.services.playground import Answer, Asked, Playground

# Where the page is when nobody says otherwise.
USUAL_ADDRESS = "http://127.0.0.1:7860"


def chat(context: Context) -> int:
    """`studio chat ID… --prompt TEXT | --prompts FILE`: every model answers every prompt."""
    workspace, args = context.workspace(), context.args
    prompts = read_prompts(args.prompts) if args.prompts else [args.prompt]
    columns = choose_columns(workspace.playground.columns, args.ids)
    try:
        asked = [(prompt, ask(workspace.playground, columns, prompt)) for prompt in prompts]
    finally:
        workspace.close()
    answers = [
        {
            "prompt": prompt,
            "columns": [described(*pair) for pair in zip(columns, said, strict=True)],
        }
        for prompt, said in asked
    ]
    result: dict[str, Any] = {"answers": answers}
    if len(prompts) == 1 and len(columns) == 2 and columns[0].is_base:
        result = {"base": asked[0][1][0].text, "tuned": asked[0][1][1].text, **result}
    context.say(result, "\n\n".join(text_of(columns, prompt, said) for prompt, said in asked))
    return 0


def switch_api(context: Context) -> int:
    """`studio api on | off`: let other programs use the models with a new key, or no longer. A running page obeys at once."""
    workspace = context.workspace()
    if context.args.action == "off":
        workspace.api_key.remove()
        context.say({"api": "off"}, context.t("cli.api_off"))
        return 0
    key, lock = workspace.api_key.make(), workspace.settings.home.server_lock
    address = lock.read_text("utf-8") if is_held(lock) else USUAL_ADDRESS
    result = {"api": "on", "key": key, "base_url": f"{address}/v1"}
    context.say(result, context.t("cli.api_on", secret=key, address=address))
    return 0


def choose_columns(library: ColumnLibrary, keys: Sequence[str]) -> list[Column]:
    """Give who answers: those that were named, behind the base model of the first training unless a base is among them.

    Raises:
        StudioError: `job.unknown`, `chat.too_many_columns`.
    """
    named = list(dict.fromkeys(parse_column(key) for key in keys))
    if all(column.run_id is not None for column in named):
        named = [library.usual(named[0].run_id or 0)[0], *named]
    if len(named) > MOST_COLUMNS:
        raise StudioError("chat.too_many_columns", columns=len(named), most=MOST_COLUMNS)
    return named


def ask(playground: Playground, columns: Sequence[Column], prompt: str) -> list[Answer]:
    """Give the final answers to one prompt; what one column could not do is raised.

    Raises:
        StudioError: `job.unknown`, `model.*`, `chat.*`.
    """
    asked = [Asked(column, [Message("user", prompt)]) for column in columns]
    *_, last = playground.ask(asked)
    problem = next((answer.problem for answer in last.answers if answer.problem), None)
    if problem is not None:
        raise problem
    return last.answers


def read_prompts(path: Path) -> list[str]:
    """Give the lines of a file that say something.

    Raises:
        StudioError: `chat.no_prompts`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StudioError("chat.no_prompts", file=path.name) from error
    prompts = [line.strip() for line in lines if line.strip()]
    if not prompts:
        raise StudioError("chat.no_prompts", file=path.name)
    return prompts


def described(column: Column, answer: Answer) -> dict[str, Any]:
    """Give an answer as JSON; what a column was given to read goes with it."""
    given = answer.passages
    read = {} if given is None else {"passages": [asdict(passage) for passage in given]}
    return {
        "id": column.key,
        "text": answer.text,
        "tokens": answer.tokens,
        "reason": answer.reason,
        "first_seconds": answer.first_seconds,
        "seconds": answer.seconds,
        **read,
    }


def text_of(columns: Sequence[Column], prompt: str, answers: Sequence[Answer]) -> str:
    """Give a prompt and its answers for people to read."""
    lines = [f"> {prompt}"]
    lines += [f"{c.key}: {answer.text}" for c, answer in zip(columns, answers, strict=True)]
    return "\n".join(lines)
