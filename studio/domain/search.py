"""The search of a recipe: which settings are varied, how the next ones are chosen, and when it is enough."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from studio.domain.section import Section

# Names of the goals' measures (`goals.measure` in the locale files).
JudgedBy = Literal["held_out_loss", "label_accuracy", "exact_match", "rouge_l"]
Scalar = bool | int | float | str


class Range(Section):
    """Numbers between two limits, both included."""

    low: float
    """The smallest value."""
    high: float
    """The largest value."""
    log: bool = False
    """Look at factors, not at differences: as many values between 0.001 and 0.01 as between 0.01 and 0.1."""
    points: int = Field(4, ge=2, le=50)
    """How many values a grid takes of it."""

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """Refuse a range without room, and factors of nothing."""
        if self.low >= self.high or (self.log and self.low <= 0):
            raise ValueError("the low end has to be below the high one, and above zero for factors")
        return self


def kind_of(given: Any) -> str:
    """Tell whether a setting is varied within a range or over choices."""
    return "range" if isinstance(given, dict | Range) else "choices"


Choices = Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=50)]
Varied = Annotated[
    Annotated[Range, Tag("range")] | Annotated[Choices, Tag("choices")], Discriminator(kind_of)
]


class Search(Section):
    """Find good settings: train several times with different ones, and keep what did best on the held-out examples."""

    vary: dict[str, Varied] = Field(min_length=1, max_length=20)
    """What is varied, by its place in the recipe: a list of choices, or a range with `low`, `high` and `log`."""
    how: Literal["smart", "random", "grid"] = "smart"
    """Smart learns from the tries so far (TPE), random only draws, grid takes every combination."""
    tries: int | None = Field(12, ge=1, le=1000)
    """End after so many tries. Empty: no limit."""
    minutes: float | None = Field(None, gt=0, le=100_000)
    """Begin no try that would not end in so many minutes. Empty: no limit."""
    no_better_tries: int | None = Field(None, ge=1, le=1000)
    """End after so many tries in a row that were no better than the best before. Empty: never."""
    end_early: Literal["median", "hyperband", "never"] = "median"
    """When bad tries end early: below the middle of the others at the same point (median), in rounds, or never."""
    measure_noise: bool = True
    """Try the first settings twice, with two seeds: differences no larger than theirs are ties."""
    judge_by: JudgedBy = "held_out_loss"
    """What decides which try is better: the held-out loss, or how well answers to held-out questions agree with the examples'."""
    seed: int = Field(0, ge=0, le=2**32 - 1)
    """The same seed draws the same settings."""

    @model_validator(mode="after")
    def check_end(self) -> Self:
        """Refuse a search that would never end."""
        limits = (self.tries, self.minutes, self.no_better_tries)
        if self.how != "grid" and all(limit is None for limit in limits):
            raise ValueError("a search needs tries, minutes or no_better_tries to end")
        return self
