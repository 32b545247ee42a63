"""The module beside `train.py` that calculates as the studio does: the same numbers, where a training makes much of little.

Rounding differs with the order of additions. In a training such differences double every two steps or so: without this module
the losses agree to 1e-6 at first and part visibly after some dozens of steps.
"""

import inspect
import re

from studio.domain import memory
from studio.worker import packing, scoring, sizes
from studio.worker.rendering import IGNORED

ABOUT = '''"""Calculate as the studio did, number by number; train.py runs without this file, too.

Two ways to add up the same numbers are rounded differently. A training makes much of that: without this file the losses agree
to six digits at first, and part after some dozens of steps as two runs on two machines do.
"""

# ruff: noqa
'''
OWN_IMPORTS = re.compile(r"^from studio\..*\n", re.MULTILINE)
TAKEN = ("TILE_NUMBERS", "FEWEST_TILE_TOKENS", "SMALLEST_STEP", "LARGEST_STEP", "EVEN_TOKENS")


def write_same_numbers() -> str:
    """Give the module: what the studio itself calculates with, in its own words."""
    parts = (
        "\n".join(f"{name} = {getattr(memory, name)}" for name in TAKEN),
        f"{IGNORED = }",
        *map(inspect.getsource, (memory.next_size, memory.even_size, memory.tile_tokens)),
        *map(inspect.getsource, (sizes, packing, scoring)),
    )
    text = "\n\n".join(part.strip() + "\n" for part in parts)
    return ABOUT + OWN_IMPORTS.sub("", text)
