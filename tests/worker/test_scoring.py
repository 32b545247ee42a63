"""What the CPU's own way of scoring gives is what TRL gives, gradient included."""

from typing import Any

import pytest
import torch
from trl.kernels.chunked_logprob import ChunkedLogProbFunction

from studio.worker import scoring
from studio.worker.scoring import Scoring

TOKENS, SIZE, WORDS = 150, 16, 40


def arguments(weight: torch.Tensor, **changes: Any) -> tuple[Any, ...]:
    """Give what TRL hands over, for random tokens of which half are held to be the first choice."""
    torch.manual_seed(0)
    hidden = torch.randn(TOKENS, SIZE, requires_grad=True)
    likeliest = (hidden @ weight.T).argmax(1)
    targets = torch.where(torch.rand(TOKENS) < 0.5, likeliest, torch.randint(WORDS, (TOKENS,)))
    named = {"bias": None, "softcap": None, "scale": 1.0} | changes
    return (
        hidden, weight, named["bias"], targets, 1.0, 32, named["softcap"], named["scale"],
        ("log_probs", "entropy", "is_top1"),
    )  # fmt: skip


def table(*, learns: bool = False) -> torch.Tensor:
    return torch.randn(WORDS, SIZE, generator=torch.Generator().manual_seed(1)).requires_grad_(
        learns
    )


def scored(function: Any, given: tuple[Any, ...]) -> list[torch.Tensor]:
    """Give log-probabilities, entropies, first choices, and the gradient of a weighted sum of the first."""
    log_probs, entropy, _, _, is_top1 = function.apply(*given)
    (log_probs * torch.linspace(0.5, 2, TOKENS)).sum().backward()
    return [log_probs, entropy, is_top1.float(), given[0].grad]


@pytest.mark.parametrize("fewest", [1, 64, 1000])
def test_tiles_of_any_size_give_trls_numbers(monkeypatch: pytest.MonkeyPatch, fewest: int) -> None:
    monkeypatch.setattr(scoring, "tile_tokens", lambda _words: fewest)
    ours = scored(Scoring, arguments(table()))
    for found, expected in zip(
        ours, scored(ChunkedLogProbFunction, arguments(table())), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert 0 < ours[2].sum() < TOKENS


def test_computing_in_16_bits_rounds_and_nothing_else() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        short = scored(Scoring, arguments(table()))
    exact = scored(Scoring, arguments(table()))
    torch.testing.assert_close(short[0], exact[0], rtol=0.05, atol=0.1)
    torch.testing.assert_close(short[3], exact[3], rtol=0.05, atol=0.1)


@pytest.mark.parametrize(
    "changes",
    [{"bias": torch.linspace(-2, 2, WORDS)}, {"softcap": 3.0}, {"scale": 0.5}],
    ids=["bias", "softcap", "scale"],
)
def test_families_that_do_more_to_their_logits_get_trls_numbers_too(
    changes: dict[str, Any],
) -> None:
    ours = scored(Scoring, arguments(table(), **changes))
    trls = scored(ChunkedLogProbFunction, arguments(table(), **changes))
    for found, expected in zip(ours, trls, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_an_output_layer_that_learns_gets_its_gradient() -> None:
    weight = table(learns=True)
    scored(Scoring, arguments(weight))
    assert weight.grad is not None
    assert weight.grad.abs().sum() > 0
