"""What libraries raise, by the name that the studio has for it. Imports nothing heavy: light workers use it, too."""

import errno
import shutil
from pathlib import Path

from studio.errors import StudioError

OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory")
DISK_FULL_WORDS = ("No space left on device", "os error 28")
# PyTorch says only that it could not write; with less than this left, it is the disk.
FULL_DISK_BYTES = 1_000_000
PYTORCH_WRITE_WORDS = ("PytorchStreamWriter", "unexpected pos")


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an allocator, of the GPU or of this machine, had no more to give."""
    is_named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return is_named or any(words in str(error) for words in OUT_OF_MEMORY_WORDS)


def is_disk_full(error: BaseException, folder: Path | None = None) -> bool:
    """Tell whether a file could not be written because the disk of `folder` has no room."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    if any(words in text for words in DISK_FULL_WORDS):
        return True
    has_failed = any(words in text for words in PYTORCH_WRITE_WORDS)
    return has_failed and folder is not None and shutil.disk_usage(folder).free < FULL_DISK_BYTES


def name_error(error: Exception, folder: Path | None = None) -> StudioError:
    """Give the code for what a library raised; what is not known keeps its own words."""
    if is_out_of_memory(error):
        return StudioError("train.out_of_memory")
    if is_disk_full(error, folder):
        return StudioError("worker.disk_full")
    return StudioError("worker.unexpected", name=type(error).__name__, reason=str(error)[:300])
