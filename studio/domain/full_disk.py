"""A disk without room, as the libraries say it."""

import errno
import shutil
from pathlib import Path

WORDS = ("No space left on device", "os error 28", "database or disk is full")
# PyTorch says only that it could not write; with less than this left, it is the disk. Not even an outcome fits then.
FULL_DISK_BYTES = 1_000_000
PYTORCH_WRITE_WORDS = ("PytorchStreamWriter", "unexpected pos")


def is_disk_full(error: BaseException, folder: Path | None = None) -> bool:
    """Tell whether a file could not be written because the disk of `folder` has no room."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    if any(words in text for words in WORDS):
        return True
    has_failed = any(words in text for words in PYTORCH_WRITE_WORDS)
    return has_failed and folder is not None and has_no_room(folder)


def has_no_room(folder: Path) -> bool:
    """Tell whether the disk of `folder` is full."""
    return shutil.disk_usage(folder).free < FULL_DISK_BYTES
