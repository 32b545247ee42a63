"""The further workers of a search: a process for each further device, which does tries of its own out of the same study.

They are started and asked as those of a training on several devices are (`worker/partners.py`), but nobody waits for them in
the middle of a step: one that dies leaves one try that was cut short, and another one takes its place. Each writes only
the folders of its own tries; of the search itself the first worker tells.
"""

import logging
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from studio.domain.job import JobFolder
from studio.domain.tries import read_tries
from studio.worker import partners
from studio.worker.trying import settle_dead

# So many in a row may die on one device without a try coming to its end.
MOST_DEATHS = 3

logger = logging.getLogger(__name__)


class Fellows:
    """Owns a process per device of `devices`, which are the second and the further ones. `dtype`: what all tries compute in."""

    def __init__(self, folder: JobFolder, devices: Sequence[str], dtype: str) -> None:
        self.folder = folder
        self.dtype = dtype
        self.lost: list[int] = []
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._threads = [
            threading.Thread(target=self._look_after, args=(device, rank), daemon=True)
            for rank, device in enumerate(devices, 1)
        ]
        for thread in self._threads:
            thread.start()

    def wait(self) -> list[int]:
        """Return when none of them tries anything any more, with the numbers of those that could not go on."""
        for thread in self._threads:
            thread.join()
        return sorted(self.lost)

    def close(self) -> None:
        """End the processes, in the middle of a try if need be."""
        self._is_over.set()
        with self._lock:
            left = list(self._processes.values())
        for process in left:
            end(process)
        self.wait()

    def _look_after(self, device: str, rank: int) -> None:
        """Have a device search, with another process where one has died."""
        deaths = 0
        while deaths < MOST_DEATHS:
            before = count_ended(self.folder, rank)
            with self._lock:
                if self._is_over.is_set():
                    return
                process = self._processes[rank] = partners.start(device)
            order = {"folder": str(self.folder.path), "rank": rank, "dtype": self.dtype}
            failure = partners.ask(process, order)
            end(process)
            if process.stdout is not None:
                process.stdout.close()
            # Nobody else would wait for what it has left.
            settle_dead(self.folder, rank)
            if not isinstance(failure, partners.Gone):
                if failure is not None:
                    logger.error("device %d searches no more: %s", rank + 1, failure)
                    self.lost.append(rank)
                return
            if self._is_over.is_set():
                return
            logger.warning("the process of device %d is gone", rank + 1)
            deaths = 1 if count_ended(self.folder, rank) > before else deaths + 1
        self.lost.append(rank)


def end(process: "subprocess.Popen[str]") -> None:
    """End a process, which leaves when its input ends; it is made to after a while."""
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()
    try:
        process.wait(partners.CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def count_ended(folder: JobFolder, rank: int) -> int:
    """Give how many tries of a worker came to their end."""
    tries = read_tries(folder, is_running=True)
    return sum(one.worker == rank and one.is_counted for one in tries)


@contextmanager
def searching_along(folder: JobFolder, devices: Sequence[str], dtype: str) -> Generator[Fellows]:
    """Give the further workers, none where there is one device; they are gone when this ends."""
    fellows = Fellows(folder, devices[1:], dtype)
    try:
        yield fellows
    finally:
        fellows.close()
