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
    # In bfloat16 oneDNN keeps a program for each size of matrix that it meets, and packed batches meet ever new ones: 90 steps of
    # quickstart took 1.5 GB with its usual 1,024 of them, 1.2 GB in the same time with these, 1.1 GB with 64 and 7 % more time.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256",
}
