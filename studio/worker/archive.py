"""The file that is downloaded: a zip of what an export made, seen only when it is complete, with its SHA-256."""

import hashlib
import os
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.watching import Watch, report

STAGE = "packing"
BLOCK_BYTES = 4 * 2**20
# Numbers that nothing makes smaller are stored as they are.
DENSE = frozenset({".safetensors", ".gguf"})


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a download, by its name inside: files of this disk, and texts."""

    files: dict[str, Path]
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files.values())


def pack(contents: Contents, archive: Path, watch: Watch) -> dict[str, Any]:
    """Write the zip; give its name, length and SHA-256. Until it is whole it is called `*.partial`.

    Raises:
        Cancelled: the work was called off; nothing is left.
    """
    partial = archive.with_name(f"{archive.name}.partial")
    total = contents.bytes
    done = 0
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as target:
            for inside, file in contents.files.items():
                entry = zipfile.ZipInfo.from_file(file, inside, strict_timestamps=False)
                is_dense = file.suffix in DENSE
                entry.compress_type = zipfile.ZIP_STORED if is_dense else zipfile.ZIP_DEFLATED
                with file.open("rb") as source, target.open(entry, "w") as part:
                    while block := source.read(BLOCK_BYTES):
                        report(watch, STAGE, done, total)
                        part.write(block)
                        done += len(block)
            for inside, text in contents.texts.items():
                target.writestr(inside, text)
        mark = seal(partial, watch)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    partial.rename(archive)
    return {"file": archive.name, "bytes": archive.stat().st_size, "sha256": mark}


def seal(file: Path, watch: Watch) -> str:
    """Have a file on the disk, also after a power cut, and give its SHA-256.

    Raises:
        Cancelled: the work was called off.
    """
    mark, total, done = hashlib.sha256(), file.stat().st_size, 0
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        while block := opened.read(BLOCK_BYTES):
            report(watch, STAGE, done, total)
            mark.update(block)
            done += len(block)
    return mark.hexdigest()


def free_bytes(folder: Path) -> int:
    """Give the room on the disk of `folder`."""
    return shutil.disk_usage(folder).free
