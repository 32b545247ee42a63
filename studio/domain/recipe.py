"""A recipe: everything that decides a training, each field with its limits and its help.

The string under a field is its help text: form control, range check, `studio recipe show` and tooltip are made from it.
Names are those of TRL and PEFT with units added.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from studio.domain.dataset_folder import Step
from studio.domain.method import METHODS, Exclusion, Method, Qlora, exclusions
from studio.domain.search import Search
from studio.domain.search_space import find_mistakes
from studio.domain.section import Section
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError

WHOLE_PERCENT = 100
# Settings that a method may rule out, what that is called, and how they are turned off.
EXCLUDABLE: dict[str, Exclusion] = {
    "training.gradient_checkpointing": "gradient_checkpointing",
    "training.packing": "packing",
}
TURNED_OFF = {"training.gradient_checkpointing": False, "training.packing": "never"}
# Names that pydantic puts into the place of a mistake, and where.
VARIANTS = {1: {*METHODS, "sft", "text"}, 3: {"range", "choices"}}


class Model(Section):
    """Which model to start from."""

    id: str = "starter"
    """The model that is tuned. It is never changed itself; what it learns is stored beside it."""
    continue_from: int | None = Field(None, ge=1)
    """An earlier training with this model and the same method that is gone on with. Empty: start afresh."""


class Data(Section):
    """What to learn from."""

    id: str = "quickstart"
    """The data set whose examples are learned."""
    held_out_percent: float = Field(10, ge=0, le=50)
    """Share of the examples kept aside, never learned, to check the model on. Samples bring their own."""
    mix: dict[str, Annotated[float, Field(gt=0, lt=100)]] = Field(default_factory=dict)
    """Further data sets with their share in percent of all examples; the data set above has the rest."""
    steps: tuple[Step, ...] = ()
    """What was changed in the data set, in order, so that the same file gives the same examples again."""

    @field_validator("mix")
    @classmethod
    def leave_room(cls, mix: dict[str, float]) -> dict[str, float]:
        """Refuse shares that leave nothing for the data set itself."""
        if sum(mix.values()) >= WHOLE_PERCENT:
            raise ValueError("the shares leave nothing for the data set itself")
        return mix


class Sft(Section):
    """Supervised fine-tuning: learn the assistant's answers, word by word."""

    type: Literal["sft"] = "sft"


class Text(Section):
    """Continued pretraining: learn whole texts, word by word, put one after the other and cut into chunks."""

    type: Literal["text"] = "text"


class Training(Section):
    """How long and how fast to learn."""

    epochs: float = Field(3, gt=0, le=1000)
    """How often every example is seen. More learns more firmly; too many and the model only repeats them."""
    max_steps: int | None = Field(None, ge=1)
    """Stop after this many steps, whatever the epochs say. Empty: no limit."""
    batch_rows: int = Field(8, ge=1, le=1024)
    """Examples per step. More is steadier and needs more memory."""
    accumulation_steps: int = Field(1, ge=1, le=1024)
    """Batches gathered before the model changes: the effect of a larger batch without its memory."""
    learning_rate: float = Field(2e-4, gt=0, le=1)
    """How big each change is. Too high and the loss jumps, too low and nothing is learned."""
    warmup_steps: int = Field(5, ge=0)
    """Steps in which the learning rate climbs from zero, for a calm start."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate goes down towards the end."""
    weight_decay: float = Field(0.0, ge=0, le=1)
    """A gentle pull of the learned change towards zero, against memorising."""
    max_length_tokens: int = Field(512, ge=16, le=131072)
    """Longest example in tokens (word pieces). The page says how many examples are longer."""
    too_long: Literal["drop", "cut", "split"] = "drop"
    """What becomes of longer examples: left out, their end cut off (it is never learned), or split into pieces."""
    overlap_tokens: int = Field(64, ge=0, le=4096)
    """Tokens that a piece repeats of the one before; at most half a piece. Plain texts are always split."""
    eval_every_steps: int | None = Field(None, ge=1)
    """How often the held-out examples are checked. Empty: ten times per training."""
    watch_prompts: int = Field(5, ge=0, le=8)
    """Questions that are answered before the training and at its checks, so that one sees it learn. 0: none."""
    keep: Literal["best", "last"] = "best"
    """Which state is kept in the end: the one that did best on the held-out examples, or the last one."""
    patience_evals: int | None = Field(None, ge=1, le=1000)
    """Stop early after so many checks in a row without a better held-out loss. Empty: never."""
    most_rise_percent: float | None = Field(None, gt=0, le=1000)
    """Stop early where the held-out loss is this much above its best. Empty: never."""
    packing: Literal["auto", "never"] = "auto"
    """Put short examples one after the other instead of filling them up. Auto: where much would be filled up."""
    seed: int = Field(0, ge=0, le=2**32 - 1)
    """The same seed with the same settings repeats the same training."""
    compute_dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the calculation. Auto picks what this machine does well, and says why."""
    cpu_threads: int | None = Field(None, ge=1, le=256)
    """Threads that calculate on a CPU. Empty: as many as cores are free. With a number the same seed repeats to the last digit."""
    gradient_checkpointing: bool = False
    """Calculate some values twice instead of keeping them: less memory, slower."""
    devices: int | None = Field(None, ge=1, le=64)
    """Most GPUs that learn together; each takes its part of every step. Empty: all of one kind. Same result, less time."""


class Tracking(Section):
    """Where the figures go besides this page. TensorBoard files are always in the training's folder."""

    to: Literal["none", "wandb", "mlflow", "trackio"] = "none"
    """A service that also gets the figures. Its package has to be installed, and you signed in."""
    project: str = Field("tuning-studio", min_length=1, max_length=100)
    """The name under which the service keeps them."""


