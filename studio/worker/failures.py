"""What libraries raise, by the name that the studio has for it. Imports nothing heavy: light workers use it, too."""

from pathlib import Path

from studio.domain.full_disk import is_disk_full
from studio.errors import StudioError

OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory")
# All that oneDNN says where it finds no room to work in. Of what it cannot do at all it says "… a primitive descriptor …".
NO_ROOM_FOR_ONEDNN = "could not create a primitive"
# How PyTorch begins whatever the driver says of a GPU that no longer does what it is told: fallen off the bus, driven anew, faulty.
GPU_WORDS = "CUDA error: "


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an allocator, of the GPU or of this machine, had no more to give."""
    is_named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    text = str(error)
    return (
        is_named
        or text == NO_ROOM_FOR_ONEDNN
        or any(words in text for words in OUT_OF_MEMORY_WORDS)
    )


def name_error(error: Exception, folder: Path | None = None) -> StudioError:
    """Give the code for what a library raised; what is not known keeps its own words."""
    if is_out_of_memory(error):
        return StudioError("train.out_of_memory")
    if is_disk_full(error, folder):
        return StudioError("worker.disk_full")
    first_line = str(error).partition("\n")[0]
    if isinstance(error, RuntimeError) and first_line.startswith(GPU_WORDS):
        reason = first_line.removeprefix(GPU_WORDS)[:200]
        return StudioError("worker.gpu_lost", reason=reason)
    return StudioError("worker.unexpected", name=type(error).__name__, reason=str(error)[:300])
