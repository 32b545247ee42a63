"""The script in a download learns the tokens that the training has learned, whatever the examples and the template are."""

import json
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.records import Message, Row, ToolCall, write_rows
from studio.worker.export_script import traits_of, write_script
from studio.worker.lesson import encode_rows
from studio.worker.templates import load_tokenizer
from tests.worker.template_families import FAMILIES

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
ASKED, SAID = Message("user", "How warm?\u2028In Ulm."), Message("assistant", " It is warm. ")
TOLD = Message("system", "Be brief.")
WEATHER = ToolCall("weather", '{"city": "Ulm"}')
TOOLS = '[{"name": "weather", "description": "Tells it.", "parameters": {"type": "object", "properties": {}}}]'
CALLED = (ASKED, Message("assistant", "", (WEATHER,)), Message("tool", "12 degrees"), SAID)
TWICE = (
    ASKED,
    Message("assistant", "I look.", (WEATHER, ToolCall("time", "now"))),
    Message("tool", "12 degrees"),
    Message("tool", "noon"),
    SAID,
    ASKED,
    SAID,
)
CHATS = (
    Row((ASKED, SAID), 1),
    Row((ASKED, SAID, ASKED, Message("assistant", "<think>\nHm.\n</think>\n\nStill.")), 2),
    Row((ASKED, SAID), 3, "preference", rejected=(Message("assistant", "No."),)),
    Row((ASKED, SAID), 4, "thumbs", is_good=True),
    Row((ASKED, Message("assistant", "Go away.")), 5, "thumbs", is_good=False),
)
SYSTEM = (Row((TOLD, ASKED, SAID), 6), *CHATS)
CALLS = (
    Row(CALLED, 7, tools=TOOLS),
    Row((TOLD, *TWICE), 8, tools=TOOLS),
    Row(CALLED, 9, tools="x"),
)
TEXTS = (Row((), 10, "text", text="Es war einmal. " * 5), Row((), 11, "text", text="狐狸"))
LIMITS = {"drop": 512, "cut": 60, "split": 60}


class Notes:
    """A task that only takes notes."""

    def __init__(self, recipe: Recipe, folder: JobFolder) -> None:
        self.recipe, self.folder = recipe, folder

    def note(self, code: str, **_: Any) -> None:
        with self.folder.events.open("a", encoding="utf-8") as file:
            told = {"seq": 0, "time": 0, "kind": "note", "code": code, "values": {}}
            file.write(json.dumps(told) + "\n")


def learned_by_both(
    family: str, rows: Sequence[Row], tmp_path: Path, **sections: dict[str, Any]
) -> tuple[Any, Any]:
    """Give the rows as the training takes them and as the script does."""
    source = JobFolder(tmp_path)
    tuned = source.model
    FAMILIES[family].tokenizer().save_pretrained(tuned)
    source.train_rows.parent.mkdir(exist_ok=True)
    source.spec.write_text(json.dumps({"model": {"id": "gone", "path": str(tmp_path / "gone")}}))
    write_rows(source.train_rows, rows)
    recipe = parse_recipe({"method": {"type": "full"}, **sections})
    task: Any = Notes(recipe, source)
    wanted = encode_rows(task, load_tokenizer(tuned), source.train_rows, "held_out")
    outcome = {"dtype": "float32", "train_rows": 1, "steps": 9}
    script = write_script(recipe, outcome, tuned, tuned.name, traits_of(source))
    assert script is not None
    assert "@@" not in script
    file = source.path / "train.py"
    file.write_text(script.rpartition("main(*sys.argv[1:])")[0], encoding="utf-8")
    made = runpy.run_path(str(file))["rows"](source.train_rows)
    return wanted, made.to_list() if made is not None else []


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "rows",
    [CHATS, SYSTEM, (*SYSTEM, *CALLS), (*CALLS, *TEXTS)],
    ids=["chats", "system", "calls", "mixed"],
)
def test_the_script_learns_the_tokens_of_the_training(
    family: str, rows: Sequence[Row], tmp_path: Path
) -> None:
    wanted, found = learned_by_both(family, rows, tmp_path)
    assert wanted
    assert found == wanted


@pytest.mark.parametrize("too_long", LIMITS)
def test_longer_examples_become_in_the_script_what_they_became(
    too_long: str, tmp_path: Path
) -> None:
    training = {"max_length_tokens": LIMITS[too_long], "too_long": too_long, "overlap_tokens": 16}
    for number, rows in enumerate((SYSTEM, TEXTS, (*SYSTEM, *TEXTS))):
        wanted, found = learned_by_both("chatml", rows, tmp_path / str(number), training=training)
        assert wanted
        assert found == wanted


@pytest.mark.parametrize("family", ["ours", "llama-3", "chatml", "gemma"])
@pytest.mark.parametrize("overlap", [0, 7, 64])
def test_texts_in_chunks_are_the_same_in_the_script(
    family: str, overlap: int, tmp_path: Path
) -> None:
    training = {"max_length_tokens": 16, "overlap_tokens": overlap}
    wanted, found = learned_by_both(
        family, TEXTS, tmp_path, objective={"type": "text"}, training=training
    )
    assert len(wanted) > 4
    assert found == wanted
