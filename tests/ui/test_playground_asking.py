"""Asking in the Playground: settings for all or for one column, asking again, and what the example says."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from studio.domain.column import Column
from studio.services.dialogue import Dialogue
from studio.services.playground import Answer, AskOptions
from studio.ui import talk
from studio.ui.page import Page
from studio.ui.tabs import playground_ask, playground_chips, playground_options

VISIT: Any = SimpleNamespace(session_hash="me")
EXACT = ("exact", 0.7, 0.95, 104, 0)
VARIED = ("varied", 0.9, 0.8, 64, 3)


def end(dialogue: Dialogue, text: str = "Yes.") -> None:
    """Let all columns say the same to the newest question."""
    newest = dialogue.turns[-1]
    answers = [Answer(text, 2, "end") for _ in newest.answers]
    dialogue.grow(newest.number, answers)


def test_exact_is_what_everybody_begins_with(dialogue: Dialogue) -> None:
    assert dialogue.lineup.shared == AskOptions()
    assert dialogue.lineup.shared.temperature == 0
    playground_options.apply(dialogue, ("", "", *EXACT))
    assert dialogue.lineup.shared == AskOptions(max_new_tokens=104)


def test_a_column_can_have_settings_of_its_own_and_give_them_up(
    page: Page, dialogue: Dialogue
) -> None:
    key = dialogue.lineup.columns[1].key
    row, *visible, follow = playground_options.change_options(page, dialogue, key, "", *VARIED)
    assert [item["own"] for item in row["items"]] == ["", "own settings"]
    assert all(part["visible"] for part in visible)
    assert follow.visible
    playground_ask.ask(page, VISIT, dialogue, "Hi", key, "", *VARIED)
    own = AskOptions(temperature=0.9, top_p=0.8, max_new_tokens=64, seed=3)
    assert dialogue.turns[0].options == (AskOptions(), own)
    assert not dialogue.turns[0].is_exact
    row, way, *_ = playground_options.follow_all(page, dialogue, key)
    assert way == "exact"
    assert [item["own"] for item in row["items"]] == ["", ""]


def test_the_settings_that_are_shown_are_those_of_the_chosen_column(
    page: Page, dialogue: Dialogue
) -> None:
    key = dialogue.lineup.columns[1].key
    playground_options.apply(dialogue, (key, "", *VARIED))
    way, temperature, _, length, seed, _ = playground_options.open_scope(page, dialogue, key)
    assert (way, temperature["value"], length, seed["value"]) == ("varied", 0.9, 64, 3)
    way, temperature, *_ = playground_options.open_scope(page, dialogue, "")
    assert (way, temperature["visible"]) == ("exact", False)


def test_the_system_prompt_comes_first_for_every_column(page: Page, dialogue: Dialogue) -> None:
    playground_ask.ask(page, VISIT, dialogue, "Hi", "", " Be brief. ", *EXACT)
    list(playground_ask.answer(page, "me", dialogue))
    fake: Any = page.workspace.playground
    said = [[(m.role, m.content) for m in asked.conversation] for asked in fake.asked]
    assert said == [[("system", "Be brief."), ("user", "Hi")]] * 2
    shown = talk.draw_newest(page, dialogue)
    assert "Be brief." in shown["turns"][0]["system"]


def test_the_newest_question_is_asked_again_by_all_columns_that_are_there_now(
    page: Page, dialogue: Dialogue
) -> None:
    playground_ask.ask(page, VISIT, dialogue, "Hi", "", "", *VARIED)
    end(dialogue)
    dialogue.lineup = dialogue.lineup.without(Column(model_id="starter"))
    playground_ask.ask_again(page, VISIT, dialogue, "", "", *VARIED)
    (turn,) = dialogue.turns
    assert (turn.question, len(turn.answers), turn.attempt) == ("Hi", 1, 1)
    list(playground_ask.answer(page, "me", dialogue))
    fake: Any = page.workspace.playground
    assert fake.asked[0].options.seed == 4


def test_the_newest_question_is_asked_in_other_words(
    page: Page, dialogue: Dialogue, picked: Callable[..., Any]
) -> None:
    for question in ("One", "Two"):
        playground_ask.ask(page, VISIT, dialogue, question, "", "", *EXACT)
        end(dialogue)
    edited = picked(text="Three")
    playground_ask.ask_edited(page, VISIT, dialogue, edited, "", "", *EXACT)
    assert [turn.question for turn in dialogue.turns] == ["One", "Three"]
    end(dialogue)
    playground_ask.ask_edited(page, VISIT, dialogue, picked(text=" "), "", "", *EXACT)
    assert [turn.question for turn in dialogue.turns] == ["One", "Three"]


def test_what_the_example_says_is_shown_only_after_the_answers(
    page: Page, dialogue: Dialogue, picked: Callable[..., Any]
) -> None:
    question = playground_chips.chips_value(page, dialogue.lineup)["items"][0]
    playground_ask.ask_chip(page, VISIT, dialogue, picked(text=question), "", "", *EXACT)
    row = playground_chips.held_out_row(page, dialogue.lineup, question)
    assert row is not None
    shown = talk.draw_newest(page, dialogue)
    assert shown["turns"][0]["reference"] == ""
    assert not shown["can_ask_again"]
    end(dialogue)
    shown = talk.draw_newest(page, dialogue)
    assert shown["turns"][0]["reference"] == row.answer()
    assert shown["can_ask_again"]


def test_a_column_that_comes_later_says_what_it_has_not_heard(
    page: Page, dialogue: Dialogue
) -> None:
    whole = dialogue.lineup
    dialogue.lineup = whole.without(whole.columns[1])
    playground_ask.ask(page, VISIT, dialogue, "One", "", "", *EXACT)
    end(dialogue)
    dialogue.lineup = whole
    playground_ask.ask(page, VISIT, dialogue, "Two", "", "", *EXACT)
    shown = talk.draw_newest(page, dialogue)
    notes = [answer["note"] for answer in shown["turns"][0]["answers"]]
    assert notes[0] == ""
    assert "not heard" in notes[1]
