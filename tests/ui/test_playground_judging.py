"""Judging in the Playground: nothing tells whose an answer is before it is judged, and what is said is kept."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from studio.domain.column import Column
from studio.domain.scores import Score
from studio.errors import StudioError
from studio.i18n import languages, translator
from studio.services.dialogue import Dialogue
from studio.ui.page import Page
from studio.ui.tabs import playground_ask, playground_columns, playground_judging
from studio.ui.tabs.playground_judging import (
    cast_ratings,
    cast_vote,
    give_up,
    keep_correction,
    set_blind,
)
from tests.ui.conftest import make_page

VISIT: Any = SimpleNamespace(session_hash="me")
OPTIONS = ("", "", "exact", 0.7, 0.95, 104, 0)
Make = Callable[..., Any]


@pytest.fixture
def dialogue(page: Page, work: Any) -> Dialogue:
    """Give a conversation of the base and the tuned model that goes on blind."""
    work.end(work.start(step=1))
    fake: Any = page.workspace.playground
    fake.is_varied = True
    dialogue = Dialogue()
    playground_columns.open_playground(page, dialogue, 1)
    set_blind(page, dialogue, is_blind=True)
    return dialogue


def ask(page: Page, dialogue: Dialogue, question: str = "Hi") -> list[dict[str, Any]]:
    """Ask, and give every state of the newest turn that was shown."""
    playground_ask.ask(page, VISIT, dialogue, question, *OPTIONS)
    return [step["turns"][0] for step in playground_ask.answer(page, "me", dialogue)]


def tuned_place(dialogue: Dialogue) -> int:
    """Give where the tuned model's answer stands."""
    assert dialogue.newest is not None
    return dialogue.newest.order.index(1)


def newest(drawn: tuple[Any, ...]) -> dict[str, Any]:
    return drawn[1]["turns"][0]


def test_nothing_tells_whose_an_answer_is_before_it_is_judged(
    page: Page, dialogue: Dialogue
) -> None:
    for turn in ask(page, dialogue):
        shown = json.dumps(turn["answers"], ensure_ascii=False)
        assert "starter" not in shown
        assert "quickstart" not in shown
        assert {answer["kind"] for answer in turn["answers"]} == {"blind"}
        assert [answer["label"] for answer in turn["answers"]] == ["Answer A", "Answer B"]
        assert [answer["place"] for answer in turn["answers"]] == [0, 1]
        assert not any(answer["can_weigh"] for answer in turn["answers"])
    last = turn["answers"]
    assert {answer["foot"] for answer in last} == {""}
    assert {answer["text"] for answer in last} == {"You asked: Hi 0", "You asked: Hi 1"}


def test_answers_appear_together_when_all_have_ended(page: Page, dialogue: Dialogue) -> None:
    *growing, _last = ask(page, dialogue)
    shown = [answer for turn in growing[:-1] for answer in turn["answers"]]
    assert {answer["text"] for answer in shown} == {""}
    assert len({answer["foot"] for answer in shown}) == 1


def test_both_orders_come(page: Page, dialogue: Dialogue) -> None:
    orders = set()
    for _ in range(40):
        ask(page, dialogue)
        orders.add(tuned_place(dialogue))
    assert orders == {0, 1}


def test_a_vote_is_kept_for_the_column_that_stood_there_and_names_it(
    page: Page, dialogue: Dialogue, picked: Make
) -> None:
    ask(page, dialogue)
    place, number = tuned_place(dialogue), dialogue.begun
    drawn = cast_vote(page, dialogue, picked(number=number, verdict="better", place=place))
    score = page.workspace.judgements.score(Column(run_id=1), Column("starter"))
    assert score == Score(1, 0)
    (vote,) = page.workspace.judgements.list(1)
    assert [candidate.text for candidate in vote.candidates] == [
        "You asked: Hi 0",
        "You asked: Hi 1",
    ]
    answers = newest(drawn)["answers"]
    assert answers[place]["kind"] == "tuned"
    assert answers[place]["text"] == "You asked: Hi 1"
    assert answers[place]["place"] == 1
    board = drawn[-2]
    assert "1 vote: 1 for" in board["pairs"][0]["told"]
    assert "7 more votes" in board["pairs"][0]["next"]
    with pytest.raises(StudioError, match=r"judge\.voted"):
        cast_vote(page, dialogue, picked(number=number, verdict="tie", place=None))
    assert len(page.workspace.judgements.list()) == 1


