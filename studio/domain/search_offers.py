"""What a search is offered to vary: each setting with limits worked out from the recipe, the model and the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic.fields import FieldInfo

from studio.domain.recipe import Recipe, Training
from studio.domain.search import Range, Scalar, Varied
from studio.domain.search_space import (
    METHOD_SECTIONS,
    NEVER_VARIED,
    TYPE,
    is_number,
    is_whole_number,
    parts_of,
    value_at,
)

RATE = "training.learning_rate"
# What is worth varying first, in the order in which it usually matters.
SHORT = (
    RATE, "method.rank", "training.epochs", "training.batch_rows", "method.target_modules", "method.dropout",
    "training.warmup_steps", TYPE,
)  # fmt: skip
# So many are varied unless somebody says otherwise: with more the tries of a few minutes say little about each.
ON_AT_FIRST = 2
# A learning rate is looked for within this factor of what is usual, to both sides.
RATE_FACTOR = 5.0
FACTORS = {"method.rank": (0.25, 0.5, 1, 2), "training.epochs": (0.5, 1, 2)}
USUAL_FACTORS = (0.5, 1, 2)
# Where a setting has no value, or none that could be doubled.
STARTS: dict[str, tuple[float, ...]] = {
    "method.dropout": (0.0, 0.05, 0.1),
    "method.last_layers": (2, 4, 8),
    "training.max_steps": (50, 100, 200),
    "training.most_rise_percent": (2.0, 5.0, 10.0),
    "training.patience_evals": (2, 3, 5),
    "training.warmup_steps": (0, 5, 20),
    "training.weight_decay": (0.0, 0.01, 0.1),
}
# The methods that learn an adapter with a rank; these are tried beside one another at first.
RANKED = ("qlora", "lora")
DIGITS = 2


@dataclass(frozen=True, slots=True)
class Offer:
    """A setting that can be varied, over `varied` unless somebody says otherwise.

    `possible` are all values of a choice; a number has none.
    """

    path: str
    varied: Varied
    possible: tuple[Scalar, ...] = ()
    is_short: bool = False
    is_on: bool = False
    is_whole: bool = False


def offer_settings(recipe: Recipe, rows: int | None, layers: int | None) -> list[Offer]:
    """Give everything that a search may vary around a recipe, what matters most first.

    `rows` are the examples that are learned, `layers` those of the model; None where that is not known.
    """
    fields = dict(list_settings(recipe))
    short = [path for path in SHORT if path in fields]
    further = [path for path in fields if path not in short]
    return [
        Offer(
            path,
            offered_values(recipe, path, fields[path], most_of(path, rows, layers)),
            possible_values(path, fields[path]),
            is_short=path in short,
            is_on=path in short[:ON_AT_FIRST],
            is_whole=is_whole_number(fields[path]),
        )
        for path in (*short, *further)
    ]


def list_settings(recipe: Recipe) -> Iterator[tuple[str, FieldInfo]]:
    """Give the numbers and choices of a recipe that a search may vary, by path.

    What was learned before has its shape: with it the method stays as it is.
    """
    if recipe.model.continue_from is None:
        for name, field in METHOD_SECTIONS[recipe.method.type].model_fields.items():
            yield f"method.{name}", field
    for name, field in Training.model_fields.items():
        if f"training.{name}" not in NEVER_VARIED:
            yield f"training.{name}", field


def possible_values(path: str, field: FieldInfo) -> tuple[Scalar, ...]:
    """Give all values of a choice, none of a number."""
    if path == TYPE:
        return tuple(METHOD_SECTIONS)
    if is_number(field):
        return ()
    if bool in parts_of(field):
        return (False, True)
    return tuple(choice for part in parts_of(field) for choice in get_args(part))


def offered_values(recipe: Recipe, path: str, field: FieldInfo, most: float) -> Varied:
    """Give the values around the recipe's own that are worth a try."""
    own = value_at(recipe, path)
    if path == TYPE:
        return RANKED if own in RANKED else (str(own), *RANKED[1:])
    if path == RATE:
        low, high = tidy(own / RATE_FACTOR), tidy(min(1.0, own * RATE_FACTOR))
        return Range(low=low, high=high, log=True)
    possible = possible_values(path, field)
    if possible:
        return possible
    values: Sequence[float] = STARTS.get(path, ())
    if own:
        around = [own * factor for factor in FACTORS.get(path, USUAL_FACTORS)]
        # From nothing to a tenth is worth a look whatever somebody has set.
        values = [*around, *(value for value in values if path in STARTS and not value)]
    fitting = {as_field(field, value) for value in values if value <= most}
    return tuple(sorted(fitting | ({own} if own is not None else set())))


def as_field(field: FieldInfo, value: float) -> Scalar:
    """Give a number as the setting takes it: whole, and at least one where the half of one is meant."""
    if not is_whole_number(field):
        return tidy(value)
    return int(max(1, round(value))) if value else 0


def most_of(path: str, rows: int | None, layers: int | None) -> float:
    """Give the largest value that makes sense: no batch is half of everything, no model has more layers than it has."""
    limits = {"training.batch_rows": rows and max(1, rows // 2), "method.last_layers": layers}
    limits["method.trained_layers"] = layers
    limit = limits.get(path)
    return float("inf") if limit is None else limit


def tidy(value: float) -> float:
    """Give a number with as many digits as people choose."""
    return float(f"{value:.{DIGITS}g}")
