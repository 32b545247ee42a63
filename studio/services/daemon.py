"""See to it that a runner is at work for this home."""

import os
import subprocess
import sys
import threading

from studio.services.locks import is_held
from studio.settings import Home


def ensure_runner(home: Home) -> None:
    """Start the runner in the background unless one is there; two started at once settle it by the lock.

    It is a session of its own with its output in a file: it outlives this process, its terminal and its browser.
    """
    if is_held(home.runner_lock):
        return
    descriptor = os.open(home.runner_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "studio", "runner", "--home", str(home.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Nobody asks how it ends; this only keeps its remains from lying around until we end.
    threading.Thread(target=process.wait, daemon=True).start()
