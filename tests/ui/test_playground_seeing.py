"""What the Playground shows of answers: figures, differences that are the models', and how sure a model was."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from studio.domain.column import Column
from studio.errors import StudioError
from studio.i18n import translator
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Turn
from studio.services.playground import Answer, AskOptions, Piece
from studio.ui.chat_view import chat_value, foot_text
from studio.ui.page import Page
from studio.ui.sure_view import percent, sure_value
from studio.ui.tabs import playground_sure

BASE = Choice(Column(model_id="starter"), "starter", "starter")
TUNED = Choice(Column(run_id=3), "shop", "starter")
VISIT: Any = SimpleNamespace(session_hash="me")


def turn(*answers: Answer, temperature: float = 0.0) -> Turn:
    """Give a turn that the base model and a training have answered."""
    options = (AskOptions(temperature=temperature),) * len(answers)
    return Turn("Hi", (BASE, TUNED)[: len(answers)], answers, options, number=1)


def shown(given: Turn) -> dict[str, Any]:
    return chat_value(translator("en"), [given], is_newest=True)["turns"][0]


def test_an_answer_tells_its_speed_its_length_and_why_it_ended() -> None:
    answer = Answer("Yes, we open at nine.", 7, "end", first_seconds=0.21, seconds=0.5)
    told = foot_text(translator("en"), answer)
    assert told == "10 words/s · first word after 0.2 s · 7 word pieces · finished by itself"
    assert "字词/秒" in foot_text(translator("zh-CN"), answer)


def test_words_in_which_exact_answers_differ_are_marked() -> None:
    given = shown(turn(Answer("We open at nine.", 5, "end"), Answer("We open at ten.", 5, "end")))
    assert [
        piece for answer in given["answers"] for piece in answer["pieces"] if piece[1] != "same"
    ] == [("nine", "differs"), ("ten", "differs")]
    assert "models differ" in given["marks"]


def test_what_chance_decided_is_never_called_a_difference_of_the_models() -> None:
    first = Answer("We open at nine.", 5, "end", ties=(10,))
    given = shown(turn(first, Answer("We open at ten.", 5, "end")))
    kinds = {kind for answer in given["answers"] for _, kind in answer["pieces"]}
    assert kinds == {"same", "chance"}
    assert "chance decided" in given["marks"]
    assert "differ." not in given["marks"]


def test_varied_answers_are_not_compared() -> None:
    answers = Answer("We open at nine.", 5, "end"), Answer("We open at ten.", 5, "end")
    given = shown(turn(*answers, temperature=0.7))
    assert [answer["pieces"] for answer in given["answers"]] == [[], []]
    assert "by chance" in given["marks"]


def test_nothing_is_compared_while_an_answer_grows_or_stands_alone() -> None:
    growing = shown(turn(Answer("We open", 2), Answer("We open at ten.", 5, "end")))
    alone = shown(turn(Answer("We open", 2, "end")))
    for given in (growing, alone):
        assert given["marks"] == ""
        assert [answer["pieces"] for answer in given["answers"]] == [[]] * len(given["answers"])


def test_equal_answers_say_so_and_unlike_ones_too() -> None:
    said = Answer("We open at nine.", 5, "end")
    assert shown(turn(said, said))["marks"] == "The answers say the same."
    other = Answer("A fox lives in the big wood.", 8, "end")
    assert "too little in common" in shown(turn(said, other))["marks"]


def test_every_piece_tells_what_both_models_thought_of_it() -> None:
    base = [Piece(0, 3, 0.0004, "No", 0.5), Piece(4, 7, 0.25, "yes", 0.25)]
    tuned = [Piece(0, 3, 0.95, "Yes", 0.95), Piece(4, 7, 0.05, "no", 0.9)]
    value = sure_value(translator("en"), "Yes sir!", 1, [BASE, TUNED], [base, tuned])
    assert "".join(piece["text"] for piece in value["pieces"]) == "Yes sir!"
    first, space, second, end = value["pieces"]
    assert (first["level"], second["level"]) == (0, 4)
    assert "lines" not in space
    assert "lines" not in end
    assert first["lines"][0] == {
        "share": 0.0004,
        "percent": "< 0.1 %",
        "rather": "rather “No” (50 %)",
    }
    assert first["lines"][1]["rather"] == "its first choice"


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.42, "42 %"), (0.004, "0.4 %"), (0.0, "0.0 %")]
)
def test_shares_are_readable(share: float, text: str) -> None:
    assert percent(share) == text


def test_base_and_tuned_model_weigh_an_answer_after_the_same_words(
    page: Page, work: Any, picked: Callable[..., Any]
) -> None:
    job = work.start(step=1)
    work.end(job)
    tuned = page.workspace.playground.columns.describe(Column(run_id=job.id))
    answers = Answer("No.", 2, "end"), Answer("Yes.", 2, "end")
    options = (AskOptions(),) * 2
    dialogue = Dialogue()
    for question in ("One", "Two"):
        dialogue.begin(Turn(question, (BASE, tuned), answers, options))
    value = playground_sure.weigh(page, VISIT, dialogue, picked(number=2, place=1))
    fake: Any = page.workspace.playground
    assert [one.column for one in fake.asked] == [BASE.column, tuned.column]
    said = [[m.content for m in one.conversation] for one in fake.asked]
    assert said == [["One", "Yes.", "Two"]] * 2
    assert "".join(piece["text"] for piece in value["pieces"]) == "Yes."
    with pytest.raises(StudioError, match=r"chat\.answer_gone"):
        playground_sure.weigh(page, VISIT, dialogue, picked(number=7, place=0))
