"""A disk of a few KiB, which is really full when it is full."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The disk that is mounted at `folder`."""

    folder: Path

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Take all the room there is."""
        room = shutil.disk_usage(self.folder).free
        with self.ballast.open("ab") as file:
            file.write(b"." * room)
        assert shutil.disk_usage(self.folder).free == 0

    def free(self) -> None:
        """Give the room back."""
        self.ballast.unlink()


def resize(disk: SmallDisk, kib: int) -> None:
    """Give a disk another size."""
    options = f"remount,size={kib}k"
    subprocess.run(["mount", "-o", options, str(disk.folder)], check=True)


@contextmanager
def small_disk(folder: Path, kib: int) -> Generator[SmallDisk]:
    """Mount a disk at a folder; whoever may not mount skips the test."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"only root may mount a disk: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
