"""Who watches long work: hears how far it is, and may call it off."""

from typing import Protocol


class Cancelled(Exception):
    """The work was called off; nothing of it is kept."""


class Watch(Protocol):
    """Given to everything that takes longer than a moment. `done` and `total` count in the stage's own unit."""

    def progress(self, stage: str, done: int, total: int) -> None: ...

    @property
    def is_cancelled(self) -> bool: ...


class Unwatched:
    """Nobody listens, and nobody calls it off."""

    is_cancelled = False

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell nobody."""


def report(watch: Watch, stage: str, done: int, total: int) -> None:
    """Tell how far a stage is.

    Raises:
        Cancelled: the work was called off.
    """
    watch.progress(stage, done, total)
    if watch.is_cancelled:
        raise Cancelled
