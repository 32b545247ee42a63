"""Make a recipe fit into the memory: change the least harmful setting first, and say which.

smaller batches, more of them per change     the same result
calculate some values twice                  the same result, a fifth slower
learn an adapter, not the model's weights    nearly the same result, less room for what is new
hold the base model in 4 bits                nearly the same result
a shorter longest length                     some long examples are left out
a lower rank                                 less detail is learned
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from studio.domain.memory import estimate_memory
from studio.domain.method import METHODS, AdapterMethod, Lora, Qlora
from studio.domain.rates import scaled_rate
from studio.domain.recipe import Recipe, barred_settings
from studio.domain.situation import Situation
from studio.domain.workload import measure_workload

SHORTEST_LIMIT = 64
LOWEST_RANK = 4


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that was changed; `code` says in the locale files what that costs (`plan.change`)."""

    path: str
    before: Any
    after: Any
    code: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """The changed recipe; where nothing helps `fits` is False and the recipe is as it was."""

    recipe: Recipe
    changes: tuple[SettingChange, ...]
    fits: bool


def make_it_fit(recipe: Recipe, situation: Situation) -> Fitted:
    """Change `recipe` until its estimate fits; each kind of change is taken as far as it goes before the next."""
    started = recipe
    for step in STEPS:
        for tried in step(recipe, situation):
            if does_fit(recipe, situation):
                break
            recipe = tried
    if not does_fit(recipe, situation):
        return Fitted(started, (), fits=False)
    return Fitted(recipe, tuple(differences(started, recipe)), fits=True)


def does_fit(recipe: Recipe, situation: Situation) -> bool:
    """Tell whether the estimate of a recipe leaves room."""
    work = measure_workload(situation, recipe)
    needed = estimate_memory(situation.model, recipe, work.largest, situation.machine)
    return needed.verdict(situation.machine.memory_bytes) == "fits"


def with_training(recipe: Recipe, **values: Any) -> Recipe:
    """Give the recipe with other values in its section "training"."""
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=values)})


def smaller_batches(recipe: Recipe, situation: Situation) -> Iterator[Recipe]:
    """Halve the batch and double what is gathered before a change."""
    rows, gathered = recipe.training.batch_rows, recipe.training.accumulation_steps
    while rows > 1 and rows % 2 == 0:
        rows, gathered = rows // 2, gathered * 2
        yield with_training(recipe, batch_rows=rows, accumulation_steps=gathered)


def calculate_twice(recipe: Recipe, situation: Situation) -> Iterator[Recipe]:
    """Keep less for the way back."""
    path = "training.gradient_checkpointing"
    if not recipe.training.gradient_checkpointing and path not in barred_settings(recipe.method):
        yield with_training(recipe, gradient_checkpointing=True)


def an_adapter(recipe: Recipe, situation: Situation) -> Iterator[Recipe]:
    """Learn beside the model's weights, unless the training goes on with weights that were learned before."""
    if METHODS[recipe.method.type].result == "model" and recipe.model.continue_from is None:
        yield with_method(recipe, Lora())


def with_method(recipe: Recipe, method: Lora) -> Recipe:
    """Give the recipe with another method and the learning rate that goes with it."""
    rate = scaled_rate(recipe.training.learning_rate, recipe.method.type, method.type)
    return with_training(recipe.model_copy(update={"method": method}), learning_rate=rate)


def four_bits(recipe: Recipe, situation: Situation) -> Iterator[Recipe]:
    """Hold the base model in 4 bits."""
    if recipe.method.type == "lora":
        values = recipe.method.model_dump(exclude={"type"})
        yield recipe.model_copy(update={"method": Qlora(**values)})


def shorter_examples(recipe: Recipe, situation: Situation) -> Iterator[Recipe]:
    """Take a third off the longest length, again and again; of conversations at least half stay as they are."""
    data = situation.data
    limit = min(recipe.training.max_length_tokens, data.longest_tokens)
    shortest = max(SHORTEST_LIMIT, 0 if data.is_text else data.median_tokens)
    while limit > shortest:
        limit = max(shortest, limit * 2 // 3)
        yield with_training(recipe, max_length_tokens=limit)


def lower_rank(recipe: Recipe, situation: Situation) -> Iterator[Recipe]:
    """Halve the rank, and the strength with it."""
    method = recipe.method
    if not isinstance(method, AdapterMethod) or recipe.model.continue_from is not None:
        return
    while method.rank >= 2 * LOWEST_RANK:
        halved = {"rank": method.rank // 2, "alpha": max(1, method.alpha // 2)}
        method = method.model_copy(update=halved)
        yield recipe.model_copy(update={"method": method})


STEPS: tuple[Callable[[Recipe, Situation], Iterator[Recipe]], ...] = (
    smaller_batches,
    calculate_twice,
    an_adapter,
    four_bits,
    shorter_examples,
    lower_rank,
)
# What each change costs, in the order in which it is told.
COSTS = {
    "training.batch_rows": "smaller_batches",
    "training.accumulation_steps": "smaller_batches_gathered",
    "training.gradient_checkpointing": "calculate_twice",
    "method.type": "four_bits",
    "training.learning_rate": "rate_follows",
    "training.max_length_tokens": "shorter_examples",
    "method.rank": "lower_rank",
    "method.alpha": "lower_rank_strength",
}
# A method that learns the model's own weights gives way to one beside them.
ADAPTER_COSTS = {method: f"adapter_{method}" for method in ("lora", "qlora")}


def differences(before: Recipe, after: Recipe) -> Iterator[SettingChange]:
    """Give the settings that differ, the least harmful first."""
    for path, code in COSTS.items():
        section, field = path.split(".")
        old = before.model_dump()[section].get(field)
        new = after.model_dump()[section].get(field)
        if old != new:
            is_less = path == "method.type" and METHODS[str(old)].result == "model"
            yield SettingChange(path, old, new, ADAPTER_COSTS[str(new)] if is_less else code)
