"""Hostile values for the components that judge answers, let other programs in, show documents, and take a model home."""

from typing import Any

NASTY = "<img src=x onerror=alert(1)> ${alert(1)} {{7*7}} `${alert(2)}` </script><script>alert(3)</script>"
VOTE: dict[str, Any] = {
    **dict.fromkeys(("question", "rate", "save", "unrated", "give_up"), NASTY),
    "choices": [{"text": NASTY, "verdict": "better", "place": 0}],
    "names": [NASTY],
    "criteria": [{"name": "accuracy", "label": NASTY}],
    "scores": [1, 2],
}
# What a column was given to read, as the conversation shows it.
GIVEN = {"label": NASTY, "note": NASTY, "items": [{"name": NASTY, "text": NASTY}]}
# A form that is there, one that is made, and a repository that stands in the way.
FORM = dict.fromkeys(("id", "title", "text", "size", "problem", "told", "action", "file"), NASTY)
EXPORTS: dict[str, Any] = {
    "licence": {"before": NASTY, "text": NASTY, "link": f"javascript:{NASTY}"},
    "more": NASTY,
    "items": [
        {
            **FORM,
            "href": "/x",
            "push": NASTY,
            "job": NASTY,
            "verdict": {"kind": "warn", "text": NASTY},
        },
        {**FORM, "does": "take", "share": 0.5, "is_more": True},
        {
            **FORM,
            "does": "take",
            "also": {"text": NASTY, "does": "update"},
            "page": {"text": NASTY, "link": f"javascript:{NASTY}"},
        },
    ],
}
JUDGED_VALUES: dict[str, Any] = {
    "documents": {
        "items": [{"id": NASTY, "name": NASTY, "facts": NASTY, "drop": NASTY}],
        "problems": [NASTY],
        **dict.fromkeys(("label", "note", "join", "told"), NASTY),
    },
    "elsewhere": {
        "is_on": True,
        **dict.fromkeys(("lead", "state", "key", "code", "models"), NASTY),
        "words": dict.fromkeys(
            (
                "make",
                "renew",
                "remove",
                "sure",
                "keep",
                "copy",
                "copied",
                "key_label",
                "code_label",
            ),
            NASTY,
        ),
    },
    "score": {
        "pairs": [
            {
                **dict.fromkeys(("first", "second", "told", "next"), NASTY),
                "votes": 3,
                "share": 67,
                "low": 20,
                "high": 90,
                "is_clear": True,
            }
        ],
        "ratings": [{"name": NASTY, "means": [NASTY], "n": NASTY}],
        "heads": [NASTY],
        "said": [{"question": NASTY, "text": NASTY, "time": NASTY}],
        "has_votes": True,
        "has_corrections": True,
        "words": dict.fromkeys(
            ("csv", "votes_set", "corrections", "list_label", "ratings_label"), NASTY
        ),
        "note": NASTY,
    },
}
