"""How near an exported model has to be to the one that was chatted with.

Source of the bars: measured on tiny models of nine families (docs/decisions.md, "Taking a model home").
"""

from dataclasses import asdict, dataclass
from typing import Any

# A choice between two words is clear where the likelier one leads by so much (in logits).
CLEAR_LEAD = 0.1
# Two words that are nearer than this may come out in either order wherever anything is rounded.
TIE_LEAD = 0.02


# A loss is better where it is lower by so much; less is chance.
CLEAR_LOSS = 0.005


@dataclass(frozen=True, slots=True)
class Bars:
    """What an export has to reach: the mean divergence, the share of equal first choices, equal answers."""

    most_divergence: float
    least_agreement: float
    wants_equal_answers: bool = False


BARS: dict[str, Bars] = {
    "adapter": Bars(1e-3, 0.98, wants_equal_answers=True),
    "adapter_gguf": Bars(1e-5, 1.0, wants_equal_answers=True),
    "merged": Bars(1e-3, 0.98, wants_equal_answers=True),
    "f16": Bars(1e-5, 1.0, wants_equal_answers=True),
    "bf16": Bars(1e-3, 0.98),
    "q8_0": Bars(1e-3, 0.98),
    "q6_k": Bars(0.01, 0.95),
    "q5_k_m": Bars(0.02, 0.93),
    "q4_k_m": Bars(0.05, 0.90),
}
"""By the number format, or the kind of export where it has none."""


@dataclass(frozen=True, slots=True)
class Merges:
    """The held-out loss of a 4-bit training merged into the `original` base, and into the rounded one (`exact`)."""

    original: float
    exact: float

    @property
    def better(self) -> str:
        """Give the one to take: the original, unless the other is clearly better."""
        return "exact" if self.exact < self.original - CLEAR_LOSS else "original"

    def as_dict(self) -> dict[str, Any]:
        """Give the figures with the advice."""
        return {**asdict(self), "better": self.better}


@dataclass(frozen=True, slots=True)
class Guesses:
    """How well a model guesses what was held out: the mean loss of the learned tokens, the share of right first choices."""

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """What the base and the tuned model make of so many held-out examples that nobody has learned."""

    examples: int
    base: Guesses
    tuned: Guesses

    def as_dict(self) -> dict[str, Any]:
        """Give the figures as the job's outcome has them."""
        rounded = {
            name: {key: round(value, 4) for key, value in asdict(guesses).items()}
            for name, guesses in (("base", self.base), ("tuned", self.tuned))
        }
        return {"examples": self.examples, **rounded}


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What llama.cpp made of the file: of so many conversations, equal answers, and equal tokens of the filled template."""

    chats: int
    equal_answers: int
    equal_prompts: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found when an export was loaded again: of so many questions and places in their answers.

    `divergence` is the mean Kullback-Leibler divergence from the run's probabilities (in nats), `agreement` the share of
    clear first choices that are equal.
    """

    questions: int
    places: int
    equal_answers: int
    agreement: float
    divergence: float
    has_same_template: bool
    has_same_end: bool
    llama_cpp: SecondLook | None = None

    def shortfalls(self, form: str) -> list[str]:
        """Give what an export as `form` does not reach; nothing where it is what was chatted with."""
        bars, second = BARS[form], self.llama_cpp
        found = {
            "divergence": self.divergence > bars.most_divergence,
            "agreement": self.agreement < bars.least_agreement,
            "answers": bars.wants_equal_answers and self.equal_answers < self.questions,
            "template": not self.has_same_template
            or (second is not None and second.equal_prompts < second.chats),
            "end": not self.has_same_end,
        }
        return [name for name, is_short in found.items() if is_short]

    def as_dict(self, form: str) -> dict[str, Any]:
        """Give the figures with the verdict, as the job's outcome and the command line have them."""
        short = self.shortfalls(form)
        return {**asdict(self), "is_same": not short, "shortfalls": short}
