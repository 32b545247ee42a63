"""The shelf: the folders of all data sets of a home, and how a new one gets there whole or not at all.

datasets/<id>/            a data set (`DatasetFolder`)
datasets/.<id>.partial/   one that is being imported; nobody sees it
datasets/.<id>.deleted/   one that is being removed
"""

import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from studio.domain.dataset_folder import DatasetFolder
from studio.domain.importing import ImportOrder, Source, import_files
from studio.domain.job import write_by_rename
from studio.domain.watching import Unwatched
from studio.errors import StudioError
from studio.services.locks import FileLock
from studio.settings import Home

ID_PATTERN = re.compile(r"[a-z0-9-]{1,80}")
LONGEST_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class About:
    """What never changes about a data set. `created` is in Unix seconds."""

    id: str
    name: str
    created: float
    is_sample: bool = False
    title: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    """Of a sample: of the files that it was made of."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Knows where the data sets of a home are."""

    home: Home

    def has(self, dataset_id: str) -> bool:
        """Tell whether there is a complete data set of this id; ids are names, never paths."""
        is_name = ID_PATTERN.fullmatch(dataset_id) is not None
        return is_name and DatasetFolder(self.home.datasets / dataset_id).head_file.exists()

    def folder(self, dataset_id: str) -> DatasetFolder:
        """Give the folder of a data set.

        Raises:
            StudioError: `data.unknown`.
        """
        if not self.has(dataset_id):
            raise StudioError("data.unknown", id=dataset_id[:LONGEST_NAME_CHARACTERS])
        return DatasetFolder(self.home.datasets / dataset_id)

    def partial(self, dataset_id: str) -> DatasetFolder:
        """Give the folder in which a data set is made."""
        return DatasetFolder(self.home.datasets / f".{dataset_id}.partial")

    def about(self, dataset_id: str) -> About:
        """Give what never changes about a data set."""
        return About(**json.loads(self.folder(dataset_id).about.read_text(encoding="utf-8")))

    def ids(self) -> list[str]:
        """Give the ids of all complete data sets."""
        return [folder.name for folder in self.home.datasets.iterdir() if self.has(folder.name)]

    def begin(self, about: About, order: ImportOrder) -> tuple[FileLock, ImportOrder]:
        """Copy the sources of a new data set into its partial folder, and give the order to read them from there.

        The folder is safe from `remove_leftovers` as long as the lock is held, or a job works on it.
        """
        folder = self.partial(about.id)
        folder.source.mkdir(mode=0o700, parents=True)
        lock = FileLock(folder.lock)
        lock.acquire()
        try:
            own = order.held_out_source
            kept = replace(
                order,
                sources=tuple(
                    keep_source(source, folder.source_file(place))
                    for place, source in enumerate(order.sources)
                ),
                held_out_source=keep_source(own, folder.held_out_source) if own else None,
            )
            write_by_rename(folder.about, json.dumps(asdict(about), ensure_ascii=False))
        except BaseException:
            self.abandon(about.id, lock)
            raise
        return lock, kept

    def abandon(self, dataset_id: str, lock: FileLock) -> None:
        """Remove a data set that did not come about."""
        shutil.rmtree(self.partial(dataset_id).path, ignore_errors=True)
        lock.release()

    def add(self, about: About, order: ImportOrder, *, replaces: bool = False) -> DatasetFolder:
        """Import files here and now; on any mistake nothing is kept.

        Raises:
            StudioError: see `import_files`.
        """
        shutil.rmtree(self.partial(about.id).path, ignore_errors=True)
        lock, kept = self.begin(about, order)
        try:
            import_files(self.partial(about.id), kept, Unwatched())
            if replaces and self.has(about.id):
                self.remove(about.id)
            return self.partial(about.id).publish(self.home.datasets / about.id)
        except BaseException:
            self.abandon(about.id, lock)
            raise
        finally:
            lock.release()

    def remove(self, dataset_id: str) -> None:
        """Remove a data set; it is out of sight at once, whatever happens."""
        deleted = self.home.datasets / f".{dataset_id}.deleted"
        shutil.rmtree(deleted, ignore_errors=True)
        self.folder(dataset_id).path.rename(deleted)
        shutil.rmtree(deleted, ignore_errors=True)

    def remove_leftovers(self, busy: Callable[[], Collection[str]]) -> None:
        """Remove what killed processes left; `busy` gives the data sets that jobs are still making."""
        for path in self.home.datasets.glob(".*.deleted"):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.home.datasets.glob(".*.partial"):
            lock = FileLock(DatasetFolder(path).lock)
            # It may get its name between the two looks.
            with contextlib.suppress(FileNotFoundError):
                if lock.acquire():
                    # Asked under the lock: whoever let go of it has told the jobs.
                    if path.name[1:].removesuffix(".partial") not in busy():
                        shutil.rmtree(path, ignore_errors=True)
                    lock.release()


def keep_source(source: Source, target: Path) -> Source:
    """Copy a file that somebody brought; its owner may change or delete theirs."""
    shutil.copyfile(source.path, target)
    return Source(target, clean_name(source.name))


def new_id(name: str) -> str:
    """Give a new data set's id: readable, and never used before."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:40] or "data"
    return f"{stem}-{secrets.token_hex(3)}"


def clean_name(name: str) -> str:
    """Give a file name that is safe to show and to store as text: no path, no control characters, not too long."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[:LONGEST_NAME_CHARACTERS] or "data"
