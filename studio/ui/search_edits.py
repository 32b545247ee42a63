"""What somebody has changed of what a search offers to vary, and the search that comes of it.

Edits are kept as they were typed, by path, so that a number that is not finished yet stays where it is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from studio.domain.recipe import Recipe
from studio.domain.search import Range, Scalar
from studio.domain.search_offers import Offer
from studio.domain.search_space import find_mistakes
from studio.i18n import Translator

Edit = dict[str, Any]
# Edits by path, and which of the browser's changes was the last among them.
Own = dict[str, Any]
# What an edit may hold, and of which type.
EDITABLE: dict[str, type] = {
    "on": bool,
    "log": bool,
    "low": str,
    "high": str,
    "listed": str,
    "chosen": list,
}
SEPARATORS = str.maketrans("，、；;\n\t", ",,,,,,")
LONGEST_TEXT = 400
MOST_EDITS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as the page shows it; `low`, `high` and `listed` are texts, `chosen` are names of choices."""

    offer: Offer
    is_on: bool
    low: str
    high: str
    log: bool
    listed: str
    chosen: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Tell how its values are given."""
        if self.offer.possible:
            return "choices"
        return "range" if isinstance(self.offer.varied, Range) else "list"

    @property
    def varied(self) -> dict[str, Any] | list[Scalar]:
        """Give what a recipe says of it.

        Raises:
            ValueError: what was typed is no number.
        """
        if self.kind == "range":
            return {"low": read_number(self.low), "high": read_number(self.high), "log": self.log}
        if self.kind == "choices":
            return [value for value in self.offer.possible if str(value) in self.chosen]
        return read_numbers(self.listed)


def read_numbers(text: str) -> list[Scalar]:
    """Give the numbers of a list with commas, whole ones as whole numbers.

    Raises:
        ValueError: something in it is no number.
    """
    parts = [part.strip() for part in text.translate(SEPARATORS).split(",") if part.strip()]
    numbers = [read_number(part) for part in parts]
    return [int(number) if number == int(number) else number for number in numbers]


def read_number(text: str) -> float:
    """Give a number that somebody has typed.

    Raises:
        ValueError: it is none, or has no end.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def number_text(value: float) -> str:
    """Give a number as people would type it."""
    return f"{value:g}"


def clean_edit(change: Any) -> Edit:
    """Give what may be kept of an edit that a browser has sent."""
    if not isinstance(change, Mapping):
        return {}
    kept = {
        name: value
        for name, value in change.items()
        if name in EDITABLE and isinstance(value, EDITABLE[name])
    }
    return {
        name: value[:LONGEST_TEXT] if isinstance(value, str | list) else value
        for name, value in kept.items()
    }


def read_own(knobs: Any) -> Own:
    """Give what may be kept of what somebody has changed: it lies in the browser, in the value of the rows."""
    knobs = knobs if isinstance(knobs, Mapping) else {}
    edits, turn = knobs.get("edits"), knobs.get("turn")
    given = edits if isinstance(edits, Mapping) else {}
    kept = {str(path): clean_edit(change) for path, change in [*given.items()][:MOST_EDITS]}
    return {"edits": kept, "turn": turn if isinstance(turn, int) else 0}


def as_row(offer: Offer, edit: Edit) -> Row:
    """Give a setting with what somebody has changed of it."""
    varied = offer.varied
    low, high, is_log, values = "", "", False, ()
    if isinstance(varied, Range):
        low, high, is_log = number_text(varied.low), number_text(varied.high), varied.log
    else:
        values = varied
    is_listed = not offer.possible and not isinstance(varied, Range)
    listed = ", ".join(number_text(float(value)) for value in values) if is_listed else ""
    return Row(
        offer=offer,
        is_on=edit.get("on", offer.is_on),
        low=edit.get("low", low),
        high=edit.get("high", high),
        log=edit.get("log", is_log),
        listed=edit.get("listed", listed),
        chosen=tuple(str(one) for one in edit.get("chosen", values)),
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """A recipe with its search, or what is wrong: sentences by path of a setting, and one for the whole."""

    recipe: Recipe | None
    mistakes: dict[str, str]
    problem: str = ""


def check_search(
    t: Translator, base: Recipe, rows: list[Row], limits: Mapping[str, Any]
) -> Checked:
    """Give the recipe of a search around `base`, or every mistake at once; `limits` are how and until when."""
    mistakes: dict[str, str] = {}
    vary: dict[str, Any] = {}
    for row in rows:
        if not row.is_on:
            continue
        try:
            vary[row.offer.path] = row.varied
        except ValueError:
            key = "mistakes.float_type" if row.kind == "range" else "search.mistakes.number"
            mistakes[row.offer.path] = t(key)
    if mistakes:
        return Checked(None, mistakes)
    if not vary:
        return Checked(None, {}, t("search.mistakes.nothing_varied"))
    values = {**base.model_dump(), "search": {**limits, "vary": vary}}
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        return tell_mistakes(t, error)
    wrong = {
        mistaken_path(line): t("search.mistakes.value", text=line.partition(" = ")[2])
        for line in find_mistakes(recipe)
    }
    return Checked(None if wrong else recipe, wrong)


def mistaken_path(line: str) -> str:
    """Give the setting of a mistake that is told as "search.vary.path = value"."""
    return line.partition(" = ")[0].removeprefix("search.vary.")


def tell_mistakes(t: Translator, error: ValidationError) -> Checked:
    """Give what pydantic finds wrong, each at its setting; limits have controls of their own, which say it."""
    mistakes: dict[str, str] = {}
    problem = ""
    for detail in error.errors():
        place = detail["loc"]
        if place[:2] == ("search", "vary") and len(place) > 2:
            is_order = detail["type"] == "value_error"
            mistakes[str(place[2])] = t(f"search.mistakes.{'order' if is_order else 'values'}")
        elif place == ("search",):
            problem = t("search.mistakes.no_end")
    return Checked(None, mistakes, problem)
