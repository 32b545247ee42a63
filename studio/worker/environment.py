"""What every process that imports torch sets before it does."""

# Waiting threads keep spinning, as PyTorch's OpenMP does by default: letting them sleep (OMP_WAIT_POLICY=PASSIVE) makes
# a step of the starter 2.4 times as long on two quiet cores. Small models do with one thread (`loading.use_threads`).
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Large tensors in large pages: they come from the system and go back to it a hundred times faster
    # (`loading.return_freed_memory`). Small ones are not touched by it.
    "THP_MEM_ALLOC_ENABLE": "1",
}
