"""Workers on this machine: one process per job, and one kept ready with its imports done.

Light jobs (imports, changes) get a process that knows nothing of torch and starts in a second.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from studio.domain.job import LIGHT_KINDS, JobKind
from studio.services.machine import describe_machine, one_device_environment
from studio.services.pipes import environment_without_tokens
from studio.services.processes import Handle, find_process, identify

WORKER = (sys.executable, "-m", "studio.worker.run")
LIGHT_WORKER = (sys.executable, "-m", "studio.worker.prepare")


class LocalExecutor:
    """Owns the worker processes that it started. Adopted ones (started by a runner before us) are told by handle."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._waiting: dict[bool, subprocess.Popen[bytes]] = {}
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def ready(self, kind: JobKind) -> Handle:
        """Give the process that will do the next job of this kind, started now if none waits; it may still import."""
        is_light = kind in LIGHT_KINDS
        worker = self._waiting.get(is_light)
        if worker is None or worker.poll() is not None:
            worker = self._waiting[is_light] = self._spawn(is_light=is_light)
        return identify(worker.pid)

    def _spawn(self, *, is_light: bool) -> subprocess.Popen[bytes]:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as log:
            # A session of its own: Ctrl-C in the terminal and the death of the runner must not reach it.
            return subprocess.Popen(
                LIGHT_WORKER if is_light else WORKER,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Only a light job may fetch something for the owner of an account.
                env=None if is_light else heavy_environment(),
                start_new_session=True,
            )

    def start(self, handle: Handle, folder: Path) -> None:
        """Hand a job to the process that `ready` gave. If it died meanwhile, `is_alive` will say so."""
        worker = next((one for one in self._waiting.values() if one.pid == handle.pid), None)
        if worker is None or worker.stdin is None:
            return
        self._waiting = {key: one for key, one in self._waiting.items() if one is not worker}
        self._children[worker.pid] = worker
        # Takes note of its end, whenever that is and whether or not anybody asks.
        threading.Thread(target=worker.wait, daemon=True).start()
        try:
            worker.stdin.write(f"{folder}\n".encode())
            worker.stdin.close()
        except BrokenPipeError:
            return

    def is_alive(self, handle: Handle) -> bool:
        """Tell whether this very process lives; a number that was used again does not count."""
        child = self._children.get(handle.pid)
        if child is not None:
            return child.poll() is None
        return find_process(handle) is not None

    def exit_code(self, handle: Handle) -> int | None:
        """Give how a child of ours ended (negative: by that signal); None for adopted ones."""
        child = self._children.pop(handle.pid, None)
        return child.poll() if child is not None else None

    def stop(self, handle: Handle, *, firmly: bool) -> None:
        """Ask the process to end, or make it; never touches any process but this very one."""
        if find_process(handle) is not None:
            os.kill(handle.pid, signal.SIGKILL if firmly else signal.SIGTERM)

    def close(self) -> None:
        """Let the waiting processes go: their input ends, so they end."""
        for worker in self._waiting.values():
            if worker.stdin is not None:
                worker.stdin.close()
            worker.terminate()
            worker.wait()
        self._waiting = {}


def heavy_environment() -> dict[str, str]:
    """Give the environment of a process that computes: no account, and one device, from which a training takes further ones."""
    return {**environment_without_tokens(), **one_device_environment(describe_machine())}
