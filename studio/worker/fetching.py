"""Files of the Hub on their way to this disk: resumable, watched, and whole or not at all."""

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from studio.domain.hub import HubFile, check_room
from studio.domain.watching import Cancelled, Watch, report
from studio.errors import StudioError
from studio.hub.client import HubClient, Repository, open_hub
from studio.hub.token import TOKEN_VARIABLE

STAGE = "downloading"
# What may pass by itself. Everything else would be refused again.
PASSING = frozenset(
    {"hub.stalled", "hub.cut_off", "hub.offline", "hub.unavailable", "hub.too_many"}
)
BLOCK_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a download is tried: `tries` in a row without a new byte, each `wait_seconds` for the next one."""

    wait_seconds: float = 10.0
    tries: int = 4
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 60.0


@dataclass(slots=True)
class Bytes:
    """How much of a download is there."""

    watch: Watch
    total: int
    done: int = 0

    def move(self, count: int) -> None:
        """Count what came (or was given up again), and tell it.

        Raises:
            Cancelled: the work was called off.
        """
        self.done += count
        report(self.watch, STAGE, self.done, self.total)


@dataclass(frozen=True, slots=True)
class Asked:
    """One file on its way."""

    client: HubClient
    repository: Repository
    file: HubFile
    path: Path
    patience: Patience

    @property
    def partial(self) -> Path:
        return partial_of(self.path)


def open_download(token_file: Path | None, patience: Patience) -> HubClient:
    """Give a client that waits as long as this download may; what it says stays out of the job's log.

    Raises:
        StudioError: `hub.bad_endpoint`, or what `read_token` refuses.
    """
    # Addresses of downloads are signed: whoever reads them may download.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    client = replace(open_hub(token_file), wait_seconds=patience.wait_seconds)
    os.environ.pop(TOKEN_VARIABLE, None)
    return client


def bring_all(
    client: HubClient,
    repository: Repository,
    wanted: Sequence[tuple[HubFile, Path]],
    watch: Watch,
    patience: Patience,
) -> None:
    """Bring files of one repository, each to its path; what is there already is kept.

    Raises:
        Cancelled: the work was called off; what came is kept for the next try.
        StudioError: `hub.*`: refused, offline, stalled, cut off, damaged, no room.
    """
    total = sum(file.bytes for file, _ in wanted)
    there = sum(have(path) for _, path in wanted)
    check_room(total - there, shutil.disk_usage(wanted[0][1].parent).free)
    progress = Bytes(watch, total)
    for file, path in wanted:
        bring(Asked(client, repository, file, path, patience), progress)


def partial_of(path: Path) -> Path:
    """Give the name of a file while it is on its way."""
    return path.with_name(f"{path.name}.partial")


def have(path: Path) -> int:
    """Give how many bytes of a file are there."""
    for found in (path, partial_of(path)):
        if found.exists():
            return found.stat().st_size
    return 0


def bring(asked: Asked, progress: Bytes) -> None:
    """Bring one file, from where it stopped, trying again as long as it moves on.

    Raises:
        Cancelled: the work was called off.
        StudioError: `hub.*`.
    """
    progress.move(have(asked.path))
    if asked.path.exists():
        return
    tries = 0
    while True:
        before = have(asked.path)
        try:
            receive(asked, before, progress)
            break
        except StudioError as error:
            tries = 1 if have(asked.path) > before else tries + 1
            pause = pause_after(error, tries, asked.patience)
            if error.code not in PASSING or tries >= asked.patience.tries or pause is None:
                raise
        wait(pause, progress.watch)
    check_whole(asked, progress.watch)
    asked.partial.rename(asked.path)


def pause_after(error: StudioError, tries: int, patience: Patience) -> float | None:
    """Give how long to wait before the next try; None where the Hub asks for more than is sensible."""
    pause = patience.first_pause_seconds * 2 ** (tries - 1)
    if error.code == "hub.too_many":
        pause = max(pause, error.values["seconds"])
    return pause if pause <= patience.longest_pause_seconds else None


def wait(seconds: float, watch: Watch) -> None:
    """Wait, and notice at once when the work is called off.

    Raises:
        Cancelled: it was.
    """
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if watch.is_cancelled:
            raise Cancelled
        time.sleep(min(left, 0.1))


def receive(asked: Asked, start: int, progress: Bytes) -> None:
    """Ask for the rest of a file once, and append what comes.

    Raises:
        Cancelled: the work was called off.
        StudioError: `hub.cut_off` where less came than was said, `hub.damaged` where more came; `hub.*`.
    """
    size = asked.file.bytes
    if start and start >= size > 0:
        return
    with asked.client.open_file(asked.repository, asked.file.path, start) as answer:
        # A server that knows no ranges begins anew, and then so do we.
        is_rest = answer.headers.get("content-range", "").startswith(f"bytes {start}-")
        kept = start if start and is_rest else 0
        progress.move(kept - start)
        descriptor = os.open(asked.partial, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(kept)
            file.seek(kept)
            for block in answer.iter_raw():
                file.write(block)
                progress.move(len(block))
                if size and file.tell() > size:
                    break
            kept = file.tell()
    if size and kept < size:
        raise StudioError("hub.cut_off", host=asked.client.host)


def check_whole(asked: Asked, watch: Watch) -> None:
    """See to it that a file is the one that the Hub promised, by its length and its hash; throw it away if not.

    Raises:
        Cancelled: the work was called off.
        StudioError: `hub.damaged`.
    """
    path, promised = asked.partial, asked.file
    with path.open("rb") as file:
        # What gets its name is on the disk, also after a power cut.
        os.fsync(file.fileno())
        found = digest(file, watch) if promised.sha256 else ""
    if path.stat().st_size != (promised.bytes or path.stat().st_size) or found != promised.sha256:
        path.unlink()
        raise StudioError("hub.damaged", name=promised.path)


def digest(file: BinaryIO, watch: Watch) -> str:
    """Give the SHA-256 of a file; gigabytes take a while, so it can be called off.

    Raises:
        Cancelled: it was.
    """
    mark = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        if watch.is_cancelled:
            raise Cancelled
        mark.update(block)
    return mark.hexdigest()
