"""How likely models find an answer, piece by piece; those that share their weights look at it in one batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from studio.errors import StudioError
from studio.worker.generating import Asked, Batch, Choice
from studio.worker.shared_base import SharedBase


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of a text: where it is, how likely the model finds it there, and what it finds likeliest.

    Plain JSON types: it goes through a pipe.
    """

    start: int
    end: int
    share: float
    likeliest: str
    likeliest_share: float


def weigh(
    base: SharedBase, prompt: Sequence[int], text: str, adapters: Sequence[str | None]
) -> list[list[Weighed]]:
    """Give for each adapter (None: the base itself) how likely it finds every piece of `text` as the answer to `prompt`.

    Raises:
        StudioError: `chat.too_long`.
        Stopped: where nobody waits any more.
    """
    encoded = base.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, offsets = list(encoded["input_ids"]), encoded["offset_mapping"]
    tokens = [*prompt, *ids]
    if len(tokens) > base.most_tokens:
        raise StudioError("chat.too_long", tokens=len(tokens), most=base.most_tokens)
    if not ids:
        return [[] for _ in adapters]
    order = sorted(range(len(adapters)), key=lambda place: adapters[place] or "")
    batch = Batch(base, [Asked(tokens, adapters[place], Choice()) for place in order])
    logits = batch.begin(kept=len(ids) + 1)[:, :-1]
    found: list[list[Weighed]] = [[] for _ in adapters]
    for row, place in enumerate(order):
        shares = logits[row].softmax(dim=-1)
        own = shares.gather(1, torch.tensor(ids, device=shares.device).unsqueeze(1))[:, 0].tolist()
        best_shares, best = (values.tolist() for values in shares.max(dim=-1))
        found[place] = [
            Weighed(start, end, own[at], str(base.tokenizer.decode([best[at]])), best_shares[at])
            for at, (start, end) in enumerate(offsets)
        ]
    return found
