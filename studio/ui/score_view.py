"""The running score: votes between columns with what they allow to say, ratings, and what was said last."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import gradio as gr

from studio.domain.judging import CRITERIA, Judgement
from studio.domain.scores import Score
from studio.i18n import Translator
from studio.services.columns import Choice
from studio.services.judgements import Judgements
from studio.ui.chat_view import column_name
from studio.ui.drawn import drawn

Shown = dict[str, Any]
LAST_SHOWN = 20
PERCENT = 100
WORDS = ("csv", "votes_set", "corrections", "list_label", "ratings_label")


def score_board(elem_id: str) -> gr.HTML:
    """Give an empty board; `learn` and `corrections` say what was pressed."""
    return drawn("score", {}, elem_id=elem_id)


def score_value(t: Translator, kept: Judgements, choices: Sequence[Choice]) -> Shown:
    """Give the score of every two columns, the better known one first, and what else was said."""
    said = kept.list()
    pairs = [
        pair_value(t, a, b, kept.score(a.column, b.column)) for a, b in combinations(choices, 2)
    ]
    voted = [pair for pair in pairs if pair["votes"]]
    return {
        "pairs": voted or pairs[:1],
        "ratings": [row for choice in choices if (row := ratings_value(t, kept, choice))],
        "heads": [t(f"judging.{name}") for name in CRITERIA],
        "said": [said_text(t, one) for one in reversed(said[-LAST_SHOWN:])],
        "has_votes": bool(kept.preferences()),
        "has_corrections": any(one.kind == "correction" for one in said),
        "words": {name: t(f"judging.{name}") for name in WORDS},
        "note": t("judging.interval_note"),
    }


def pair_value(t: Translator, first: Choice, second: Choice, score: Score) -> Shown:
    """Give one score as a bar with its interval, and as sentences; the tuned one stands first."""
    if first.column.is_base and not second.column.is_base:
        mirrored = Score(score.losses, score.wins, score.ties)
        return pair_value(t, second, first, mirrored)
    low, high = (round(edge * PERCENT) for edge in score.interval())
    names = {"first": column_name(t, first), "second": column_name(t, second)}
    return {
        **names,
        "votes": score.votes,
        "share": None if score.share is None else round(score.share * PERCENT),
        "low": low,
        "high": high,
        "told": count_text(t, score, names, low, high),
        "next": next_text(t, score, names),
        "is_clear": score.is_clear,
    }


def count_text(t: Translator, score: Score, names: dict[str, str], low: int, high: int) -> str:
    """Give the votes in words."""
    if not score.votes:
        return t("judging.no_votes")
    counts = {"wins": score.wins, "losses": score.losses, "ties": score.ties}
    told = t("judging.count", n=score.votes, **counts, **names)
    if not score.decided:
        return told
    percent = round((score.share or 0) * PERCENT)
    share = t("judging.interval", percent=percent, low=low, high=high)
    return t("playground.sentence_sign").join([told, share])


def next_text(t: Translator, score: Score, names: dict[str, str]) -> str:
    """Give what that says, or how many more votes it takes."""
    if score.is_clear:
        winner = names["first" if score.wins > score.losses else "second"]
        return t("judging.clear", name=winner)
    more = score.votes_until_clear()
    if more is None:
        return t("judging.close")
    return t("judging.more" if score.decided else "judging.at_least", n=more)


def ratings_value(t: Translator, kept: Judgements, choice: Choice) -> Shown | None:
    """Give the mean ratings of a column; None where there are none."""
    rated = kept.means(choice.column)
    if not rated.ratings:
        return None
    means = [f"{rated.means[name]:.1f}" if name in rated.means else "–" for name in CRITERIA]
    return {
        "name": column_name(t, choice),
        "means": means,
        "n": t("judging.ratings", n=rated.ratings),
    }


def said_text(t: Translator, judgement: Judgement) -> Shown:
    """Give one judgement as a line."""
    named = [one.name for one in judgement.candidates]
    place = 0 if judgement.place is None else judgement.place
    key = f"judging.said.{judgement.verdict or judgement.kind}"
    scores = ", ".join(f"{t(f'judging.{k}')} {v}" for k, v in judgement.scores.items())
    others = ", ".join(name for at, name in enumerate(named) if at != place)
    values = {"name": named[place], "others": others, "names": ", ".join(named), "scores": scores}
    return {
        "question": judgement.candidates[place].question,
        "text": t(key, **values),
        "time": datetime.fromtimestamp(judgement.time, UTC).astimezone().strftime("%Y-%m-%d %H:%M"),
    }
