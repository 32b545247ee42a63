"""What a search may vary: the settings of a recipe with their possible values, and a recipe with some of them put in.

Recipes come in as what pydantic makes of them, since a recipe is itself checked with what is here.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from studio.domain.method import Method
from studio.domain.search import Range, Scalar, Search

AnyRecipe = TypeVar("AnyRecipe", bound=BaseModel)
Settings = dict[str, Scalar]
TYPE = "method.type"
METHOD_SECTIONS: dict[str, type[BaseModel]] = {
    section.model_fields["type"].default: section for section in get_args(get_args(Method)[0])
}
# What these change is not how well a model learns, or it makes losses that cannot be compared: they count other tokens.
NEVER_VARIED = frozenset({
    "training.compute_dtype", "training.cpu_threads", "training.devices", "training.eval_every_steps", "training.keep", "training.max_length_tokens",
    "training.overlap_tokens", "training.seed", "training.too_long", "training.watch_prompts",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting with its possible values: `choices`, or numbers from `low` to `high`."""

    path: str
    choices: tuple[Scalar, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_whole: bool = False
    points: int = 0

    def grid(self) -> tuple[Scalar, ...]:
        """Give the values that a grid takes: the choices, or points at equal distances (or factors)."""
        if self.choices:
            return self.choices
        last = self.points - 1
        return tuple(dict.fromkeys(self.at(n / last) for n in range(self.points)))

    def at(self, share: float) -> Scalar:
        """Give the value that lies at a share (0 to 1) of the way through the possible ones."""
        if self.choices:
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        if self.is_log:
            value = math.exp(math.log(self.low) * (1 - share) + math.log(self.high) * share)
        else:
            value = self.low + (self.high - self.low) * share
        return round(value) if self.is_whole else float(f"{value:.6g}")

    def allows(self, value: Any) -> bool:
        """Tell whether the search could come to a value by itself."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int | float) and self.low <= value <= self.high


def search_of(recipe: BaseModel) -> Search:
    """Give the search of a recipe that has one."""
    search = getattr(recipe, "search", None)
    if not isinstance(search, Search):
        raise TypeError("a recipe without a search")
    return search


def applies(path: str, method: str) -> bool:
    """Tell whether a setting has a meaning with a method."""
    section, _, field = path.partition(".")
    return section != "method" or field in METHOD_SECTIONS[method].model_fields


def possible_methods(recipe: BaseModel) -> list[str]:
    """Give the methods that a search may try."""
    varied = search_of(recipe).vary.get(TYPE)
    own = str(value_at(recipe, TYPE))
    chosen = [str(one) for one in varied] if isinstance(varied, tuple) else []
    return [one for one in chosen if one in METHOD_SECTIONS] or [own]


def find_field(recipe: BaseModel, path: str) -> tuple[str, FieldInfo] | None:
    """Give a method with which a setting has a meaning, and the setting; None where it may not be varied."""
    section, _, field = path.partition(".")
    if section == "method":
        for kind in possible_methods(recipe):
            if field in METHOD_SECTIONS[kind].model_fields:
                return kind, METHOD_SECTIONS[kind].model_fields[field]
    elif section == "training" and path not in NEVER_VARIED:
        fields = type(getattr(recipe, section)).model_fields
        if field in fields:
            return str(value_at(recipe, TYPE)), fields[field]
    return None


def can_vary(path: str) -> bool:
    """Tell whether a setting may differ between tries: with some method, and without making losses that cannot be compared."""
    section, _, field = path.partition(".")
    if section == "method":
        return any(field in method.model_fields for method in METHOD_SECTIONS.values())
    return section == "training" and path not in NEVER_VARIED


def value_at(recipe: BaseModel, path: str) -> Any:
    """Give the value of a setting, None where the method has none such."""
    section, _, field = path.partition(".")
    return getattr(getattr(recipe, section), field, None)


def with_settings(recipe: AnyRecipe, settings: Mapping[str, Any]) -> AnyRecipe:
    """Give the recipe of one try: no search, and these settings. What has no meaning with the method is left out.

    Raises:
        ValidationError: a value that the setting does not allow.
    """
    values = recipe.model_dump()
    method = str(settings.get(TYPE, values["method"]["type"]))
    for path, value in settings.items():
        section, _, field = path.partition(".")
        values[section][field] = value
    fields = METHOD_SECTIONS[method].model_fields if method in METHOD_SECTIONS else {"type": None}
    values["method"] = {name: value for name, value in values["method"].items() if name in fields}
    return type(recipe).model_validate({**values, "search": None})


def read_knobs(recipe: BaseModel) -> list[Knob]:
    """Give the settings that a checked recipe varies, the method first: others depend on it."""
    knobs = []
    for path, varied in search_of(recipe).vary.items():
        kind, field = find_field(recipe, path) or ("", FieldInfo())
        if isinstance(varied, Range):
            is_whole = is_whole_number(field)
            knobs.append(
                Knob(path, (), varied.low, varied.high, varied.log, is_whole, varied.points)
            )
        else:
            values = (
                value_at(with_settings(recipe, {TYPE: kind, path: one}), path) for one in varied
            )
            knobs.append(Knob(path, tuple(dict.fromkeys(values))))
    return sorted(knobs, key=lambda knob: knob.path != TYPE)


def find_mistakes(recipe: BaseModel) -> Iterator[str]:
    """Give what a search cannot vary, as "search.vary.place = value"; nothing where the recipe has no search."""
    if getattr(recipe, "search", None) is None:
        return
    judge_by = search_of(recipe).judge_by
    if judge_by != "held_out_loss" and value_at(recipe, "objective.type") == "text":
        # Whole texts ask nothing.
        yield f"search.judge_by = {judge_by}"
    further = value_at(recipe, "model.continue_from")
    if further is not None and any(path.startswith("method.") for path in search_of(recipe).vary):
        # What was learned before has its shape.
        yield f"model.continue_from = {further}"
    for path, varied in search_of(recipe).vary.items():
        found = find_field(recipe, path)
        place = f"search.vary.{path}"
        if found is None:
            shown = (
                varied.model_dump(exclude_defaults=True)
                if isinstance(varied, Range)
                else list(varied)
            )
            yield f"{place} = {str(shown)[:60]}"
            continue
        kind, field = found
        if isinstance(varied, Range) and not is_number(field):
            yield f"{place} = {varied.low:g} … {varied.high:g}"
            continue
        ends = (varied.low, varied.high) if isinstance(varied, Range) else varied
        for value in ends:
            whole = int(value) if isinstance(value, float) and value.is_integer() else value
            try:
                with_settings(recipe, {TYPE: kind, path: whole})
            except ValidationError:
                yield f"{place} = {str(value)[:60]}"


def parts_of(field: FieldInfo) -> tuple[Any, ...]:
    """Give the types that a setting may have."""
    is_plain = isinstance(field.annotation, type) or get_origin(field.annotation) is Literal
    return (field.annotation,) if is_plain else get_args(field.annotation)


def is_number(field: FieldInfo) -> bool:
    """Tell whether a setting is a number, which may lie in a range."""
    return any(part in (int, float) for part in parts_of(field))


def is_whole_number(field: FieldInfo) -> bool:
    """Tell whether a setting is a whole number."""
    return int in parts_of(field) and float not in parts_of(field)


def own_settings(recipe: BaseModel, knobs: Sequence[Knob]) -> Settings:
    """Give the recipe's own values of what is varied; a value outside the search's limits is left out."""
    values = {knob.path: value_at(recipe, knob.path) for knob in knobs}
    return {knob.path: values[knob.path] for knob in knobs if knob.allows(values[knob.path])}


def combine(recipe: BaseModel, knobs: Sequence[Knob]) -> list[Settings]:
    """Give every combination of a grid, each once."""
    found: dict[tuple[tuple[str, Scalar], ...], Settings] = {}
    own = str(value_at(recipe, TYPE))
    for values in itertools.product(*(knob.grid() for knob in knobs)):
        settings = dict(zip((knob.path for knob in knobs), values, strict=True))
        kept = keep_meaningful(settings, own)
        found.setdefault(tuple(kept.items()), kept)
    return list(found.values())


def combine_count(recipe: BaseModel) -> int:
    """Give how many combinations a grid has, without making them."""
    knobs = read_knobs(recipe)
    return sum(
        math.prod(
            len(knob.grid()) for knob in knobs if knob.path != TYPE and applies(knob.path, method)
        )
        for method in possible_methods(recipe)
    )


def keep_meaningful(settings: Settings, method: str) -> Settings:
    """Give the settings that have a meaning together; `method` is that of the recipe."""
    chosen = str(settings.get(TYPE, method))
    return {path: value for path, value in settings.items() if applies(path, chosen)}
