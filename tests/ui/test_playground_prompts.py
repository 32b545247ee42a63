"""A saved set of prompts: kept, asked of all columns row by row, stopped, and taken away as a table."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from studio.errors import StudioError
from studio.services.dialogue import Dialogue
from studio.services.prompt_runs import PromptRun
from studio.ui.page import Page
from studio.ui.tabs import playground_columns, playground_prompts

VISIT: Any = SimpleNamespace(session_hash="me")
OPTIONS = ("", "Be brief.", "exact", 0.7, 0.95, 104, 0)


@pytest.fixture
def ask_next(page: Page, picked: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Ask as the table in the browser does."""

    def ask(run: PromptRun, value: dict[str, Any]) -> dict[str, Any]:
        wanted = picked(run=value["run"], place=value["next"])
        return playground_prompts.ask_next(page, VISIT, run, wanted)

    return ask


def test_all_columns_answer_prompt_by_prompt(
    page: Page, dialogue: Dialogue, ask_next: Callable[..., dict[str, Any]]
) -> None:
    run = PromptRun()
    value = playground_prompts.begin_run(page, run, dialogue, "When?\n\n=1+1\n", *OPTIONS)
    assert (value["next"], value["rows"], value["csv"]) == (0, [], "")
    value = ask_next(run, value)
    assert value["rows"] == [["When?", "You asked: When?", "You asked: When?"]]
    value = ask_next(run, value)
    assert (value["next"], value["since"], len(value["rows"])) == (None, 1, 1)
    assert value["told"] == "All 2 answered."
    rows = list(csv.reader(io.StringIO(value["csv"].removeprefix("\ufeff"))))
    assert rows[0][:2] == ["Prompt", "Base model · starter"]
    assert rows[2][0] == "'=1+1"
    assert {turn.system for turn in run.turns} == {"Be brief."}


def test_who_is_quicker_than_the_columns_is_answered_all_the_same(
    page: Page, dialogue: Dialogue
) -> None:
    columns = dialogue.lineup.columns
    dialogue.lineup = replace(dialogue.lineup, columns=())
    value = playground_prompts.begin_run(page, PromptRun(), dialogue, "When?", *OPTIONS)
    assert len(value["heads"]) == 1 + len(columns)
    assert dialogue.lineup.columns == columns


def test_a_row_is_asked_once_however_often_it_is_wanted(
    page: Page, dialogue: Dialogue, ask_next: Callable[..., dict[str, Any]]
) -> None:
    run = PromptRun()
    value = playground_prompts.begin_run(page, run, dialogue, "One\nTwo", *OPTIONS)
    ask_next(run, value)
    ask_next(run, value)
    assert [turn.question for turn in run.turns] == ["One"]
    older = value
    playground_prompts.begin_run(page, run, dialogue, "Three", *OPTIONS)
    ask_next(run, older)
    assert run.turns == []


def test_what_is_stopped_can_still_be_taken_away(
    page: Page, dialogue: Dialogue, ask_next: Callable[..., dict[str, Any]]
) -> None:
    run = PromptRun()
    value = ask_next(run, playground_prompts.begin_run(page, run, dialogue, "One\nTwo", *OPTIONS))
    value = playground_prompts.halt(page, VISIT, run)
    assert (value["next"], value["told"]) == (None, "Stopped after 1 of 2.")
    assert "One" in value["csv"]


def test_models_that_cannot_answer_end_the_table(
    page: Page,
    dialogue: Dialogue,
    ask_next: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: Any) -> Iterator[Any]:
        raise StudioError("chat.died")
        yield

    monkeypatch.setattr(type(page.workspace.playground), "ask", die)
    run = PromptRun()
    value = ask_next(run, playground_prompts.begin_run(page, run, dialogue, "One\nTwo", *OPTIONS))
    assert value["next"] is None
    assert "ended unexpectedly" in value["rows"][0][1]


def test_sets_are_saved_opened_and_deleted(page: Page) -> None:
    chosen, drop, told = playground_prompts.save_set(page, " My shop ", "When?\nWhere?")
    assert (chosen.value, drop.visible) == ("My shop", True)
    assert "My shop" in told["text"]
    name, text, _ = playground_prompts.open_set(page, "My shop")
    assert (name, text) == ("My shop", "When?\nWhere?")
    chosen, drop, *_ = playground_prompts.drop_set(page, "My shop")
    assert (chosen.value, drop.visible) == (None, False)
    with pytest.raises(StudioError, match=r"prompts\.unknown"):
        playground_prompts.open_set(page, "My shop")


def test_prompts_are_asked_of_somebody(
    page: Page, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudioError, match=r"prompts\.empty"):
        playground_prompts.begin_run(page, PromptRun(), dialogue, " \n ", *OPTIONS)
    monkeypatch.setattr(playground_columns, "first_columns", lambda *_: ())
    with pytest.raises(StudioError, match=r"export\.not_finished"):
        playground_prompts.begin_run(page, PromptRun(), Dialogue(), "Hi", *OPTIONS)
