"""The laws of the house, read from the source: who may import whom, what stays out of the web process, how long a file is."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STUDIO = ROOT / "studio"
MODULES = sorted(STUDIO.rglob("*.py"))
MAX_LINES = 300

TRAINING_STACK = {"torch", "transformers", "trl", "peft", "datasets", "accelerate", "bitsandbytes"}
NETWORK = {"socket", "http", "urllib", "requests", "httpx", "ftplib", "smtplib"}
HUB_CLIENTS = {"huggingface_hub", "httpx2", "httpcore2", "hf_xet"}
CLOCKS = {"time"}
# What a clock says; a date that a cell of a table holds is a value.
ASKS_THE_TIME = {"now", "today", "utcnow"}

# The table of docs/decisions.md, "Layers": which of our own parts each part may import. `studio` is the version.
MAY_IMPORT = {
    "__init__": set(),
    "errors": set(),
    "settings": {"errors"},
    "domain": {"domain", "errors"},
    "i18n": {"domain", "errors"},
    "hub": {"hub", "domain", "errors", "studio"},
    "services": {"services", "hub", "domain", "errors", "settings", "studio"},
    "runner": {"runner", "services", "domain", "errors", "settings"},
    "worker": {"worker", "hub", "domain", "errors"},
    "ui": {"ui", "services", "domain", "errors", "settings", "i18n", "studio"},
    "foreground": {"runner", "services", "domain", "errors", "settings", "i18n"},
    "cli": {
        "cli",
        "chat_commands",
        "commands",
        "run_commands",
        "domain",
        "errors",
        "settings",
        "i18n",
        "studio",
    },
    "commands": {
        "foreground",
        "ui",
        "runner",
        "services",
        "domain",
        "errors",
        "settings",
        "i18n",
        "studio",
    },
    "run_commands": {"commands", "foreground", "services", "domain", "errors", "i18n"},
    "chat_commands": {"commands", "services", "domain", "errors"},
    "__main__": {"cli"},
}
MAY_NOT_IMPORT = {
    "domain": TRAINING_STACK | NETWORK | CLOCKS | {"gradio", "sqlite3", "subprocess"},
    "i18n": TRAINING_STACK | {"gradio", "sqlite3"},
    "hub": TRAINING_STACK | {"gradio", "sqlite3"},
    "services": TRAINING_STACK | {"gradio"},
    "runner": TRAINING_STACK | {"gradio"},
    "worker": {"gradio", "sqlite3"},
    "ui": TRAINING_STACK | {"sqlite3"},
    "foreground": TRAINING_STACK | {"gradio", "sqlite3"},
    "cli": TRAINING_STACK | {"gradio", "sqlite3"},
    "commands": TRAINING_STACK | {"gradio", "sqlite3"},
    "run_commands": TRAINING_STACK | {"gradio", "sqlite3"},
    "chat_commands": TRAINING_STACK | {"gradio", "sqlite3"},
}
VAGUE_NAMES = {"utils", "util", "common", "helpers", "constants", "manager", "base", "misc", "core"}
# The edges, where anything at all may go wrong and has to become a sentence, a result or a log line.
EDGES = {"ui/page.py", "worker/run.py", "worker/following.py", "runner/runner.py"}


def part_of(path: Path) -> str:
    """Give the part of the house that a module belongs to: its package, or its own name at the top."""
    inside = path.relative_to(STUDIO).parts
    return inside[0] if len(inside) > 1 else path.stem


def imports_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "studio":
            # `from studio import ui` names a part, `from studio import __version__` the package itself
            parts = {path.stem for path in STUDIO.iterdir()}
            yield from (f"studio.{a.name}" if a.name in parts else "studio" for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def our_part(name: str) -> str | None:
    head, _, rest = name.partition(".")
    return (rest.split(".")[0] or "studio") if head == "studio" else None


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 30
    assert {part_of(path) for path in MODULES} >= MAY_IMPORT.keys() - {"__main__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(STUDIO)))
def test_a_part_imports_only_what_the_table_allows(path: Path) -> None:
    part = part_of(path)
    for name in imports_of(ast.parse(path.read_text(encoding="utf-8"))):
        own = our_part(name)
        if own is not None:
            assert own in MAY_IMPORT[part], f"{part} imports {name}"
        else:
            assert name.split(".")[0] not in MAY_NOT_IMPORT.get(part, set()), (
                f"{part} imports {name}"
            )


def test_the_domain_never_asks_what_time_it_is() -> None:
    asked = {
        path.name
        for path in (STUDIO / "domain").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ASKS_THE_TIME
    }
    assert asked == set()


def test_only_one_part_speaks_to_the_hub() -> None:
    askers = {
        part_of(path)
        for path in MODULES
        for name in imports_of(ast.parse(path.read_text(encoding="utf-8")))
        if name.split(".")[0] in HUB_CLIENTS
    }
    assert askers == {"hub"}


def test_the_command_line_meets_the_page_only_inside_a_function() -> None:
    tree = ast.parse((STUDIO / "commands.py").read_text(encoding="utf-8"))
    at_import = ast.Module(
        [node for node in tree.body if not isinstance(node, ast.FunctionDef)], []
    )
    assert "ui" not in {our_part(name) for name in imports_of(at_import)}


def test_the_web_process_never_loads_the_training_stack() -> None:
    program = "import sys, studio.ui.app, studio.ui.server, studio.ui.mount; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=ROOT,
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "gradio" in loaded
    assert loaded & TRAINING_STACK == set()


@pytest.mark.parametrize("folder", ["studio", "tests", "scripts"])
def test_no_file_is_longer_than_three_hundred_lines(folder: str) -> None:
    lines_by_path = {
        path: path.read_text(encoding="utf-8").count("\n") for path in (ROOT / folder).rglob("*.py")
    }
    assert lines_by_path
    assert {str(path): n for path, n in lines_by_path.items() if n > MAX_LINES} == {}


def test_every_module_is_named_after_what_it_holds() -> None:
    assert {path for path in MODULES if path.stem in VAGUE_NAMES} == set()


def test_anything_at_all_is_caught_in_the_edges_only() -> None:
    found = {
        str(path.relative_to(STUDIO))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    }
    assert found <= EDGES


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler swallows every exception; one that cleans up and raises it again does not."""
    caught = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
        if handler.type
        else {"all"}
    )
    last = handler.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    return bool(caught & {"all", "Exception", "BaseException"}) and not raises_again


def test_every_parameter_and_result_has_a_type() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_typed(node)
    ]
    assert missing == []


def is_typed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    a = function.args
    named = [
        *a.posonlyargs,
        *a.args,
        *a.kwonlyargs,
        *([a.vararg] if a.vararg else []),
        *([a.kwarg] if a.kwarg else []),
    ]
    open_ones = [
        arg.arg for arg in named if arg.annotation is None and arg.arg not in ("self", "cls")
    ]
    return function.returns is not None and not open_ones
