"""Every component of our own with a value that has hostile text wherever text can stand."""

from typing import Any

from tests.browser.judged_values import EXPORTS, GIVEN, JUDGED_VALUES, NASTY, VOTE
from tests.browser.search_values import SEARCH_VALUES

ANSWER = {
    "kind": "tuned",
    "label": NASTY,
    "text": NASTY,
    "foot": NASTY,
    "can_correct": True,
    "given": GIVEN,
}
SAID = {
    "side": "messages",
    "turn": 0,
    "role": "assistant",
    "who": NASTY,
    "content": NASTY,
    "calls": [{"name": NASTY, "arguments": NASTY}],
}
ITEM_WORDS = "id title what count tag name text size problem told action"
ITEM = dict.fromkeys(ITEM_WORDS.split(), NASTY)


VALUES: dict[str, dict[str, Any]] = {
    "acts": {
        "run": 1,
        "acts": [
            {"id": "keep", "label": NASTY, "kind": "", "ask": None, "href": ""},
            {"id": "recipe", "label": NASTY, "kind": "", "ask": None, "href": "/x"},
        ],
        "hint": NASTY,
    },
    "answers": {
        "items": [
            {
                "question": NASTY,
                "reference": NASTY,
                "between": NASTY,
                "rows": [
                    {"label": NASTY, "pieces": [[NASTY, False], [NASTY, True]], "is_cut": True}
                ]
                * 3,
            }
        ],
        "ending": {"kind": "warn", "text": NASTY},
        **dict.fromkeys(("empty", "about", "reference_label", "cut_hint", "new_hint"), NASTY),
    },
    "blanks": {"names": [NASTY], "labels": [NASTY], "title": NASTY, "text": NASTY, "save": NASTY},
    "bubbles": {
        "messages": [SAID],
        "rejected": [{**SAID, "side": "rejected"}],
        "marks": [{"kind": "label", "text": NASTY, "hint": NASTY}],
        "words": dict.fromkeys(("edit", "copy", "drop", "add", "chosen", "rejected"), NASTY),
        "fields": [{"key": "question", "label": NASTY}],
        "note": NASTY,
        "problem": NASTY,
        "can_edit": True,
        "has_row": True,
    },
    "comparison": {
        "heads": [NASTY, NASTY],
        "groups": [{"title": NASTY, "rows": [[NASTY, NASTY, "other"]]}],
        "note": NASTY,
    },
    "said": {"text": NASTY},
    "cards": {"items": [{**ITEM, "can_drop": True}], "chosen": NASTY, "label": NASTY},
    "chart": {
        "train": [[1, 2.0], [2, 1.0]],
        "held_out": [[2, 1.5]],
        "train_label": NASTY,
        "held_label": NASTY,
        "x_label": NASTY,
        "y_label": NASTY,
        "summary": NASTY,
    },
    "check": {
        "id": NASTY,
        "problems": [{"title": NASTY, "text": NASTY, "fix": NASTY}],
        "links": [{"text": NASTY, "link": f"javascript:{NASTY}"}],
        "download": NASTY,
        "facts": [NASTY],
        "hint": NASTY,
    },
    "chat": {
        "turns": [
            {
                **dict.fromkeys(("question", "system", "reference", "again", "marks"), NASTY),
                "vote": VOTE,
                "answers": [
                    ANSWER,
                    {**ANSWER, "pieces": [[NASTY, "differs"]], "note": NASTY},
                    ANSWER,
                ],
            }
        ],
        "words": dict.fromkeys(
            (
                "edit",
                "resend",
                "keep_question",
                "reference",
                "weigh",
                "wrong",
                "right",
                "save_right",
            ),
            NASTY,
        ),
        "can_ask_again": True,
    },
    "chips": {"label": NASTY, "items": [NASTY]},
    "columns": {
        "columns": [{"name": NASTY, "role": "question"}],
        "rows": [[NASTY]],
        "roles": [["question", NASTY]],
        "role_label": NASTY,
        "words": {"use": NASTY, "undo": NASTY},
    },
    "exports": EXPORTS,
    "facts": {"title": NASTY, "rows": [[NASTY, NASTY]]},
    "header": {
        "name": NASTY,
        "subtitle": NASTY,
        "device": NASTY,
        "device_name": NASTY,
        "language": "en",
        "language_label": NASTY,
        "language_path": "/en/",
        "theme_label": NASTY,
    },
    "goals": {"items": [ITEM], "chosen": NASTY, "label": NASTY, "note": NASTY},
    "health": {
        "title": NASTY,
        "text": NASTY,
        "findings": [
            {
                **dict.fromkeys(("code", "title", "count", "what", "why", "fix", "show"), NASTY),
                "severity": "warning",
                "examples": [{"place": 0, "text": NASTY}],
                "can_show": True,
            }
        ],
    },
    "history": {"steps": [{"text": NASTY, "count": NASTY}], "undo": NASTY},
    "hub": {"items": [{"id": NASTY, "facts": NASTY}]},
    "lengths": {
        "bins": [[0, 10, 3], [10, 20, 1]],
        "stops": [[16, 1, 1], [20, 0, 0]],
        "limit": 16,
        "facts": [[NASTY, NASTY]],
        **dict.fromkeys(("summary", "limit_label", "limit_text", "cut_text", "fits_text"), NASTY),
    },
    "mix": {
        "items": [{"id": "other", "title": NASTY, "count": NASTY, "percent": 20}],
        "seen": [{"rows": 3, "text": NASTY}],
        "seen_title": NASTY,
        "error": NASTY,
    },
    "lineup": {
        "items": [
            {"key": NASTY, "kind": "tuned", "name": NASTY, "group": group, "own": NASTY}
            for group in (0, 0, 1)
        ],
        "adds": [{"label": NASTY, "options": [[NASTY, NASTY]]}],
        "pairs": [[NASTY, NASTY], ["2", NASTY]],
        **dict.fromkeys(("label", "drop_label", "note", "add_label", "pairs_label"), NASTY),
    },
    "lead": {"title": NASTY, "text": NASTY},
    "notice": {"kind": "error", "title": NASTY, "text": NASTY, "points": [NASTY], "fix": NASTY},
    "rows": {
        "columns": [NASTY],
        "rows": [{"id": 0, "cells": [NASTY]}],
        "offset": 0,
        "limit": 10,
        "total": 1,
        "range": NASTY,
        "previous": NASTY,
        "next": NASTY,
        "view": {"search": NASTY, "part": "", "order": "", "filter": ""},
        "search_label": NASTY,
        "tools": {
            name: {"label": NASTY, "groups": [{"label": NASTY, "options": [["", NASTY]]}]}
            for name in ("part", "order", "filter")
        },
    },
    "runs": {"items": [{**ITEM, "id": 1, "state": NASTY, "state_label": NASTY, "facts": NASTY}]},
    "models": {
        "items": [
            {
                **ITEM,
                "tags": [NASTY],
                "facts": NASTY,
                "good_for": NASTY,
                "languages": ["en"],
                "licence": {"text": NASTY, "link": f"javascript:{NASTY}"},
            }
        ],
        "found": [],
        "words": dict.fromkeys(("search", "search_hub", "asking", "licence", "nothing"), NASTY),
        "problem": {"title": NASTY, "text": NASTY, "fix": NASTY},
    },
    "plan": {
        "title": NASTY,
        "verdict": "close",
        "verdict_text": NASTY,
        "fit_label": NASTY,
        "memory": {
            "share": 0.5,
            "text": NASTY,
            "parts_title": NASTY,
            "parts": [{"label": NASTY, "value": NASTY}],
        },
        "rows": [{"label": NASTY, "lines": [NASTY, NASTY]}],
        "note": NASTY,
        "told_title": NASTY,
        "told": [NASTY],
    },
    "prompts": {
        "run": 1,
        "next": None,
        "heads": [NASTY, NASTY],
        "since": 0,
        "rows": [[NASTY, NASTY]],
        "csv": NASTY,
        **dict.fromkeys(("told", "stop", "label", "csv_name", "csv_label"), NASTY),
    },
    "reasons": {"title": NASTY, "items": [{"label": NASTY, "value": NASTY, "text": NASTY}]},
    "settings": {
        "told": NASTY,
        "changed": [{"id": "field-x", "text": NASTY}],
        "words": dict.fromkeys(("search", "show", "show_all", "reset", "nothing"), NASTY),
    },
    "status": {
        "state": "running",
        "state_label": NASTY,
        "name": NASTY,
        "stage": NASTY,
        "aside": NASTY,
        "tiles": [{"label": NASTY, "value": NASTY, "of": NASTY, "hint": NASTY}],
        "notes": [NASTY],
    },
    "steps": {"steps": [f"{NASTY}: {NASTY}"]},
    "sure": {
        "mark": NASTY,
        **dict.fromkeys(("title", "about", "hint", "close"), NASTY),
        "names": [NASTY],
        "kinds": ["base"],
        "pieces": [
            {
                "text": NASTY,
                "level": 1,
                "lines": [{"share": 0.5, "percent": NASTY, "rather": NASTY}],
            }
        ],
    },
    "tokens": {
        "spans": [{"text": NASTY, "kind": "learned"}],
        "learned_label": NASTY,
        "read_label": NASTY,
    },
    "topics": {
        "topics": [{"number": 0, "words": NASTY, "rows": 2, "count": NASTY}],
        "points": [[100, 100, 0], [900, 900, 0]],
        "map_label": NASTY,
        "map_hint": NASTY,
    },
    "tour": {
        "steps": [NASTY],
        "at": 0,
        "title": NASTY,
        "text": NASTY,
        "action": NASTY,
        "leave": NASTY,
    },
    "work": {
        "items": [
            {
                "id": 1,
                "title": NASTY,
                "stage": NASTY,
                "aside": NASTY,
                "share": 0.5,
                "can_stop": True,
            },
            {"id": 2, "kind": "error", "title": NASTY, "text": NASTY, "fix": NASTY},
        ],
        "stop_label": NASTY,
        "close_label": NASTY,
    },
    **JUDGED_VALUES,
    **SEARCH_VALUES,
}
