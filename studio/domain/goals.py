"""Goals: what a person wants, as a recipe with a reason per value, from the data, the model and the machine.

The figures of a goal are where a training starts from; `Proposal.reasons` says in words why each value is what it is
(`goals.reason.<code>` in the locale files). What they rest on is in docs/decisions.md, "Goals".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from studio.domain.duration import token_rate
from studio.domain.goal import GOALS, Goal
from studio.domain.make_fit import SettingChange, make_it_fit
from studio.domain.memory import estimate_memory
from studio.domain.method import AdapterMethod, Lora, Method, Qlora
from studio.domain.rates import RATE_FACTORS, scaled_rate
from studio.domain.recipe import Data, Model, Recipe, Sft, Text, Training, parse_recipe
from studio.domain.situation import Situation
from studio.domain.workload import measure_workload, steps_per_epoch

# A model below this size learns little from one look and needs more rounds.
SMALL_PARAMETERS = 300_000_000
# Full precision is faster and more exact than 4 bits; it may take this share of the memory.
FULL_PRECISION_SHARE = 0.5
# The usual rate for adapters on models of a billion weights; smaller ones need more, by the root of their size.
USUAL_RATE, USUAL_PARAMETERS = 2e-4, 1e9
LOWEST_RATE, HIGHEST_RATE = 1e-4, 3e-3
# Examples beyond this share of the longest are few; they are left out where they are much longer than the rest.
ALMOST_ALL_PERCENT = 99
MUCH_LONGER = 2
# Lengths that were only guessed from the size of the file may be wrong by as much.
GUESS_MARGIN = 2
LENGTH_STEP = 64
SHORTEST_LIMIT = 64
TEXT_LIMIT = 512
WARMUP_SHARE = 0.06
# Of ten checks in a training so many in a row without a better one: it only memorises, and the best state is kept.
# None of the samples' trainings would have kept another state (docs/measurements.md, "Early stopping").
PATIENCE = 3
# A quick try: so many steps show something, and more than that is not quick.
QUICK_STEPS = (10, 60)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is what it is: a code with values."""

    code: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A recipe for a goal; `reasons` by field path. `changes` made it fit this machine; `fits`: it now does."""

    goal: str
    recipe: Recipe
    reasons: dict[str, Reason]
    measures: tuple[str, ...]
    changes: tuple[SettingChange, ...]
    fits: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One chosen value with its reason."""

    path: str
    value: Any
    code: str
    values: dict[str, Any]


def suggest_goal(situation: Situation) -> str:
    """Give the goal that the data looks like."""
    if situation.data.is_text:
        return "text"
    return "categories" if situation.data.labels else "faq"


def propose(
    code: str, situation: Situation, data: Data, method_type: str | None = None
) -> Proposal:
    """Give the recipe that a goal asks for in this situation, with a reason per value.

    `method_type` is what somebody has chosen; None: what suits.

    Raises:
        KeyError: there is no such goal.
    """
    goal = GOALS[code]
    model = Model(id=situation.model.id)
    choices = [choose(goal, situation) for choose in CHOICES]
    training = Training(**values_of(choices, "training"), warmup_steps=0)
    objective = Text() if situation.data.is_text else Sft()
    recipe = Recipe(model=model, data=data, objective=objective, training=training)
    choices += choose_pace(goal, situation, recipe)
    training = Training(**values_of(choices, "training"))
    recipe = recipe.model_copy(update={"training": training})
    if method_type is None:
        recipe, method = choose_method(goal, situation, recipe)
    else:
        recipe, method = take_method(goal, situation, recipe, method_type)
    choices += method
    fitted = make_it_fit(recipe, situation)
    reasons = {choice.path: Reason(choice.code, choice.values) for choice in choices}
    for change in fitted.changes:
        reasons[change.path] = Reason(change.code, {"before": change.before, "after": change.after})
    return Proposal(code, fitted.recipe, reasons, goal.measures, fitted.changes, fitted.fits)


