"""What every process that imports torch sets before it does, and how it imports what would import too much."""

import importlib

# Waiting threads keep spinning, as PyTorch's OpenMP does by default: letting them sleep (OMP_WAIT_POLICY=PASSIVE) makes
# a step of the starter 2.4 times as long on two quiet cores. Small models do with one thread (`worker/threads.py`).
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Large tensors in large pages: they come from the system and go back to it a hundred times faster
    # (`loading.return_freed_memory`). Small ones are not touched by it.
    "THP_MEM_ALLOC_ENABLE": "1",
    # In bfloat16 oneDNN keeps a program for each size of matrix that it meets. `worker/sizes.py` sees to it that they are few, so that
    # a quarter of its usual 1,024 is enough.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256",
}


def import_bitsandbytes() -> None:
    """Import bitsandbytes without PyTorch's compiler; call it before anything that imports it.

    While it is imported (0.50) it hands functions to `torch.compile`, which imports a fifth of all that a worker imports. They do
    8-bit arithmetic that nobody here asks for; with the "eager" backend they do the same, and need no C++ compiler.
    """
    compiler = importlib.import_module("torch.compiler")
    compiler.set_default_backend("eager")
    try:
        importlib.import_module("bitsandbytes")
    finally:
        compiler.set_default_backend(None)
