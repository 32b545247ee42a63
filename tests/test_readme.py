"""The documents say what is: commands parse, links lead somewhere, settings and tree are those of the program."""

import argparse
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from studio.cli import build_parser
from studio.i18n import translator
from studio.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CODE = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
COMMANDS = [line for line in CODE.splitlines() if line.startswith("studio ")]
TREE = re.search(r"## The tree\n\n```\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def parser() -> argparse.ArgumentParser:
    return build_parser(translator("en"))


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_one_of_the_program(
    line: str, parser: argparse.ArgumentParser
) -> None:
    words = shlex.split(line, comments=True)
    assert parser.parse_args(words[1:]).function


def test_every_command_of_the_program_is_in_the_readme(parser: argparse.ArgumentParser) -> None:
    choices = next(
        action.choices
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    assert len(choices) >= 8
    assert set(choices) <= {shlex.split(line)[1] for line in COMMANDS}


def test_every_command_takes_home_and_json(parser: argparse.ArgumentParser) -> None:
    for line in COMMANDS:
        words = [*shlex.split(line, comments=True)[1:], "--json", "--home", "here"]
        args = parser.parse_args(words)
        assert (args.json, args.home) == (True, Path("here"))


def test_make_knows_its_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(
        re.findall(
            r"^make (\w+)",
            "\n".join(d.read_text(encoding="utf-8") for d in DOCUMENTS),
            re.MULTILINE,
        )
    )
    assert {"studio", "test", "check"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_inside_the_project_leads_to_a_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), target


def test_the_documents_name_files_that_exist() -> None:
    roots = "studio|tests|scripts|docs|recipes"
    named = {
        name
        for document in DOCUMENTS
        for name in re.findall(rf"`((?:{roots})/[\w./-]+)`", document.read_text(encoding="utf-8"))
    }
    assert len(named) > 8
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_the_settings_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(STUDIO_\w+)` \|", README, re.MULTILINE)
    assert [name for name, _ in rows] == [field.name for field in fields(Settings)]
    source = (ROOT / "studio" / "settings.py").read_text(encoding="utf-8")
    assert {variable for _, variable in rows} == set(re.findall(r"STUDIO_[A-Z_]+", source))


def test_the_tree_is_the_one_on_the_disk() -> None:
    assert TREE is not None
    shown = {
        name if not is_inner else f"studio/{name}"
        for is_inner, name in re.findall(r"^([├└]── )?([\w.]+/?)", TREE[1], re.MULTILINE)
    }
    assert {name for name in shown if not (ROOT / name).exists()} == set()
    skipped = {"__init__.py", "__main__.py", "__pycache__"}
    inside = {
        f"studio/{path.name}" + "/" * path.is_dir()
        for path in (ROOT / "studio").iterdir()
        if path.name not in skipped and path.suffix != ".pyi"
    }
    assert inside <= shown
