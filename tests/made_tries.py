"""Tries of a search as a worker leaves them, without training anything."""

import json
from typing import Any

import yaml

from studio.domain.job import JobFolder, Outcome
from studio.domain.recipe import Recipe


def store_try(folder: JobFolder, number: int, outcome: Outcome | None, **asked: Any) -> JobFolder:
    """Write a try with two checks; without an outcome it runs, or its worker has died."""
    own = folder.attempt(number)
    own.path.mkdir(parents=True)
    told = {"number": number, "settings": {"method.rank": 4}, "is_twin": False, **asked}
    spec = {"recipe": Recipe().model_dump(mode="json"), "name": "a", "try": told}
    own.spec.write_text(yaml.safe_dump(spec))
    lines = [
        {"seq": n, "time": n, "kind": "eval", "step": n, "held_out_loss": 3.0 - n} for n in (0, 1)
    ]
    own.events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    if outcome is not None:
        outcome.write(own)
    return own


def ended(state: str, value: float | None, **named: Any) -> dict[str, Any]:
    """Give the values of an outcome as a try's have them."""
    return {"state": state, "value": value, "seconds": 5.0, "is_counted": True, **named}


def leave_adapter(own: JobFolder) -> None:
    """Write something that a try has learned."""
    own.adapter.mkdir()
    (own.adapter / "adapter_config.json").write_text("{}")
