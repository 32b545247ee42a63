"""The components of the Search tab with values that have hostile text wherever text can stand."""

from typing import Any

from tests.browser.judged_values import NASTY

POINT = {"number": 1, "look": NASTY, "x": 0.5, "y": 0.5, "label": NASTY}
CURVE = {"number": 1, "state": NASTY, "look": NASTY, "label": NASTY}
KNOB = {
    **dict.fromkeys(("setting", "name", "info", "low", "high", "listed", "own", "problem"), NASTY),
    "on": True,
    "log": True,
    "options": [{"value": NASTY, "label": NASTY, "on": True}],
}
TRY = {
    **dict.fromkeys(("state", "state_label", "value", "seconds", "told"), NASTY),
    "number": 1,
    "wish": NASTY,
    "tags": [NASTY],
    "is_best": True,
    "settings": [dict.fromkeys(("setting", "name", "text", "value"), NASTY)],
    "acts": [{"id": code, "label": NASTY} for code in ("stop", "settings", "clone", "withdraw")],
}

SEARCH_VALUES: dict[str, dict[str, Any]] = {
    "base": {"text": NASTY, "change": NASTY},
    "knobs": {
        "rows": [{**KNOB, "kind": kind} for kind in ("range", "list", "choices")],
        "more": [{**KNOB, "kind": "range"}],
        "more_told": NASTY,
        "words": dict.fromkeys(("from", "to", "log", "values", "more", "now"), NASTY),
    },
    "budget": {
        "title": NASTY,
        "text": NASTY,
        "lines": [NASTY],
        "few": NASTY,
        "enough": 20,
        "enough_label": NASTY,
    },
    "board": {
        "search": 1,
        "wishes": [NASTY],
        "rows": [TRY, {**TRY, "number": None}],
        "note": NASTY,
        "words": dict.fromkeys(("number", "settings", "clone_yes", "clone_no", "clone_ask"), NASTY),
    },
    "curves": {
        "series": [{**CURVE, "points": [[1, 2.0], [2, 1.5]]}],
        "keys": [[NASTY, NASTY]],
        **dict.fromkeys(("x_label", "y_label", "summary"), NASTY),
    },
    "weights": {
        "sentences": [NASTY],
        "bars": [{"name": NASTY, "share": 0.5, "text": NASTY}],
        "label": NASTY,
        "hint": NASTY,
    },
    "scatter": {
        "plots": [{"name": NASTY, "summary": NASTY, "ticks": [[0.5, NASTY]], "points": [POINT]}],
        "low": NASTY,
        "high": NASTY,
    },
    "parallel": {
        "axes": [{"name": NASTY, "ticks": [[0.5, NASTY]]}] * 2,
        "lines": [{**CURVE, "places": [0.1, 0.9]}],
        "summary": NASTY,
    },
}
