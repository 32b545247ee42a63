"""Judging in the conversation: answers without names in an order of their own, and what one can say about them."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from studio.domain.judging import CRITERIA, HIGHEST_SCORE, LOWEST_SCORE
from studio.i18n import Translator
from studio.services.dialogue import Turn

Shown = dict[str, Any]


def in_order(t: Translator, turn: Turn, answers: Sequence[Shown]) -> list[Shown]:
    """Give the answers as they stand; of a blind turn without anything that tells whose they are.

    Nothing is shown before all have ended: who is loaded first, and who is quick, would tell it.
    """
    order = turn.order or range(len(answers))
    shown = [answers[place] for place in order]
    if not turn.is_blind:
        return [
            {**answer, "can_correct": turn.is_final and answer["can_correct"]} for answer in shown
        ]
    return [hidden(t, turn, answer, place) for place, answer in enumerate(shown)]


def hidden(t: Translator, turn: Turn, answer: Shown, place: int) -> Shown:
    """Give an answer by the letter of its place."""
    is_final = turn.is_final
    return {
        **answer,
        "kind": "blind",
        "place": place,
        "label": letter_name(t, place),
        "note": "",
        "given": None,
        "text": answer["text"] if is_final else "",
        "can_weigh": False,
        "can_correct": False,
        "is_waiting": not is_final,
        "is_growing": False,
        "is_failed": False,
        "foot": "" if is_final else t("judging.together"),
    }


def vote_value(t: Translator, turn: Turn) -> Shown | None:
    """Give what one can say about the answers of a turn; None where there is nothing to choose."""
    if not turn.order or not turn.is_final:
        return None
    if not turn.is_blind:
        return {"told": t("judging.named" if turn.is_judged else "judging.no_choice")}
    names = [letter_name(t, place) for place in range(len(turn.order))]
    key = "judging.better" if len(names) == 2 else "judging.best"
    choices = [
        {"text": t(key, name=name), "verdict": "better", "place": place}
        for place, name in enumerate(names)
    ]
    return {
        "question": t("judging.question"),
        "choices": [*choices, {"text": t("judging.tie"), "verdict": "tie", "place": None}],
        "names": names,
        "rate": t("judging.rate"),
        "save": t("judging.save_ratings"),
        "unrated": t("judging.unrated"),
        "give_up": t("judging.give_up"),
        "criteria": [{"name": name, "label": t(f"judging.{name}")} for name in CRITERIA],
        "scores": list(range(LOWEST_SCORE, HIGHEST_SCORE + 1)),
    }


def letter_name(t: Translator, place: int) -> str:
    """Give what an answer is called before its column has a name."""
    return t("judging.letter", letter=ascii_uppercase[place])
