"""How a worker imports what would import too much."""

import subprocess
import sys

PROGRAM = """
import sys
from studio.worker.environment import import_bitsandbytes
import_bitsandbytes()
import bitsandbytes.nn, torch
print("torch._inductor.compile_fx" in sys.modules, torch.compiler.get_default_backend())
"""


def test_bitsandbytes_comes_without_the_compiler_which_is_there_for_whoever_asks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["False", "inductor"]
