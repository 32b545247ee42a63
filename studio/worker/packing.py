"""Attend to each example alone, where several stand in one sequence (see `domain/packing.py`).

TRL's collator puts the examples of a batch one after the other and says where each begins (`cu_seq_lens_q`).
transformers would let every token look at all others and mask those of other examples, at a cost that grows with the
square of the whole batch. Here each example is attended to by itself: none can see another. On a CPU one follows the
other, so that nothing is wasted; a GPU gets them side by side, filled up for the length of this one operation, since
there every further operation and every look at a number costs more than what is wasted.

query (1, heads, tokens, size)   key, value (1, kv heads, tokens, size)   attended (1, tokens, heads, size)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from studio.domain.memory import even_size
from studio.worker.sizes import is_compiled

NAME = "each_example_alone"
# The only attention that can be taken apart like this.
WHOLE = "sdpa"
# In place of a mask: says that there are several examples.
SEVERAL = torch.empty(0)


def attend_alone(model: torch.nn.Module) -> None:
    """Have the model attend to packed examples one by one; everything else it does as before."""
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, mask)
    for part in model.modules():
        # One that attends in a way of its own is left to transformers' masks.
        if isinstance(part, PreTrainedModel) and part.config._attn_implementation == WHOLE:
            part.set_attn_implementation(NAME)


def mask(*given: Any, **named: Any) -> torch.Tensor | None:
    """Give the usual mask; of packed examples, which transformers finds by their positions, only that there are several."""
    is_packed = (
        named["attention_mask"] is None
        and not named["allow_is_causal_skip"]
        and not named["use_vmap"]
        and named["q_length"] == named["kv_length"]
    )
    return SEVERAL if is_packed else sdpa_mask(*given, **named)


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **named: Any,
) -> tuple[torch.Tensor, None]:
    """Attend as transformers does, but within each example only."""
    if attention_mask is not SEVERAL:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **named)
    places, window = find_places(named["cu_seq_lens_q"]), named.get("sliding_window")
    if prefers_few_operations(query) and (window is None or max(places.lengths) <= window):
        return attend_side_by_side(module, (query, key, value), places, **named), None
    whole = (tensor.split(places.lengths, dim=2) for tensor in (query, key, value))
    examples = zip(*whole, strict=True)
    attended = [attend_to_one(module, states, window, **named) for states in examples]
    return torch.cat(attended, dim=1), None


def attend_to_one(
    module: torch.nn.Module, states: Sequence[torch.Tensor], window: int | None, **named: Any
) -> torch.Tensor:
    """Attend to one example, which takes an even size where every size costs time of its own."""
    tokens = states[0].shape[2]
    if is_compiled(states[0]):
        # It comes after every token of the example, so no token looks at it.
        behind = (0, 0, 0, even_size(tokens) - tokens)
        states = [pad(state, behind) for state in states]
    query, key, value = states
    mask = window_mask(query, window)
    return sdpa_attention_forward(module, query, key, value, mask, **named)[0][:, :tokens]


def prefers_few_operations(query: torch.Tensor) -> bool:
    """Tell whether every operation costs time of its own, whatever its size."""
    return query.is_cuda


@dataclass(frozen=True, slots=True)
class Places:
    """Where the examples of a batch are in the sequence.

    filled (examples x longest) names a token for every place of a filled up batch, back (tokens) its place for each token
    """

    lengths: tuple[int, ...]
    filled: torch.Tensor
    back: torch.Tensor


@lru_cache(maxsize=1)
def find_places(bounds: torch.Tensor) -> Places:
    """Give the places of examples that begin and end at `bounds`; worked out once per batch, not once per layer."""
    sizes = bounds.diff()
    lengths = tuple(sizes.tolist())
    within = torch.arange(max(lengths), device=bounds.device)
    is_token = within < sizes[:, None]
    # What fills up comes after every token of its example, so no token looks at it.
    filled = (bounds[:-1, None] + within).clamp(max=sum(lengths) - 1)
    return Places(lengths, filled.flatten(), is_token.flatten().nonzero()[:, 0])


def attend_side_by_side(
    module: torch.nn.Module, states: Sequence[torch.Tensor], places: Places, **named: Any
) -> torch.Tensor:
    """Attend to all examples in one operation."""
    batch = [
        state[0]
        .index_select(1, places.filled)
        .unflatten(1, (len(places.lengths), -1))
        .transpose(0, 1)
        for state in states
    ]
    attended, _ = sdpa_attention_forward(module, *batch, None, **named)
    return attended.flatten(0, 1).index_select(0, places.back)[None]


def window_mask(query: torch.Tensor, window: int | None) -> torch.Tensor | None:
    """Give what a token may look at where it is only the last `window` ones; None: all before it."""
    tokens = query.shape[2]
    if window is None or tokens <= window:
        return None
    whole = torch.ones(tokens, tokens, dtype=torch.bool, device=query.device)
    return whole.tril().triu(1 - window)[None, None]
