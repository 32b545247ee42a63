"""How big the steps of each method may be, beside LoRA's. Measured: docs/measurements.md, "Methods"."""

RATE_FACTORS: dict[str, float] = {
    "qlora": 1.0,
    "lora": 1.0,
    "full": 1 / 3,
    "freeze": 1 / 3,
    "prefix": 100.0,
    "prompt": 50.0,
    "ia3": 30.0,
}


def rounded_rate(rate: float) -> float:
    """Give a learning rate with one figure, as people write it."""
    return float(f"{min(1.0, rate):.1g}")


def scaled_rate(rate: float, before: str, after: str) -> float:
    """Give the learning rate that does with one method what `rate` does with another."""
    if RATE_FACTORS[before] == RATE_FACTORS[after]:
        return rate
    return rounded_rate(rate / RATE_FACTORS[before] * RATE_FACTORS[after])