def values_of(choices: list[Choice], section: str) -> dict[str, Any]:
    """Give the chosen values of one section of the recipe."""
    start = f"{section}."
    return {c.path.removeprefix(start): c.value for c in choices if c.path.startswith(start)}


def choose_length(goal: Goal, situation: Situation) -> Choice:
    """Choose the longest length: so that nothing is lost where that costs little."""
    data, context = situation.data, situation.model.shape.context_tokens
    path = "training.max_length_tokens"
    if data.is_text:
        limit = min(TEXT_LIMIT, context)
        return Choice(path, limit, "length_pieces", {"tokens": limit})
    almost_all, longest = data.share(ALMOST_ALL_PERCENT), data.longest_tokens
    wanted = longest if longest <= MUCH_LONGER * almost_all else almost_all
    if not data.is_measured:
        wanted *= GUESS_MARGIN
    limit = max(16, min(context, round_up(wanted)))
    beyond = int((data.lengths > limit).sum()) / max(1, len(data.lengths))
    values = {"tokens": limit, "longest": longest, "percent": round(100 * beyond, 1)}
    if limit == context and wanted > context:
        return Choice(path, limit, "length_context", values)
    if not data.is_measured:
        return Choice(path, limit, "length_guessed", values)
    return Choice(path, limit, "length_all" if beyond == 0 else "length_most", values)