def test_ratings_are_kept_by_column(page: Page, dialogue: Dialogue, picked: Make) -> None:
    ask(page, dialogue)
    scores: list[dict[str, int]] = [{}, {}]
    scores[tuned_place(dialogue)] = {"relevance": 5, "accuracy": 4}
    drawn = cast_ratings(page, dialogue, picked(number=dialogue.begun, scores=scores))
    assert page.workspace.judgements.means(Column(run_id=1)).means == {
        "relevance": 5.0,
        "accuracy": 4.0,
    }
    assert page.workspace.judgements.means(Column("starter")).ratings == 0
    assert drawn[-2]["ratings"][0]["means"] == ["5.0", "4.0", "–"]


@pytest.mark.parametrize(
    "said",
    [
        {"verdict": "better", "place": 2},
        {"verdict": "better", "place": -1},
        {"verdict": "best", "place": 0},
        {"verdict": "tie", "place": 0},
    ],
)
def test_what_is_no_vote_names_nothing(
    page: Page, dialogue: Dialogue, picked: Make, said: dict[str, Any]
) -> None:
    ask(page, dialogue)
    with pytest.raises(StudioError, match=r"judge\.unclear"):
        cast_vote(page, dialogue, picked(number=dialogue.begun, **said))
    assert dialogue.newest is not None
    assert dialogue.newest.is_blind


def test_where_all_say_the_same_there_is_nothing_to_choose(page: Page, dialogue: Dialogue) -> None:
    fake: Any = page.workspace.playground
    fake.is_varied = False
    last = ask(page, dialogue)[-1]
    assert "nothing to choose" in last["vote"]["told"]
    assert {answer["kind"] for answer in last["answers"]} == {"base", "tuned"}


def test_who_does_not_want_to_judge_sees_the_names_and_keeps_no_vote(
    page: Page, dialogue: Dialogue, picked: Make
) -> None:
    ask(page, dialogue)
    drawn = give_up(page, dialogue, picked(number=dialogue.begun))
    shown = newest(drawn)
    assert [answer["kind"] for answer in shown["answers"]] == ["base", "tuned"]
    assert shown["vote"] is None
    assert page.workspace.judgements.list() == []
    with pytest.raises(StudioError, match=r"judge\.voted"):
        cast_vote(page, dialogue, picked(number=dialogue.begun, verdict="tie", place=None))


def test_without_the_switch_names_are_there_and_nothing_is_asked(
    page: Page, dialogue: Dialogue
) -> None:
    set_blind(page, dialogue, is_blind=False)
    last = ask(page, dialogue)[-1]
    assert last["vote"] is None
    assert [answer["kind"] for answer in last["answers"]] == ["base", "tuned"]
    assert all(answer["can_correct"] for answer in last["answers"])


def test_a_right_answer_is_kept_and_collected(page: Page, dialogue: Dialogue, picked: Make) -> None:
    ask(page, dialogue)
    cast_vote(page, dialogue, picked(number=dialogue.begun, verdict="tie", place=None))
    place = tuned_place(dialogue)
    right = picked(number=dialogue.begun, place=place, text="Good day")
    keep_correction(page, dialogue, right)
    (row,) = page.workspace.datasets.rows("corrections", [0])
    assert (row.question(), row.answer()) == ("Hi", "Good day")
    kept = page.workspace.judgements.list()[-1]
    assert (kept.candidates[0].key, kept.candidates[0].text) == ("1", "You asked: Hi 1")
    opened, _ = playground_judging.open_corrections(page)
    assert opened == "corrections"
    votes, _ = playground_judging.open_votes(page)
    assert page.workspace.datasets.get(votes).shape == "preference"


@pytest.mark.parametrize("lang", languages())
def test_every_kind_of_judgement_has_its_words(
    page: Page, dialogue: Dialogue, picked: Make, lang: str
) -> None:
    spoken = make_page(page.workspace, lang)
    for verdict, place in (("better", 0), ("worse", 1), ("tie", None)):
        ask(spoken, dialogue)
        said = picked(number=dialogue.begun, verdict=verdict, place=place)
        cast_vote(spoken, dialogue, said)
    keep_correction(spoken, dialogue, picked(number=dialogue.begun, place=0, text="Good day"))
    board = playground_judging.draw_score(spoken, dialogue)
    assert len(board["said"]) == 4
    assert "{" not in json.dumps(board["said"], ensure_ascii=False).replace('{"', "").replace(
        "{}", ""
    )
    assert board["words"]["csv"] == translator(lang)("judging.csv")
