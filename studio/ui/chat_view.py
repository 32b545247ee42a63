"""A conversation with several models: one question, then their answers side by side."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.looks import count_words
from studio.i18n import Translator
from studio.services.columns import Choice
from studio.services.dialogue import Turn
from studio.services.playground import Answer, Phase
from studio.ui import amounts
from studio.ui.drawn import drawn

Shown = dict[str, Any]


def chat(t: Translator, elem_id: str, *, is_newest: bool = False) -> gr.HTML:
    """Give a part of a conversation without a turn yet."""
    return drawn("chat", chat_value(t, (), is_newest=is_newest), elem_id=elem_id)


def prompt_chips(elem_id: str) -> gr.HTML:
    """Give a row of questions to press; `pick` carries the text."""
    return drawn("chips", {}, elem_id=elem_id)


def chat_value(
    t: Translator, turns: Sequence[Turn], phase: Phase | None = None, *, is_newest: bool = False
) -> Shown:
    """Give what a part of the conversation shows; `phase` says what happens to a question before the first word.

    The part with the newest turn tells what to do where there is none.
    """
    return {
        "turns": [turn_value(t, turn, phase) for turn in turns],
        "scroll_label": t("playground.scroll_label"),
        "empty": t("playground.empty") if is_newest else "",
    }


def turn_value(t: Translator, turn: Turn, phase: Phase | None) -> Shown:
    """Give a question with the answers of its own columns."""
    pairs = zip(turn.choices, turn.answers, strict=True)
    return {
        "question": turn.question,
        "answers": [
            answer_value(t, choice, answer, phase_text(t, phase, place))
            for place, (choice, answer) in enumerate(pairs)
        ],
    }


def answer_value(t: Translator, choice: Choice, answer: Answer, waiting: str) -> Shown:
    """Give one answer with its footer."""
    is_waiting = answer.reason is None and not answer.text
    return {
        "kind": "base" if choice.column.is_base else "tuned",
        "label": column_name(t, choice),
        "text": answer.text,
        "is_waiting": is_waiting,
        "is_growing": answer.reason is None and bool(answer.text),
        "is_failed": answer.reason == "failed",
        "foot": waiting if is_waiting else foot_text(t, answer),
    }


def column_name(t: Translator, choice: Choice) -> str:
    """Give what people call a column."""
    column = choice.column
    if column.is_base:
        return f"{t('playground.base')} · {choice.name}"
    return f"{t('playground.tuned')} · {training_name(t, choice)}"


def training_name(t: Translator, choice: Choice) -> str:
    """Give what people call a training, and at which step it is."""
    name = t("runs.run_name", id=choice.column.run_id, name=choice.name)
    if choice.column.step is None:
        return name
    return t("playground.at_step", name=name, step=choice.column.step)


def phase_text(t: Translator, phase: Phase | None, place: int) -> str:
    """Give what happens to a question before the first word of the column at `place`."""
    if phase is None:
        return ""
    if phase.code == "answering" and place not in phase.columns:
        return t("playground.phase.next")
    return t(
        f"playground.phase.{phase.code}",
        ahead=phase.ahead,
        done=amounts.size(phase.read_bytes),
        total=amounts.size(phase.total_bytes),
    )


def foot_text(t: Translator, answer: Answer) -> str:
    """Give speed, time to the first word, length, and why the answer ended."""
    if answer.reason is None:
        return ""
    if answer.problem is not None:
        problem = t.error(answer.problem)
        return f"{problem.what} {problem.fix}"
    key = f"playground.end.{answer.reason}"
    reason = t(key if t.has(key) else "playground.end.other")
    if answer.first_seconds is None or not answer.seconds:
        return reason
    return t(
        "playground.foot",
        speed=f"{count_words(answer.text) / answer.seconds:.0f}",
        first=amounts.short_seconds(t, answer.first_seconds),
        tokens=t("playground.tokens", n=answer.tokens),
        reason=reason,
    )
