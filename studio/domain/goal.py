"""The goals: what a person may want, and what distinguishes one purpose from another."""

from dataclasses import dataclass

# What a checked value is called; each has a name and a sentence in the locale files (`goals.measure`).
MEASURES = (
    "held_out_loss",
    "token_accuracy",
    "perplexity",
    "exact_match",
    "label_accuracy",
    "rouge_l",
    "facts_found",
    "form_kept",
)


@dataclass(frozen=True, slots=True)
class Goal:
    """What distinguishes one purpose from another.

    `examples_seen` is how many examples, repeats included, a small model needs; `rounds` are the fewest and the most.
    `most_seconds` is about how long the learning may take.
    """

    code: str
    rank: int
    examples_seen: int
    rounds: tuple[int, int]
    measures: tuple[str, ...]
    rate_factor: float = 1.0
    most_seconds: float | None = None


GOALS: dict[str, Goal] = {
    goal.code: goal
    for goal in (
        Goal("tone", 16, 2000, (1, 10), ("held_out_loss", "token_accuracy")),
        Goal("faq", 32, 2400, (3, 12), ("held_out_loss", "facts_found")),
        Goal("categories", 16, 2600, (1, 12), ("held_out_loss", "label_accuracy")),
        Goal("format", 16, 2200, (1, 10), ("held_out_loss", "form_kept", "exact_match")),
        Goal("text", 64, 2000, (1, 5), ("held_out_loss", "perplexity"), rate_factor=0.5),
        Goal("quick", 8, 480, (1, 3), ("held_out_loss",), most_seconds=120.0),
    )
}
