"""What a browser keeps of a dialogue, and what it may hand back."""

from dataclasses import replace
from typing import Any

import pytest

from studio.domain.column import Column
from studio.errors import StudioError
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Lineup, Turn
from studio.services.dialogue_memory import MOST_CHARACTERS, read_dialogue, write_dialogue
from studio.services.playground import Answer, AskOptions

BASE = Choice(Column(model_id="starter"), "starter", "starter")
TUNED = Choice(Column(run_id=3, step=40), "shop", "starter")
VARIED = AskOptions(0.7, 0.9, 64, 3)
SAID = Answer("Nine.", 2, "end", 0.1, 0.4, (2,))
TURN = Turn(
    "When?", (BASE, TUNED), (SAID, SAID), (AskOptions(), VARIED), "Be brief.", "At nine.", 2
)


@pytest.fixture
def dialogue() -> Dialogue:
    columns = (BASE.column, TUNED.column)
    own = {TUNED.column.key: VARIED}
    dialogue = Dialogue(lineup=Lineup(columns, AskOptions(max_new_tokens=80), own, "Be brief."))
    dialogue.begin(TURN)
    return dialogue


def test_a_dialogue_comes_back_as_it_was(dialogue: Dialogue) -> None:
    again = read_dialogue(write_dialogue(dialogue))
    assert again.lineup == dialogue.lineup
    assert again.turns == dialogue.turns
    assert replace(again.turns[0], number=0) == TURN


def test_what_had_not_ended_was_stopped_and_what_failed_was_not_given(dialogue: Dialogue) -> None:
    failed = Answer(reason="failed", problem=StudioError("chat.died"))
    dialogue.begin(replace(TURN, answers=(failed, Answer("Ni", 1))))
    turn = read_dialogue(write_dialogue(dialogue)).turns[1]
    assert [answer.reason for answer in turn.answers] == ["stopped", "stopped"]
    assert [answer.text for answer in turn.answers] == ["", "Ni"]


def test_what_was_not_judged_yet_stays_without_names(dialogue: Dialogue) -> None:
    other = replace(SAID, text="Ten.")
    dialogue.put(replace(TURN, answers=(SAID, other), order=(1, 0)))
    dialogue.put(replace(TURN, answers=(SAID, other), order=(1, 0), is_judged=True))
    again = read_dialogue(write_dialogue(dialogue))
    assert [turn.is_blind for turn in again.turns] == [False, True, False]
    assert again.turns == dialogue.turns


def test_of_a_long_dialogue_the_newest_turns_are_kept(dialogue: Dialogue) -> None:
    for place in range(40):
        dialogue.begin(replace(TURN, question=f"{place} " + "long " * 2000))
    again = read_dialogue(write_dialogue(dialogue))
    assert 5 < len(again.turns) < 40
    assert again.turns[-1].question.startswith("39 ")
    assert sum(len(turn.question) for turn in again.turns) < MOST_CHARACTERS


def spoil(stored: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    *way, name = path.split(".")
    place: Any = stored
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[name] = value
    return stored


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("turns", "none"),
        ("turns.0.answers", []),
        ("turns.0.question", "x" * 30_000),
        ("turns.0.columns", [{"key": "starter", "name": "x", "base": "x"}] * 7),
        ("shared.max_new_tokens", 10**9),
        ("shared.temperature", -1),
        ("columns", ["starter"] * 7),
        ("turns.0.order", [0, 2]),
        ("turns.0.order", [0]),
        ("own", {"3": {"temperature": float("nan")}}),
    ],
)
def test_what_does_not_fit_counts_as_nothing(dialogue: Dialogue, path: str, value: object) -> None:
    stored = spoil(write_dialogue(dialogue), path, value)
    assert read_dialogue(stored) == Dialogue()


@pytest.mark.parametrize("stored", [None, {}, [], "x", 3])
def test_nothing_kept_is_an_empty_dialogue(stored: object) -> None:
    assert read_dialogue(stored) == Dialogue()
