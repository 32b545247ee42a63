"""A conversation with several models: one question, then their answers side by side."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.column import Column
from studio.domain.differences import Piece, Said, mark_differences
from studio.domain.looks import count_words
from studio.i18n import Translator
from studio.services.columns import Choice
from studio.services.dialogue import Turn
from studio.services.playground import Answer, Phase
from studio.ui import amounts
from studio.ui.documents_view import given_value
from studio.ui.drawn import drawn
from studio.ui.vote_view import in_order, vote_value

Shown = dict[str, Any]
# What the conversation says besides its turns.
WORDS = (
    "scroll_label",
    "edit",
    "resend",
    "keep_question",
    "reference",
    "weigh",
    "wrong",
    "right",
    "save_right",
)


def chat(t: Translator, elem_id: str, *, is_newest: bool = False) -> gr.HTML:
    """Give a part of a conversation without a turn yet."""
    return drawn("chat", chat_value(t, (), is_newest=is_newest), elem_id=elem_id)


def prompt_chips(elem_id: str) -> gr.HTML:
    """Give a row of questions to press; `pick` carries the text."""
    return drawn("chips", {}, elem_id=elem_id)


def chat_value(
    t: Translator,
    turns: Sequence[Turn],
    phase: Phase | None = None,
    *,
    before: Sequence[Turn] = (),
    is_newest: bool = False,
) -> Shown:
    """Give what a part of the conversation shows; `phase` says what happens to a question before the first word.

    `before` are the turns of the part before. The part with the newest turn can ask it again, and tells what to do where
    there is none.
    """
    known = {choice.column for turn in before for choice in turn.choices}
    shown = []
    for turn in turns:
        shown.append(turn_value(t, turn, phase, known))
        known |= {choice.column for choice in turn.choices}
    return {
        "turns": shown,
        "words": {name: t(f"playground.{name}") for name in WORDS},
        "can_ask_again": is_newest and all(turn.is_final for turn in turns),
        "empty": t("playground.empty") if is_newest else "",
    }


def turn_value(t: Translator, turn: Turn, phase: Phase | None, known: set[Column]) -> Shown:
    """Give a question with the answers of its own columns; those not `known` did not hear what was said before."""
    pieces = differences(turn)
    joins = [bool(known) and choice.column not in known for choice in turn.choices]
    pairs = zip(turn.choices, turn.answers, joins, strict=True)
    return {
        "question": turn.question,
        "system": t("playground.under", system=turn.system) if turn.system else "",
        "reference": turn.reference if turn.is_final else "",
        "number": turn.number,
        "again": t("playground.again_exact" if turn.is_exact else "playground.again_varied"),
        "marks": marks_text(t, turn, pieces),
        "vote": vote_value(t, turn),
        "answers": in_order(
            t,
            turn,
            [
                {
                    **answer_value(t, choice, answer, phase_text(t, phase, place)),
                    "place": place,
                    "note": t("playground.joined") if is_new else "",
                    "pieces": pieces[place] if pieces else [],
                }
                for place, (choice, answer, is_new) in enumerate(pairs)
            ],
        ),
    }


def differences(turn: Turn) -> list[list[Piece]]:
    """Give the answers in pieces, what differs marked; nothing where chance may have chosen any of the words."""
    if not turn.is_final or not turn.is_exact or len(turn.answers) < 2:
        return []
    return mark_differences(
        [
            Said(answer.text, answer.ties, answer.reason != "end") if answer.text else None
            for answer in turn.answers
        ]
    )


def marks_text(t: Translator, turn: Turn, pieces: Sequence[Sequence[Piece]]) -> str:
    """Give what the marks mean, and what is not marked."""
    if len(turn.answers) < 2 or not turn.is_final:
        return ""
    if not turn.is_exact:
        return t("playground.marks.varied")
    kinds = {kind for each in pieces for _, kind in each}
    differs = "differs" if len(turn.answers) == 2 else "differs_first"
    names = (("differs", differs), ("chance", "chance"))
    told = [t(f"playground.marks.{name}") for kind, name in names if kind in kinds]
    texts = {answer.text for answer in turn.answers}
    if not told and len(texts) > 1:
        told = [t("playground.marks.unlike")]
    return t("playground.sentence_sign").join(told or [t("playground.marks.same")])


def answer_value(t: Translator, choice: Choice, answer: Answer, waiting: str) -> Shown:
    """Give one answer with its footer."""
    is_waiting = answer.reason is None and not answer.text
    is_said = has_ended(answer) and bool(answer.text.strip())
    return {
        "kind": "base" if choice.column.is_base else "tuned",
        "label": column_name(t, choice),
        "text": answer.text,
        # Others would be asked without the passages that this one has read.
        "can_weigh": is_said and not choice.column.has_documents,
        "can_correct": is_said,
        "given": given_value(t, answer.passages) if has_ended(answer) else None,
        "is_waiting": is_waiting,
        "is_growing": answer.reason is None and bool(answer.text),
        "is_failed": answer.reason == "failed",
        "foot": waiting if is_waiting else foot_text(t, answer),
    }


def has_ended(answer: Answer) -> bool:
    """Tell whether there is an answer, all of it."""
    return answer.reason not in (None, "failed")


def column_name(t: Translator, choice: Choice) -> str:
    """Give what people call a column."""
    column = choice.column
    if column.has_documents:
        return f"{t('documents.column')} · {choice.name}"
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
        passages_done=phase.read_passages,
        passages=phase.total_passages,
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
