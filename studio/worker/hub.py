"""Brings the files of a Hub data set, under names of our own."""

import hashlib
from pathlib import Path, PurePosixPath

from studio.domain.hub import HubChoice, HubFile, check_choice, gib
from studio.domain.raw_rows import LARGEST_FILE_BYTES
from studio.domain.watching import Watch
from studio.errors import StudioError
from studio.hub.client import Repository
from studio.worker.fetching import Patience, bring_all, open_download


def download(
    choice: HubChoice,
    target: Path,
    watch: Watch,
    token_file: Path | None = None,
    patience: Patience | None = None,
) -> list[Path]:
    """Bring the files of a choice into `target` and give them in their order; what is there already is kept.

    Raises:
        Cancelled: the work was called off; what came is kept for the next try.
        StudioError: `hub.*`: refused, offline, stalled, cut off, damaged, too large, no room.
    """
    patience = patience or Patience()
    client = open_download(token_file, patience)
    check_choice(choice)
    split = client.describe(choice.id, choice.revision).split(choice)
    if split.bytes > LARGEST_FILE_BYTES:
        limit_gib = gib(LARGEST_FILE_BYTES)
        raise StudioError("hub.too_large", gib=gib(split.bytes), limit_gib=limit_gib)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = [
        (file, target / local_name(choice, file, place)) for place, file in enumerate(split.files)
    ]
    repository = Repository("dataset", choice.id, choice.revision)
    bring_all(client, repository, wanted, watch, patience)
    return [path for _, path in wanted]


def local_name(choice: HubChoice, file: HubFile, place: int) -> str:
    """Give our own name for a file of the Hub: the same for the same file of the same commit."""
    mark = hashlib.sha256(f"{choice.id}@{choice.revision}/{file.path}".encode()).hexdigest()[:12]
    return f"{place:03d}-{mark}{PurePosixPath(file.path).suffix.lower()}"
