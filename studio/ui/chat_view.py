"""A conversation with several models: one question, then their answers side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from studio.domain.records import Message
from studio.i18n import Translator
from studio.services.columns import Choice
from studio.services.playground import Answer, Phase
from studio.ui import amounts
from studio.ui.drawn import drawn

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what each column has answered so far."""

    question: str
    answers: tuple[Answer, ...]


def chat(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty conversation."""
    return drawn("chat", chat_value(t, (), (), None), elem_id=elem_id)


def prompt_chips(elem_id: str) -> gr.HTML:
    """Give a row of questions to press; `pick` carries the text."""
    return drawn("chips", {}, elem_id=elem_id)


def chat_value(
    t: Translator, columns: Sequence[Choice], turns: Sequence[Turn], phase: Phase | None
) -> Shown:
    """Give what the conversation shows; `phase` says what happens to a question before the first word."""
    shown = [
        {
            "question": turn.question,
            "answers": [
                answer_value(t, column, answer, phase_text(t, phase, place))
                for place, (column, answer) in enumerate(zip(columns, turn.answers, strict=True))
            ],
        }
        for turn in turns
    ]
    return {"turns": shown, "empty": t("playground.empty")}


def answer_value(t: Translator, choice: Choice, answer: Answer, waiting: str) -> Shown:
    """Give one answer with its footer."""
    is_waiting = answer.reason is None and not answer.text
    return {
        "kind": "base" if choice.column.is_base else "tuned",
        "label": column_name(t, choice),
        "text": answer.text,
        "is_waiting": is_waiting,
        "is_growing": answer.reason is None and bool(answer.text),
        "foot": waiting if is_waiting else foot_text(t, answer),
    }


def column_name(t: Translator, choice: Choice) -> str:
    """Give what people call a column."""
    column = choice.column
    if column.is_base:
        return f"{t('playground.base')} · {choice.name}"
    name = t("runs.run_name", id=column.run_id, name=choice.name)
    if column.step is not None:
        name = t("playground.at_step", name=name, step=column.step)
    return f"{t('playground.tuned')} · {name}"


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
    """Give speed, time to the first word, and why the answer ended."""
    if answer.reason is None:
        return ""
    if answer.problem is not None:
        return t.error(answer.problem).what
    key = f"playground.end.{answer.reason}"
    reason = t(key if t.has(key) else "playground.end.other")
    if answer.first_seconds is None or not answer.seconds:
        return reason
    return t(
        "playground.foot",
        speed=f"{answer.tokens / answer.seconds:.0f}",
        first=amounts.short_seconds(t, answer.first_seconds),
        reason=reason,
    )


def conversations(turns: Sequence[Turn], question: str, columns: int) -> list[list[Message]]:
    """Give, per column, what was said so far and the new question: each model continues its own answers."""
    return [
        [
            message
            for turn in turns
            for message in (
                Message("user", turn.question),
                Message("assistant", turn.answers[place].text),
            )
        ]
        + [Message("user", question)]
        for place in range(columns)
    ]


def stop_turns(turns: Sequence[Turn]) -> list[Turn]:
    """Give the turns with unfinished answers marked as stopped."""
    return [
        replace(
            turn,
            answers=tuple(
                answer if answer.reason else replace(answer, reason="stopped")
                for answer in turn.answers
            ),
        )
        for turn in turns
    ]
