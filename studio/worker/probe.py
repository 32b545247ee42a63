"""Say what this machine can compute: `python -m studio.worker.probe` prints one JSON object."""

import json
import sys
from typing import Any

import torch
from bitsandbytes import functional

from studio.worker.loading import choose_dtype, pick_device

# 4-bit rounding of normally distributed weights: measured 0.09 relative; a broken kernel is far off.
LARGEST_4_BIT_ERROR = 0.2


def probe() -> dict[str, Any]:
    """Give device, number format with its reason, and whether 4-bit weights survive a round trip."""
    device = pick_device()
    choice = choose_dtype(device, "auto")
    weights = torch.randn(64, 64, generator=torch.Generator().manual_seed(0)).to(device)
    quantized, state = functional.quantize_4bit(weights, quant_type="nf4")
    back = functional.dequantize_4bit(quantized, state)
    error = float((back - weights).norm() / weights.norm())
    return {
        "device": device.type,
        "dtype": str(choice.dtype).removeprefix("torch."),
        "reason": choice.reason,
        "values": choice.values,
        "four_bit_error": round(error, 3),
        "has_4_bit": error <= LARGEST_4_BIT_ERROR,
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe()) + "\n")
