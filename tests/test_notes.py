"""What a worker tells while it trains, and what a curve is read as: every code has its sentence in every language."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

import studio
from studio.domain.checkpoint_files import Damage
from studio.domain.devices import TOGETHER
from studio.domain.formats import Notice
from studio.i18n import languages, read_texts, translator
from studio.ui.status_view import note_value

WORKER = Path(studio.__file__).parent / "worker"
READING = Path(studio.__file__).parent / "domain" / "reading.py"
# What an interrupted save left behind is removed without a word.
UNTOLD = {"unfinished"}


def calls(folder: Path, name: str) -> Iterator[ast.Call]:
    """Give every call of a function or method of this name."""
    for file in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name in (
                getattr(node.func, "attr", ""),
                getattr(node.func, "id", ""),
            ):
                yield node


def words(prefix: str) -> set[str]:
    """Give every word in the worker's code that begins so."""
    return {
        node.value
        for file in WORKER.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(prefix)
        and node.value.replace("_", "").isalnum()
    }


# Notes whose code is worked out, by how the code names it, and the values that they bring.
WORKED_OUT: dict[str, list[tuple[set[str], set[str]]]] = {
    "choice.reason": [(words("dtype_"), {"dtype", "device", "gain"})],
    "code": [
        (words("stopped_"), {"step", "best_step", "checks", "percent"}),
        (words("rows_"), {"part", "count", "max_length_tokens"}),
    ],
    "TOGETHER": [({TOGETHER}, {"devices", "rows"})],
    "opened.told": [(words("tracked_"), {"url", "folder", "where", "project"})],
    "f'checkpoint_{damage}'": [
        ({f"checkpoint_{damage}" for damage in set(get_args(Damage)) - UNTOLD}, {"step"})
    ],
}


def notes() -> Iterator[tuple[str, set[str]]]:
    """Give every note that a worker may make: its code and the names of its values."""
    for call in calls(WORKER, "note"):
        code = call.args[0]
        if isinstance(code, ast.Constant):
            yield str(code.value), {str(keyword.arg) for keyword in call.keywords}
            continue
        for codes, values in WORKED_OUT[ast.unparse(code)]:
            yield from ((one, values) for one in codes)


@pytest.mark.parametrize("lang", languages())
def test_every_note_of_a_worker_is_a_sentence_that_its_values_fill(lang: str) -> None:
    told, t = dict(notes()), translator(lang)
    assert len(told) > 20
    other = t("notes.other", code="")
    for code, names in told.items():
        values = {name: "train" if name == "part" else 7 for name in names}
        text = note_value(t, Notice(code, values))["text"]
        assert text
        assert not text.startswith(other), code
        assert "{" not in text


def test_no_note_has_a_sentence_that_is_never_said() -> None:
    said = {key.split(".")[1] for key in read_texts("en") if key.startswith("notes.")}
    assert said - {"other", "part"} == {code for code, _ in notes()}


@pytest.mark.parametrize("lang", languages())
def test_every_stage_of_a_training_has_its_words(lang: str) -> None:
    t = translator(lang)
    stages = {
        str(call.args[0].value)
        for call in calls(WORKER, "enter")
        if isinstance(call.args[0], ast.Constant)
    }
    assert stages >= {"loading", "preparing", "training", "evaluating", "saving"}
    places = ("stages", "work.stage", "export.stage")
    assert [
        stage for stage in stages if not any(t.has(f"{place}.{stage}") for place in places)
    ] == []


@pytest.mark.parametrize("lang", languages())
def test_every_reading_of_a_curve_has_its_sentence(lang: str) -> None:
    texts = read_texts(lang)
    codes = {
        node.value
        for call in [*calls(READING, "Reading"), *calls(READING, "tense")]
        for part in call.args
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } - {"step", "loss", "n"}
    assert len(codes) > 12
    for code in codes:
        keys = [key for key in texts if key in (f"curve.{code}", f"curve.{code}.other")]
        assert keys, code
        names = {name for _, name, _, _ in Formatter().parse(texts[keys[0]]) if name}
        assert names <= {"step", "loss", "n"}
