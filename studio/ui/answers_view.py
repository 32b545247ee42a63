"""Watch it learn: how the answers to a few questions change, and whether the model ends them by itself."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from studio.domain.looks import Saying, mark_new
from studio.i18n import Translator
from studio.services.runs import RunSnapshot
from studio.ui.drawn import drawn


def answers_strip(t: Translator, elem_id: str) -> gr.HTML:
    """Give an empty strip."""
    return drawn("answers", no_answers(t), elem_id=elem_id)


def no_answers(t: Translator) -> dict[str, Any]:
    """Give what the strip shows without a training."""
    return {"empty": t("watch.empty"), "items": []}


def answers_mark(snapshot: RunSnapshot) -> list[Any]:
    """Give what the strip is drawn from; as long as it is the same, nothing has to be drawn anew."""
    watched, is_waiting = snapshot.watched, snapshot.step == 0 and not snapshot.job.is_final
    is_tested = watched.stop_test is not None
    return [snapshot.job.id, len(watched.looks), is_tested, snapshot.kept_step, is_waiting]


def answers_value(t: Translator, snapshot: RunSnapshot) -> dict[str, Any]:
    """Give what the strip shows of a training."""
    watched = snapshot.watched
    is_waiting = not snapshot.job.is_final and snapshot.step == 0
    return {
        "empty": t("watch.empty" if is_waiting else "watch.none"),
        "about": t("watch.seen" if watched.is_learned else "watch.not_seen"),
        "reference_label": t("watch.reference"),
        "cut_hint": t("watch.cut_hint"),
        "new_hint": t("watch.new_hint"),
        "items": [
            item(t, prompt, watched.sayings(place), snapshot.kept_step)
            for place, prompt in enumerate(watched.prompts)
            if watched.looks
        ],
        "ending": ending(t, snapshot),
    }


def item(
    t: Translator, prompt: dict[str, str], sayings: Sequence[Saying], kept_step: int | None
) -> dict[str, Any]:
    """Give one question with everything that was said to it, what is new marked."""
    rows = []
    before = ""
    for saying in sayings:
        pieces = mark_new(before, saying.text) if rows else [(saying.text, False)]
        is_kept = kept_step is not None and saying.first_step <= kept_step <= saying.last_step
        label = span_text(t, saying)
        rows.append({
            "label": t("watch.kept", when=label) if is_kept else label,
            "pieces": pieces,
            "is_cut": not saying.has_ended,
        })  # fmt: skip
        before = saying.text
    between = len(rows) - 2
    return {
        "question": prompt["question"],
        "reference": prompt["reference"],
        "rows": rows,
        "between": t("watch.between", n=between) if between > 0 else "",
    }


def span_text(t: Translator, saying: Saying) -> str:
    """Give when something was said: before the training, at a step, or from one to another."""
    first, last = saying.first_step, saying.last_step
    if first == last:
        return t("watch.step", step=first) if first else t("watch.before")
    return t("watch.steps", first=first, last=last) if first else t("watch.still", last=last)


def ending(t: Translator, snapshot: RunSnapshot) -> dict[str, str]:
    """Give whether it ends its answers by itself, and what to do where it does not; nothing before that is known."""
    test = snapshot.watched.stop_test
    if test is None:
        return {}
    counts = {"n": test.asked, "ended": test.ended, "open": test.asked - test.ended}
    if test.ended == test.asked:
        return {"kind": "good", "text": t("watch.ends", **counts)}
    was_cut = any(note.code == "rows_cut" for note in snapshot.notes)
    advice = t("watch.advice_cut" if was_cut else "watch.advice_more")
    return {"kind": "warn", "text": f"{t('watch.goes_on', **counts)} {advice}"}
