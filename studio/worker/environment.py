"""What every process that imports torch sets before it does."""

# PASSIVE: threads that wait for one another sleep instead of spinning. On few cores, two spinning processes (a training
# beside the playground, or a browser) slow each other down twentyfold.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "OMP_WAIT_POLICY": "PASSIVE",
}
