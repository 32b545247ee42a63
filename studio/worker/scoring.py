"""Score the learned tokens on the CPU: how likely the model holds each of them, and which way would make it likelier.

TRL's function for this is made for GPUs. On a CPU it scores tokens that are not learned, too, works every logit out
twice, and goes over them a dozen times in main memory. Here a tile of logits that fits into the cache becomes scores
and, where the output layer itself does not learn, at once the gradient. The same numbers in a third of the time
(docs/measurements.md, "Speed").

hidden (tokens, size)   weight (words, size)   targets (tokens)
"""

from typing import Any

import torch
from trl.kernels.chunked_logprob import ChunkedLogProbFunction
from trl.trainer import utils as trl_head

# Logits of a tile; more leave the cache, fewer tokens than that multiply slowly.
TILE_NUMBERS = 2**22
FEWEST_TILE_TOKENS = 64

Scores = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class TileScores(torch.autograd.Function):
    """Log-probability, entropy and "was it the first choice" of each token; only the first has a gradient."""

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor
    ) -> Scores:
        dtype = (
            torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else hidden.dtype
        )
        inputs, words = hidden.to(dtype), weight.to(dtype)
        log_probs = torch.empty(len(targets))
        entropy = torch.empty_like(log_probs)
        is_top1 = torch.empty(len(targets), dtype=torch.bool)
        needs_gradient = ctx.needs_input_grad[0]
        gradient = torch.empty_like(inputs) if needs_gradient else inputs
        tile_tokens = max(FEWEST_TILE_TOKENS, TILE_NUMBERS // len(words))
        for start in range(0, len(targets), tile_tokens):
            tile = slice(start, start + tile_tokens)
            scores = torch.log_softmax(torch.mm(inputs[tile], words.T).float(), dim=1)
            chosen = scores.gather(1, targets[tile, None])
            log_probs[tile] = chosen[:, 0]
            is_top1[tile] = (chosen >= scores.amax(1, keepdim=True))[:, 0]
            probs = scores.exp()
            entropy[tile] = -torch.linalg.vecdot(probs, scores)
            if needs_gradient:
                gradient[tile] = words[targets[tile]] - torch.mm(probs.to(dtype), words)
        ctx.save_for_backward(gradient)
        ctx.mark_non_differentiable(entropy, is_top1)
        return log_probs, entropy, is_top1

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return (gradient * grads[0][:, None]).to(gradient.dtype), None, None


class Scoring:
    """What TRL calls; whatever is no plain output layer that stays as it is on a CPU goes to TRL's own function."""

    @staticmethod
    def apply(*given: Any) -> tuple[torch.Tensor | None, ...]:
        """Give TRL's five values per token: log-probability, entropy, two that nobody asks for here, first choice."""
        hidden, weight, bias, targets, temperature, _, softcap, scale, _ = given
        is_plain = bias is None and softcap is None and temperature == scale == 1
        if hidden.device.type != "cpu" or weight.requires_grad or not is_plain:
            return ChunkedLogProbFunction.apply(*given)
        log_probs, entropy, is_top1 = TileScores.apply(hidden, weight, targets)
        return log_probs, entropy, None, None, is_top1


def score_learned_tokens_only() -> None:
    """Have TRL hand over learned tokens only on the CPU too, as it does where Triton is, and score them by `Scoring`."""
    # TRL has no other way to give it either. Plain assignments would be type errors.
    setattr(trl_head, "_use_triton", lambda _device: True)  # noqa: B010
    setattr(trl_head, "_ChunkedLogProbFunction", Scoring)  # noqa: B010
