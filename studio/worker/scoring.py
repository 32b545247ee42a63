"""Score the learned tokens on the CPU: how likely the model holds each of them, and which way would make it likelier.

TRL's function for this is made for GPUs. On a CPU it scores tokens that are not learned, too, works every logit out
twice, and goes over them a dozen times in main memory. Here a tile of logits that fits into the cache becomes scores
and, since the output layer itself does not learn, at once the gradient. The same numbers in a third of the time
(docs/measurements.md, "Speed").

hidden (tokens, size)   weight (words, size)   targets (tokens)   logits (tile, words)
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad
from trl.kernels.chunked_logprob import ChunkedLogProbFunction
from trl.trainer import utils as trl_head

from studio.domain.memory import next_size, tile_tokens
from studio.worker.sizes import is_compiled

Scores = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True)
class OutputLayer:
    """From the last layer to word pieces. A few families scale the logits, or squeeze them softly below a cap."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    scale: float
    softcap: float | None

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Give the logits in float32, whatever they are multiplied in."""
        logits = torch.mm(hidden, self.weight.T).float()
        if self.bias is not None:
            logits += self.bias
        if self.scale != 1:
            logits *= self.scale
        return logits if self.softcap is None else self.softcap * torch.tanh(logits / self.softcap)

    def way_back(self, slopes: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """Give the gradient of what came in, from that of the logits."""
        if self.softcap is not None:
            slopes = slopes * (1 - (logits / self.softcap) ** 2)
        return torch.mm(slopes.to(self.weight.dtype), self.weight) * self.scale


class TileScores(torch.autograd.Function):
    """Log-probability, entropy and "was it the first choice" of each token; only the first has a gradient."""

    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, layer: OutputLayer, targets: torch.Tensor
    ) -> Scores:
        log_probs = torch.empty(len(targets))
        entropy = torch.empty_like(log_probs)
        is_top1 = torch.empty(len(targets), dtype=torch.bool)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        size = tile_tokens(len(layer.weight))
        for start in range(0, len(targets), size):
            tile = slice(start, start + size)
            logits, target = layer.logits(hidden[tile]), targets[tile, None]
            scores = torch.log_softmax(logits, dim=1)
            chosen = scores.gather(1, target)
            log_probs[tile] = chosen[:, 0]
            is_top1[tile] = (chosen >= scores.amax(1, keepdim=True))[:, 0]
            probs = scores.exp()
            entropy[tile] = -torch.linalg.vecdot(probs, scores)
            if gradient is not None:
                slopes = probs.neg_().scatter_add_(1, target, torch.ones_like(chosen))
                gradient[tile] = layer.way_back(slopes, logits)
        if gradient is not None:
            ctx.save_for_backward(gradient)
        ctx.mark_non_differentiable(entropy, is_top1)
        return log_probs, entropy, is_top1

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return (gradient * grads[0][:, None]).to(gradient.dtype), None, None


class Scoring:
    """What TRL calls. A GPU has TRL's own kernels, and an output layer that learns needs a gradient of its own."""

    @staticmethod
    def apply(*given: Any) -> tuple[torch.Tensor | None, ...]:
        """Give TRL's five values per token: log-probability, entropy, two that nobody asks for here, first choice."""
        hidden, weight, bias, targets, temperature, _, softcap, scale, _ = given
        if hidden.device.type != "cpu" or weight.requires_grad or temperature != 1:
            return ChunkedLogProbFunction.apply(*given)
        is_short = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if is_short else hidden.dtype
        layer, hidden = OutputLayer(weight.to(dtype), bias, scale, softcap), hidden.to(dtype)
        tokens = len(targets)
        if is_compiled(hidden):
            behind = next_size(tokens) - tokens
            hidden, targets = pad(hidden, (0, 0, 0, behind)), pad(targets, (0, behind))
        scores = TileScores.apply(hidden, layer, targets)
        log_probs, entropy, is_top1 = (score[:tokens] for score in scores)
        return log_probs, entropy, None, None, is_top1


def score_learned_tokens_only() -> None:
    """Have TRL hand over learned tokens only on the CPU too, as it does where Triton is, and score them by `Scoring`."""
    # TRL has no other way to give it either. Plain assignments would be type errors.
    setattr(trl_head, "_use_triton", lambda _device: True)  # noqa: B010
    setattr(trl_head, "_ChunkedLogProbFunction", Scoring)  # noqa: B010
