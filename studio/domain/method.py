"""The methods: which weights are learned, what each method can be told, and what it rules out.

`METHODS` is the one table that form, recipe check, planner, playground and tests go by. What it says was tried
(docs/decisions.md, "Methods").
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from studio.domain.section import Section


class AdapterMethod(Section):
    """What LoRA and QLoRA have in common."""

    rank: int = Field(16, ge=1, le=256)
    """How much the model can change: a higher rank learns more detail, needs more memory and memorises sooner."""
    alpha: int = Field(32, ge=1, le=1024)
    """How strongly the learned change is applied. Twice the rank is the usual choice."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the change that is ignored at random in each step, against memorising."""
    target_modules: Literal["all-linear", "attention"] = "all-linear"
    """Which matrices may change: all of them, or only those that decide what to look at."""
    last_layers: int | None = Field(None, ge=1)
    """Change only so many of the last layers: less memory, less forgotten. Empty: all layers."""
    use_rslora: bool = False
    """Rank-stabilised: divides the strength by the root of the rank, so that high ranks keep learning."""
    use_dora: bool = False
    """DoRA: learns direction and size of each change apart. Often better at low ranks, about half again as slow."""


class Qlora(AdapterMethod):
    """QLoRA: the base model is held in 4 bits (NF4), a small adapter is learned on top. Least memory."""

    type: Literal["qlora"] = "qlora"


class Lora(AdapterMethod):
    """LoRA: a small adapter is learned on top of the unchanged base model in full precision."""

    type: Literal["lora"] = "lora"


class Full(Section):
    """Full: every weight of the model is learned. Takes in the most, needs the most memory, forgets the most."""

    type: Literal["full"] = "full"


class Freeze(Section):
    """Freeze: only the last layers are learned, the rest stays as it is. Between LoRA and full in every respect."""

    type: Literal["freeze"] = "freeze"
    trained_layers: int = Field(2, ge=1)
    """How many of the last layers are learned."""


class VirtualTokens(Section):
    """What prefix and prompt tuning have in common."""

    num_virtual_tokens: int = Field(64, ge=1, le=512)
    """Made-up word pieces in front of every conversation that are learned; more hold more and take room."""


class Prefix(VirtualTokens):
    """Prefix tuning: learns what every layer looks back at before the conversation begins; no weight changes."""

    type: Literal["prefix"] = "prefix"


class Prompt(VirtualTokens):
    """Prompt tuning: learns a few made-up word pieces in front of the conversation. The smallest result of all."""

    type: Literal["prompt"] = "prompt"


class Ia3(Section):
    """IA3: learns one factor per channel that turns parts of each layer up or down. Very small, hard to overdo."""

    type: Literal["ia3"] = "ia3"


Method = Annotated[
    Qlora | Lora | Full | Freeze | Prefix | Prompt | Ia3, Field(discriminator="type")
]
Exclusion = Literal["gradient_checkpointing", "packing", "mixed_batch", "merging", "gguf"]


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What a training with a method leaves behind, and what cannot be done together with it.

    gradient_checkpointing  calculating values twice while it trains
    packing                 several examples in one sequence
    mixed_batch             answering beside others in one batch, from one copy of the base
    merging                 putting what was learned into the base's own weights
    gguf                    taking it home as GGUF
    """

    result: Literal["adapter", "model"]
    excludes: frozenset[Exclusion] = frozenset()


METHODS: dict[str, MethodFacts] = {
    "qlora": MethodFacts("adapter"),
    "lora": MethodFacts("adapter"),
    "full": MethodFacts("model", frozenset({"mixed_batch"})),
    "freeze": MethodFacts("model", frozenset({"mixed_batch"})),
    # What is learned takes the place of earlier words, in each layer or before the first: no weight holds it.
    "prefix": MethodFacts(
        "adapter",
        frozenset({"gradient_checkpointing", "packing", "merging", "gguf"}),
    ),
    "prompt": MethodFacts("adapter", frozenset({"packing", "merging", "gguf"})),
    "ia3": MethodFacts("adapter"),
}


def exclusions(method: Method) -> frozenset[Exclusion]:
    """Give what cannot be done together with a method."""
    return METHODS[method.type].excludes
