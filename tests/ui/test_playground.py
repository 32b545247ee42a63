"""The Playground, called as plain functions: who answers, what is asked, and what the conversation shows."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from studio.domain.column import Column
from studio.errors import StudioError
from studio.services.dialogue import Dialogue
from studio.ui import talk
from studio.ui.page import Page
from studio.ui.tabs import playground, playground_ask, playground_columns, playground_memory

NASTY = "<img src=x onerror=alert(1)>"
VISIT: Any = SimpleNamespace(session_hash="me")
OPTIONS = ("", "", "exact", 0.7, 0.95, 104, 0)


@pytest.fixture
def run_id(work: Any) -> int:
    """Give a finished training."""
    job = work.start(step=1)
    work.end(job)
    return job.id


@pytest.fixture
def dialogue(page: Page, run_id: int) -> Dialogue:
    """Give what a visitor finds who opens the Playground after a training."""
    dialogue = Dialogue()
    playground_columns.open_playground(page, dialogue, run_id)
    return dialogue


def ask(page: Page, dialogue: Dialogue, question: str) -> list[dict[str, Any]]:
    """Ask, and fetch the answers as the page does."""
    _, newest, *_ = playground_ask.ask(page, VISIT, dialogue, question, *OPTIONS)
    steps = page.workspace.deliveries.fetch(newest["key"])
    assert steps is not None
    return list(steps)


def test_base_and_tuned_answer_and_remember_the_conversation(
    page: Page, dialogue: Dialogue
) -> None:
    ask(page, dialogue, f"Hello {NASTY}")
    ask(page, dialogue, "And now?")
    assert [turn.question for turn in dialogue.turns] == [f"Hello {NASTY}", "And now?"]
    said = [answer.text for answer in dialogue.turns[0].answers]
    assert said == [f"You asked: Hello {NASTY}"] * 2
    fake: Any = page.workspace.playground
    assert [m.role for m in fake.asked[0].conversation] == ["user", "assistant", "user"]


def test_each_step_of_an_answer_tells_all_that_the_page_shows(
    page: Page, dialogue: Dialogue
) -> None:
    steps = ask(page, dialogue, "Hi there")
    assert len(steps) > 2
    assert all(len(step["turns"]) == 1 for step in steps)


def test_closing_a_question_closes_the_models(page: Page, dialogue: Dialogue) -> None:
    playground_ask.ask(page, VISIT, dialogue, "Hi there", *OPTIONS)
    answering = playground_ask.answer(page, "me", dialogue)
    next(answering)
    next(answering)
    answering.close()
    fake: Any = page.workspace.playground
    assert fake.is_closed


def test_a_stopped_answer_says_so_whatever_comes_after(page: Page, dialogue: Dialogue) -> None:
    playground_ask.ask(page, VISIT, dialogue, "Hi there", *OPTIONS)
    answering = playground_ask.answer(page, "me", dialogue)
    for _ in range(3):
        next(answering)
    playground_ask.stop_answer(page, VISIT, dialogue)
    *_, last = answering
    assert {answer.reason for answer in dialogue.turns[0].answers} == {"stopped"}
    assert "stopped by you" in last["turns"][0]["answers"][0]["foot"]


def test_an_answer_that_broke_off_says_so(
    page: Page, dialogue: Dialogue, picked: Callable[..., Any]
) -> None:
    playground_ask.ask(page, VISIT, dialogue, "Hi there", *OPTIONS)
    steps = playground_ask.answer(page, "me", dialogue)
    for _ in range(3):
        next(steps)
    steps.close()
    newest, *buttons = playground_ask.end_answer(page, dialogue, picked(number=1))
    assert newest["turns"][0]["answers"][0]["is_failed"]
    assert [button.visible for button in buttons] == [True, False, True]


def test_a_late_word_changes_nothing_but_its_own_turn(page: Page, dialogue: Dialogue) -> None:
    playground_ask.ask(page, VISIT, dialogue, "One two three", *OPTIONS)
    early = playground_ask.answer(page, "me", dialogue)
    for _ in range(3):
        next(early)
    playground_ask.ask(page, VISIT, dialogue, "Next", *OPTIONS)
    list(early)
    first, second = dialogue.turns
    assert {answer.reason for answer in first.answers} == {"stopped"}
    assert [answer.text for answer in second.answers] == ["", ""]


def test_models_that_cannot_answer_say_why_in_their_columns(
    page: Page, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> Iterator[Any]:
        raise StudioError("chat.died")
        yield

    monkeypatch.setattr(type(page.workspace.playground), "ask", die)
    *_, last = ask(page, dialogue, "Hi")
    shown = last["turns"][0]["answers"]
    assert [answer["is_failed"] for answer in shown] == [True, True]
    assert "ended unexpectedly" in shown[0]["foot"]


def test_a_column_that_comes_later_changes_no_older_turn(
    page: Page, dialogue: Dialogue, work: Any, picked: Callable[..., Any]
) -> None:
    ask(page, dialogue, "First")
    newer = work.start(step=1)
    work.end(newer)
    playground_columns.add_column(page, dialogue, picked(key=str(newer.id)))
    ask(page, dialogue, "Second")
    assert [len(turn.answers) for turn in dialogue.turns] == [2, 3]
    fake: Any = page.workspace.playground
    assert [len(asked.conversation) for asked in fake.asked] == [3, 3, 1]
    past, newest, *_ = talk.draw_all(page, dialogue)
    assert len(past["turns"][0]["answers"]) == 2
    assert len(newest["turns"][0]["answers"]) == 3


def test_columns_are_added_and_taken_away_but_never_the_last(
    page: Page, dialogue: Dialogue, run_id: int, picked: Callable[..., Any]
) -> None:
    base, tuned = Column(model_id="starter"), Column(run_id=run_id)
    assert dialogue.lineup.columns == (base, tuned)
    shown, *_ = playground_columns.drop_column(page, dialogue, picked(key="starter"))
    assert [item["key"] for item in shown["items"]] == [str(run_id)]
    assert ["starter", "starter"] in shown["adds"][-1]["options"]
    playground_columns.drop_column(page, dialogue, picked(key=str(run_id)))
    assert dialogue.lineup.columns == (tuned,)
    playground_columns.add_column(page, dialogue, picked(key="starter"))
    assert dialogue.lineup.columns == (tuned, base)
    with pytest.raises(StudioError, match=r"job\.unknown"):
        playground_columns.add_column(page, dialogue, picked(key="99"))


def test_a_new_turn_sends_only_the_last_ones_before_it(page: Page, dialogue: Dialogue) -> None:
    for number in range(6):
        ask(page, dialogue, f"Question {number}")
    past, newest, *_ = playground_ask.ask(page, VISIT, dialogue, "Seventh", *OPTIONS)
    assert (past["since"], len(past["turns"])) == (3, 3)
    assert newest["turns"][0]["question"] == "Seventh"
    whole, *_ = talk.draw_all(page, dialogue)
    assert len(whole["turns"]) == 6


def test_at_most_six_columns_answer(page: Page, dialogue: Dialogue, work: Any) -> None:
    for _ in range(6):
        job = work.start(step=1)
        work.end(job)
        dialogue.lineup = dialogue.lineup.with_column(Column(run_id=job.id))
    assert len(dialogue.lineup.columns) == 6
    shown, *_ = playground_columns.show(page, dialogue.lineup)
    assert shown["adds"] == []
    assert "6" in shown["add_label"]


def test_a_training_that_is_chosen_elsewhere_answers_beside_its_base(
    page: Page, dialogue: Dialogue, work: Any, run_id: int
) -> None:
    ask(page, dialogue, "Hi")
    playground_columns.choose_run(page, VISIT, dialogue, run_id)
    assert len(dialogue.turns) == 1
    newer = work.start(step=1)
    work.end(newer)
    playground_columns.choose_run(page, VISIT, dialogue, newer.id)
    assert dialogue.turns == []
    assert dialogue.lineup.columns == (Column(model_id="starter"), Column(run_id=newer.id))


def test_a_reload_brings_the_visitors_own_conversation_back(
    page: Page, dialogue: Dialogue, work: Any, run_id: int
) -> None:
    ask(page, dialogue, "Hi there")
    dialogue.lineup = dialogue.lineup.without(Column(model_id="starter"))
    memory = playground_memory.remember(page, dialogue)
    again, stranger = Dialogue(), Dialogue()
    opened = playground_columns.open_playground(page, again, None, memory)
    assert len(opened) == 17
    assert opened[1]["turns"][0]["answers"][0]["text"] == "You asked: Hi there"
    assert [turn.question for turn in again.turns] == ["Hi there"]
    assert again.lineup.columns == (Column(run_id=run_id),)
    playground_columns.open_playground(page, stranger, None, {})
    assert stranger.turns == []
    once_more = playground_columns.open_playground(page, again, None, {})
    assert once_more[5] == gr.skip()
    assert len(again.turns) == 1


@pytest.mark.parametrize("memory", ["", "{", "[" * 100_000, "3", 3, None, {"turns": 1}])
def test_what_a_browser_hands_back_may_be_anything(memory: object) -> None:
    dialogue = Dialogue()
    assert playground_memory.recall(dialogue, memory)
    assert dialogue.turns == []


def test_who_asks_before_the_columns_are_there_is_answered(page: Page, run_id: int) -> None:
    dialogue = Dialogue()
    ask(page, dialogue, "Hi")
    assert dialogue.lineup.columns == (Column(model_id="starter"), Column(run_id=run_id))
    playground_columns.open_playground(page, dialogue, None, {})
    assert [turn.question for turn in dialogue.turns] == ["Hi"]


def test_what_was_deleted_leaves_the_columns(
    page: Page, dialogue: Dialogue, work: Any, run_id: int
) -> None:
    newer = work.start(step=1)
    work.end(newer)
    page.workspace.delete_run(run_id)
    playground_columns.open_columns(page, dialogue, None)
    assert dialogue.lineup.columns == (Column(model_id="starter"),)


def test_questions_to_try_were_not_seen_in_training(page: Page, dialogue: Dialogue) -> None:
    _, chips, _ = playground_columns.show(page, dialogue.lineup)
    library = page.workspace.datasets
    places = library.folder("quickstart").head().places("held_out")
    held_out = {row.question() for row in library.rows("quickstart", places)}
    assert chips["items"]
    assert set(chips["items"]) <= held_out


def test_an_empty_playground_says_where_to_go(page: Page) -> None:
    shown, chips, _, nothing, card = playground_columns.open_columns(page, Dialogue(), None)
    assert shown["items"] == []
    assert chips == {}
    assert nothing.visible
    assert not card.visible


def test_the_training_among_the_columns_is_taken_home(
    page: Page, dialogue: Dialogue, run_id: int
) -> None:
    taken, tabs = playground.take_home(page, dialogue)
    assert taken == run_id
    assert tabs.selected == "export"
