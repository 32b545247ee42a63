"""Linear layers that serve several voices at once: the base's weights once for the whole batch, each row's own part after.

Shapes: `given` (rows, tokens, in), result (rows, tokens, out).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from studio.worker.learned import Factors, LowRank

# Smaller matrices gain less by it than the call costs (measured: docs/measurements.md).
SMALLEST_PACKED = 2**19


class Stopped(Exception):
    """Nobody wants the rest of this answer."""


@dataclass(slots=True)
class Seats:
    """Who sits where in the batch that is computed now: rows `start` to `stop` answer with the adapter `name`."""

    spans: Sequence[tuple[int, int, str]] = ()
    is_stopped: Callable[[], bool] = field(default=lambda: False)


class SharedLinear(torch.nn.Module):
    """A layer of the base, and beside it what adapters have learned for it, by their names."""

    def __init__(self, inner: torch.nn.Module, seats: Seats) -> None:
        super().__init__()
        self.inner = inner
        self.seats = seats
        self.parts: dict[str, LowRank | Factors] = {}
        self.before: dict[str, torch.Tensor] = {}

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        seats = self.seats
        if seats.is_stopped():
            raise Stopped
        if self.before:
            given = self._scaled(given)
        result = self.inner(given)
        if self.parts:
            for start, stop, name in seats.spans:
                part = self.parts.get(name)
                if part is not None:
                    part.change(given[start:stop], result[start:stop])
        return result

    def _scaled(self, given: torch.Tensor) -> torch.Tensor:
        spans = [span for span in self.seats.spans if span[2] in self.before]
        if spans:
            given = given.clone()
        for start, stop, name in spans:
            given[start:stop] = given[start:stop] * self.before[name]
        return given


class PackedLinear(torch.nn.Module):
    """A large float32 layer on a CPU, its weight in oneDNN's blocked order: one row or six cost nearly the same.

    The plain matrix product leaves the fast path for vectors at the second row (2.2 times the time; packed 1.05 times).
    PyTorch's compiler uses this very operator for frozen models.
    """

    def __init__(self, plain: torch.nn.Linear) -> None:
        super().__init__()
        packed = torch.ops.mkldnn._reorder_linear_weight(plain.weight.detach(), 2)
        self.weight = torch.nn.Parameter(packed, requires_grad=False)
        self.bias = plain.bias

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return torch.ops.mkldnn._linear_pointwise(given, self.weight, self.bias, "none", [], "")


class RowByRow(torch.nn.Module):
    """A large float32 layer on a CPU whose weight something else uses too: the rows one after the other.

    Each is then a product with a vector; two of them are quicker than one with a matrix of two columns.
    """

    def __init__(self, plain: torch.nn.Linear) -> None:
        super().__init__()
        self.plain = plain

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        if given.shape[1] > 1:
            return self.plain(given)
        return torch.cat([self.plain(row) for row in given.split(1)])


def share_linears(model: torch.nn.Module, seats: Seats) -> dict[str, SharedLinear]:
    """Put a `SharedLinear` in the place of every linear layer of a model, and give them by name."""
    shared: dict[str, SharedLinear] = {}
    taken = {id(table.weight) for table in model.modules() if isinstance(table, torch.nn.Embedding)}
    for name, layer in list(model.named_modules()):
        if isinstance(layer, torch.nn.Linear):
            owner = model.get_submodule(name.rpartition(".")[0])
            is_tied = id(layer.weight) in taken
            shared[name] = SharedLinear(quickest(layer, is_tied=is_tied), seats)
            setattr(owner, name.rpartition(".")[2], shared[name])
    return shared


def quickest(layer: torch.nn.Linear, *, is_tied: bool) -> torch.nn.Module:
    """Give the form of a layer that is quickest for few rows; its plain weight is let go where another takes its place."""
    weight: Any = layer.weight
    is_plain = type(layer) is torch.nn.Linear and weight.dtype == torch.float32
    if not is_plain or weight.device.type != "cpu" or weight.numel() < SMALLEST_PACKED:
        return layer
    if is_tied:
        return RowByRow(layer)
    return PackedLinear(layer) if torch.backends.mkldnn.is_available() else layer