class Recipe(Section):
    """One training, completely described."""

    model: Model = Model()
    data: Data = Data()
    objective: Annotated[Sft | Text, Field(discriminator="type")] = Sft()
    method: Method = Qlora()
    training: Training = Training()
    tracking: Tracking = Tracking()
    search: Search | None = Field(None, exclude_if=lambda search: search is None)

    @property
    def is_in_chunks(self) -> bool:
        """Tell whether examples are put one after the other and cut into chunks."""
        return self.objective.type == "text"


def parse_recipe(values: dict[str, Any]) -> Recipe:
    """Check `values` and give the recipe.

    Raises:
        StudioError: `recipe.invalid` with all mistakes as text ("training.epochs = -1, …") and their number;
            `recipe.excluded_…` where the method rules a setting out.
    """
    # A sparse recipe may leave out what kind a section is where there are several.
    for section, usual in (
        ("method", Recipe().method.type),
        ("objective", Recipe().objective.type),
    ):
        given = values.get(section, {})
        if isinstance(given, dict):
            values = {**values, section: {"type": usual, **given}}
    try:
        recipe = Recipe.model_validate(values)
    except ValidationError as error:
        mistakes = list_mistakes(error)
        raise StudioError(
            "recipe.invalid", count=len(mistakes), settings=", ".join(mistakes)
        ) from error
    if unknown := list(find_mistakes(recipe)):
        raise StudioError("recipe.invalid", count=len(unknown), settings=", ".join(unknown))
    refuse_excluded(recipe)
    return recipe


def refuse_excluded(recipe: Recipe) -> None:
    """Raise where a setting is demanded that the method rules out; an automatic one follows the method."""
    for path, exclusion in barred_settings(recipe.method).items():
        section, field = path.split(".")
        if getattr(getattr(recipe, section), field) is True:
            raise StudioError(f"recipe.excluded_{exclusion}", method=recipe.method.type)


def barred_settings(method: Method) -> dict[str, Exclusion]:
    """Give the settings that have to stay off with a method, and what it excludes there."""
    excluded = exclusions(method)
    return {path: exclusion for path, exclusion in EXCLUDABLE.items() if exclusion in excluded}


def list_mistakes(error: ValidationError) -> list[str]:
    """Give every mistake as "section.field = value", without the names of union members."""
    return [
        ".".join(
            str(part)
            for place, part in enumerate(detail["loc"])
            if part not in VARIANTS.get(place, ())
        )
        + f" = {str(detail['input'])[:60]}"
        for detail in error.errors()
    ]


def load_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe file and apply `section.field=value` changes in order.

    Raises:
        StudioError: `recipe.unreadable`, `recipe.change_unclear` or `recipe.invalid`.
    """
    try:
        values = parse_yaml(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StudioError("recipe.unreadable", name=path.name, reason=str(error)) from error
    if not isinstance(values, dict) or not all(isinstance(part, dict) for part in values.values()):
        raise StudioError("recipe.unreadable", name=path.name, reason="sections expected")
    for change in changes:
        set_value(values, change)
    return parse_recipe(values)


def set_value(values: dict[str, Any], change: str) -> None:
    """Apply one `section.field=value`; the value is read as YAML, so `null`, `3` and `true` mean what they say."""
    path, equals, text = change.partition("=")
    section, dot, field = path.strip().partition(".")
    if not (equals and dot and section and field):
        raise StudioError("recipe.change_unclear", change=change)
    try:
        value = parse_yaml(text)
    except yaml.YAMLError as error:
        raise StudioError("recipe.change_unclear", change=change) from error
    values.setdefault(section, {})[field] = value


def dump_value(value: Any) -> str:
    """Give a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=math.inf)
    return text.removesuffix("\n...\n").strip()


def dump_recipe(recipe: Recipe) -> str:
    """Give the complete recipe as YAML, each section and field with its help as a comment."""
    lines: list[str] = []
    for name in Recipe.model_fields:
        section = getattr(recipe, name)
        if section is None:
            continue
        lines += [f"# {line}" for line in (type(section).__doc__ or "").splitlines()[:1]]
        lines.append(f"{name}:")
        values = section.model_dump(mode="json")
        # What kind of section it is decides which fields there are, so it comes first.
        for field, spec in sorted(
            type(section).model_fields.items(), key=lambda item: item[0] != "type"
        ):
            lines.extend(f"  # {line}" for line in [spec.description] if line)
            lines.append(f"  {field}: {dump_value(values[field])}")
    return "\n".join(lines) + "\n"
