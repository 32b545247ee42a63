"""Fill up to few sizes what a CPU calculates in 16 bits: oneDNN compiles a program for every size of matrix that it meets.

Making one takes 1 to 20 ms, keeping it some hundred kilobytes. Batches of examples bring ever new sizes: to the matrices, to the
attention of each example, to the output layer. Where each was calculated as long as it is, that took a third of every step and
450 MB (6 million weights; docs/measurements.md, "Few sizes"). Nothing looks at what fills up, and nothing is learned from it.

input_ids, labels, position_ids, attention_mask (rows, tokens)   cu_seq_lens (examples + 1)
"""

from typing import Any

import torch
from torch.nn.functional import pad

from studio.domain.memory import even_size, next_size
from studio.worker.rendering import IGNORED


def is_compiled(states: torch.Tensor) -> bool:
    """Tell whether what is calculated with these numbers has a program of its own for every size."""
    return states.dtype != torch.float32 and not states.is_cuda


def fill_batches_up(model: torch.nn.Module) -> None:
    """Have every batch that the model learns from, or is checked on, filled up to one of few sizes."""
    model.register_forward_pre_hook(fill_up, with_kwargs=True)


def fill_up(
    _model: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Give the batch in its new size; None where nobody wants a loss, as when it answers."""
    labels = named.get("labels")
    if labels is None or labels.is_cuda:
        return None
    bounds, tokens = named.get("cu_seq_lens_q"), labels.shape[1]
    size = even_size(tokens) if bounds is None else next_size(tokens)
    behind = (0, size - tokens)
    filled = {
        "input_ids": pad(named["input_ids"], behind),
        "labels": pad(labels, behind, value=IGNORED),
    }
    if bounds is None:
        filled["attention_mask"] = pad(named["attention_mask"], behind)
    elif size > tokens:
        # One more example, which begins at its own first position.
        filled["position_ids"] = torch.cat(
            [named["position_ids"], torch.arange(size - tokens)[None]], dim=1
        )
        filled["seq_idx"] = pad(named["seq_idx"], behind, value=len(bounds) - 1)
        filled["cu_seq_lens_q"] = filled["cu_seq_lens_k"] = pad(bounds, (0, 1), value=size)
    return given, named | filled
