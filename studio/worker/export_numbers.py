"""The module beside `train.py` that calculates as the studio does: the same numbers, where a training makes much of little.

Rounding differs with the order of additions. In a training such differences double every two steps or so: without this module
the losses agree to 1e-6 at first and part visibly after some dozens of steps.
"""

import inspect

from studio.domain import memory
from studio.worker import packing, scoring

ABOUT = '''"""Calculate as the studio did, number by number; train.py runs without this file, too.

Two ways to add up the same numbers are rounded differently. A training makes much of that: without this file the losses agree
to six digits at first, and part after some dozens of steps as two runs on two machines do.
"""

# ruff: noqa
'''
IMPORTED = "from studio.domain.memory import tile_tokens\n"


def write_same_numbers() -> str:
    """Give the module: what the studio itself calculates with, in its own words."""
    tiles = "\n".join(
        f"{name} = {getattr(memory, name)}" for name in ("TILE_NUMBERS", "FEWEST_TILE_TOKENS")
    )
    scores = inspect.getsource(scoring).replace(IMPORTED, "")
    parts = (
        ABOUT + inspect.getsource(packing),
        tiles,
        inspect.getsource(memory.tile_tokens),
        scores,
    )
    return "\n\n".join(part.strip() + "\n" for part in parts)
