"""Partners that start at once: real processes, forked from one that has the training stack imported.

In place of `worker.partners.start`, which starts an interpreter (ten seconds of imports each).
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

SERVER = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Have the imports begin."""
    SERVER.set_forkserver_preload(["studio.worker.train", "studio.worker.partner", "bitsandbytes"])


def learn_along(orders: Connection, answers: Connection, fault: Callable[[], None] | None) -> None:
    """Be a partner, one with a fault if need be."""
    os.dup2(orders.fileno(), 0)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    os.dup2(answers.fileno(), 1)
    if fault is not None:
        fault()
    from studio.worker import partner  # noqa: PLC0415  in the partner's process

    partner.main()


class Forked:
    """A process with the face of `subprocess.Popen`."""

    def __init__(self, fault: Callable[[], None] | None) -> None:
        orders, self._orders = SERVER.Pipe(duplex=False)
        self._answers, answers = SERVER.Pipe(duplex=False)
        self._process = SERVER.Process(
            target=learn_along, args=(orders, answers, fault), daemon=True
        )
        self._process.start()
        orders.close()
        answers.close()
        self.stdin = os.fdopen(os.dup(self._orders.fileno()), "w", encoding="utf-8")
        self.stdout = os.fdopen(os.dup(self._answers.fileno()), encoding="utf-8")
        self._orders.close()
        self._answers.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("partner", timeout or 0)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()
