"""Data: for which model and which longest length examples are shown; the same as a training with them would use.

What is chosen here goes over to the Train tab, and what is chosen there comes back.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import gradio as gr

from studio.ui.drafts import Draft, usual_draft
from studio.ui.page import Page, new_key

DEFAULT_LIMIT_TOKENS = 512
DEFAULT_OVERLAP_TOKENS = 64
# What a recipe takes (`recipe.Training`).
SMALLEST_LIMIT, LARGEST_LIMIT = 16, 131_072
LARGEST_OVERLAP = 4_096
Stored = dict[str, Any]
# The same, None until the visitor chose something.
Kept = Stored | None
TooLong = Literal["drop", "cut", "split"]
TOO_LONG: tuple[TooLong, ...] = get_args(TooLong)


@dataclass(frozen=True, slots=True)
class Limits:
    """The model and the lengths that the examples of `data` are shown for. `is_chosen`: the lengths were chosen here."""

    data: str = ""
    model: str = ""
    tokens: int = DEFAULT_LIMIT_TOKENS
    too_long: TooLong = "drop"
    overlap: int = DEFAULT_OVERLAP_TOKENS
    is_chosen: bool = False

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> "Limits":
        """Give the limits that `to_json` stored, or the first ones."""
        return cls(**stored) if stored else cls()

    def to_json(self) -> Stored:
        """Give them as a value that the page holds."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Limits":
        """Give the limits that a recipe has."""
        lengths = values["training"]
        return cls(
            data=values["data"]["id"],
            model=values["model"]["id"],
            tokens=lengths["max_length_tokens"],
            too_long=lengths["too_long"],
            overlap=lengths["overlap_tokens"],
        )

    def lengths(self) -> Stored:
        """Give the lengths as a recipe names them."""
        return {
            "max_length_tokens": self.tokens,
            "too_long": self.too_long,
            "overlap_tokens": self.overlap,
        }

    def model_id(self, page: Page) -> str:
        """Give the model to look through, wherever it is; the first on this disk while none is chosen."""
        return self.model or page.workspace.models.list()[0].id

    def model_here(self, page: Page) -> str | None:
        """Give the model to look through if it is on this disk."""
        chosen = self.model_id(page)
        return chosen if chosen in [model.id for model in page.workspace.models.list()] else None


def wanted(data: str, limits: Limits, mix: Mapping[str, float] | None) -> Stored:
    """Give what the Train tab is to take over for a training with `data` (`train_take.take`)."""
    is_chosen = limits.is_chosen and limits.data == data
    return {
        "data": data,
        "model": limits.model,
        "training": limits.lengths() if is_chosen else {},
        "mix": dict(mix or {}),
        "mark": new_key(),
    }


def hand_over(draft: Draft | None, limits: Limits) -> Any:
    """Give what the training that is being prepared is to take over; nothing where there is none."""
    if not draft:
        return gr.skip()
    data = draft["values"]["data"]
    return wanted(data["id"], limits, data.get("mix"))


def follow_draft(page: Page, dataset_id: str, stored: Kept, draft: Draft | None) -> Limits:
    """Give the limits that a training with a data set would have now."""
    limits = Limits.from_json(stored)
    is_chosen = limits.is_chosen and limits.data == dataset_id
    if not draft:
        return replace(limits, data=dataset_id, is_chosen=is_chosen)
    model = draft["values"]["model"]["id"]
    if draft["values"]["data"]["id"] == dataset_id:
        return replace(Limits.of(draft["values"]), is_chosen=is_chosen)
    if is_chosen:
        return replace(limits, model=model)
    return Limits.of(usual_draft(page, model, dataset_id)["values"])


def choose_model(page: Page, stored: Kept, draft: Draft | None, model: str) -> tuple[Stored, Any]:
    """Look through another model, and train it."""
    limits = replace(Limits.from_json(stored), model=page.workspace.models.get(model).id)
    return limits.to_json(), hand_over(draft, limits)


def choose_lengths(
    page: Page, dataset_id: str, stored: Kept, draft: Draft | None, **lengths: Any
) -> tuple[Any, Any]:
    """Look at other lengths, and train with them; nothing where they are the same."""
    before = Limits.from_json(stored)
    limits = replace(before, **lengths)
    if limits == before:
        return gr.skip(), gr.skip()
    chosen = replace(limits, data=dataset_id, is_chosen=True)
    is_trained = bool(draft) and draft["values"]["data"]["id"] == dataset_id
    return chosen.to_json(), hand_over(draft, chosen) if is_trained else gr.skip()


def tokens_within(asked: float | None, least: int, most: int, before: int) -> int:
    """Give a number of tokens that a recipe takes: the one asked for, or the one before where it is none."""
    return min(most, int(asked)) if asked is not None and asked >= least else before