def round_up(tokens: int) -> int:
    """Give the next limit that is not less than `tokens`."""
    return max(SHORTEST_LIMIT, -(-tokens // LENGTH_STEP) * LENGTH_STEP)


def choose_too_long(goal: Goal, situation: Situation) -> Choice:
    """Choose what becomes of longer examples: a conversation is never cut, a text is always split."""
    if situation.data.is_text:
        return Choice("training.too_long", "split", "too_long_split", {})
    return Choice("training.too_long", "drop", "too_long_drop", {})


def choose_objective(goal: Goal, situation: Situation) -> Choice:
    """Choose what of an example is learned: of conversations the answers, of texts everything."""
    kind = "text" if situation.data.is_text else "sft"
    return Choice("objective.type", kind, f"objective_{kind}", {})


def choose_batch(goal: Goal, situation: Situation) -> Choice:
    """Choose the examples per step: few where there are few examples, so that there are enough steps."""
    rows = situation.data.train_rows
    path, values = "training.batch_rows", {"rows": rows}
    if rows < 64:
        return Choice(path, 4, "batch_few", values)
    if rows < 4_000:
        return Choice(path, 8, "batch_some", values)
    return Choice(path, 16, "batch_many", values)


def choose_rate(goal: Goal, situation: Situation) -> Choice:
    """Choose the learning rate by the size of the model."""
    parameters = situation.model.parameters
    by_size = USUAL_RATE * (USUAL_PARAMETERS / parameters) ** 0.5
    rate = min(HIGHEST_RATE, max(LOWEST_RATE, by_size)) * goal.rate_factor
    is_small = parameters < SMALL_PARAMETERS
    code = "rate_text" if goal.rate_factor != 1 else "rate_small" if is_small else "rate_usual"
    return Choice(
        "training.learning_rate",
        float(f"{rate:.1g}"),
        code,
        {"millions": round(parameters / 1e6)},
    )


CHOICES: tuple[Callable[[Goal, Situation], Choice], ...] = (
    choose_length,
    choose_too_long,
    choose_objective,
    choose_batch,
    choose_rate,
)


def choose_pace(goal: Goal, situation: Situation, recipe: Recipe) -> list[Choice]:
    """Choose whole rounds, so that the model sees as many examples as the goal needs, and a calm start."""
    work = measure_workload(situation, recipe)
    is_small = situation.model.parameters < SMALL_PARAMETERS
    wanted = goal.examples_seen if is_small else goal.examples_seen // 2
    fewest, most = goal.rounds
    rounds = min(most, max(fewest, round(wanted / max(1, work.sequences))))
    values = {"rounds": rounds, "rows": work.sequences, "seen": rounds * work.sequences}
    code = (
        "rounds_most" if rounds == most else "rounds_least" if rounds == fewest else "rounds_seen"
    )
    steps = steps_per_epoch(recipe.training, max(1, work.sequences)) * rounds
    chosen = [Choice("training.epochs", float(rounds), code, values)]
    if (
        goal.most_seconds is not None
        and (most_steps := quick_steps(goal, situation, recipe)) < steps
    ):
        steps = most_steps
        chosen.append(Choice("training.max_steps", steps, "steps_quick", {"steps": steps}))
    warmup = max(1, round(steps * WARMUP_SHARE))
    chosen.append(Choice("training.warmup_steps", warmup, "warmup", {"steps": steps}))
    if situation.data.held_out_rows and goal.most_seconds is None:
        chosen.append(Choice("training.patience_evals", PATIENCE, "patience", {"checks": PATIENCE}))
    return chosen


def quick_steps(goal: Goal, situation: Situation, recipe: Recipe) -> int:
    """Give the steps that a machine does in the time that a quick try may take."""
    fewest, most = QUICK_STEPS
    work = measure_workload(situation, recipe)
    rate, _ = token_rate(situation, recipe)
    tokens_per_step = work.calculated(work.tokens_seen) / max(1, work.steps)
    return min(
        most, max(fewest, round((goal.most_seconds or 0) * rate / max(1.0, tokens_per_step)))
    )


def choose_method(goal: Goal, situation: Situation, recipe: Recipe) -> tuple[Recipe, list[Choice]]:
    """Choose full precision where the weights take at most half the memory, else 4 bits; and what the adapter holds."""
    rank, alpha = goal.rank, 2 * goal.rank
    full = recipe.model_copy(update={"method": Lora(rank=rank, alpha=alpha)})
    four_bits = recipe.model_copy(update={"method": Qlora(rank=rank, alpha=alpha)})
    work = measure_workload(situation, recipe)
    parts = estimate_memory(situation.model, full, work.largest, situation.machine).parts_bytes
    needed = parts["program"] + parts["weights"] + parts["learned"]
    memory = situation.machine.memory_bytes
    has_room = needed <= memory * FULL_PRECISION_SHARE
    values = {"needed_bytes": needed, "memory_bytes": memory}
    code = "method_lora" if has_room else "method_qlora"
    chosen = full if has_room else four_bits
    return chosen, [Choice("method.type", chosen.method.type, code, values), *adapter_size(goal)]


def adapter_size(goal: Goal) -> list[Choice]:
    """Choose what an adapter holds."""
    values = {"rank": goal.rank}
    return [
        Choice("method.rank", goal.rank, f"rank_{goal.code}", values),
        Choice("method.alpha", 2 * goal.rank, "alpha", values),
    ]


def take_method(
    goal: Goal, situation: Situation, recipe: Recipe, method_type: str
) -> tuple[Recipe, list[Choice]]:
    """Take the method that somebody has chosen, with the learning rate and the adapter that go with it."""
    method: Method = parse_recipe({"method": {"type": method_type}}).method
    chosen = [Choice("method.type", method_type, "method_asked", {})]
    if isinstance(method, AdapterMethod):
        size = adapter_size(goal)
        method = method.model_copy(update=values_of(size, "method"))
        chosen += size
    if RATE_FACTORS[method_type] != 1:
        rate = scaled_rate(recipe.training.learning_rate, Lora().type, method_type)
        training = recipe.training.model_copy(update={"learning_rate": rate})
        recipe = recipe.model_copy(update={"training": training})
        chosen.append(Choice("training.learning_rate", rate, "rate_method", {"rate": rate}))
    return recipe.model_copy(update={"method": method}), chosen
