"""The processes of the further devices: started with a training, watched while it goes on, gone when it ends.

Each reads orders from its standard input (`worker/partner.py`) and ends when that ends, however this process ends. What it
answers, or that it is gone, is heard by a thread, since the main one may be waiting for that very device.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.domain.job import JobFolder, Outcome
from studio.errors import StudioError

PARTNER = (sys.executable, "-m", "studio.worker.partner")
# What the main thread has to end by itself after a device was lost; one that waits for a dead device never does.
GRACE_SECONDS = 3.0
CLOSE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Partners:
    """Owns one process per device of `devices`, which are the second and the further ones of a training."""

    def __init__(self, folder: JobFolder, devices: Sequence[str], meeting_place: Path) -> None:
        self.folder = folder
        self._failure: StudioError | None = None
        self._has_failed = threading.Event()
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._processes = [start(device) for device in devices]
        for place, process in enumerate(self._processes):
            order = {
                "folder": str(folder.path),
                "rank": place + 1,
                "size": len(devices) + 1,
                "meeting_place": str(meeting_place),
            }
            threading.Thread(target=self._watch, args=(process, order), daemon=True).start()

    def failure(self, patience_seconds: float) -> StudioError | None:
        """Give why a device has failed, or None where none has within so many seconds."""
        self._has_failed.wait(patience_seconds)
        return self._failure

    def close(self) -> None:
        """End the processes; they leave when their input ends, and are made to after five seconds."""
        with self._lock:
            self._is_over.set()
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _watch(self, process: "subprocess.Popen[str]", order: dict[str, Any]) -> None:
        """Give a device its order, and see to it that the job ends with the reason where the device fails."""
        failure = ask(process, order)
        if process.stdout is not None:
            process.stdout.close()
        if failure is None or self._is_over.is_set():
            return
        if isinstance(failure, Gone):
            failure = explain(process.wait(), order["rank"] + 1, order["size"])
        self._failure = failure
        self._has_failed.set()
        if self._is_over.wait(GRACE_SECONDS):
            return
        with self._lock:
            if not self._is_over.is_set():
                logger.error("ended without waiting for a lost device: %s", self._failure)
                Outcome("failed", self._failure, {}).write(self.folder)
                os._exit(1)


def start(device: str) -> "subprocess.Popen[str]":
    """Start a process that sees this device only."""
    return subprocess.Popen(
        PARTNER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "" if device == "cpu" else device},
        text=True,
        encoding="utf-8",
    )


class Gone(Exception):
    """A process ended without an answer."""


def ask(process: "subprocess.Popen[str]", order: dict[str, Any]) -> StudioError | Gone | None:
    """Give a process its order and wait for the answer: None where all went well."""
    if process.stdin is None or process.stdout is None:
        raise TypeError("a partner is spoken to through pipes")
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        return Gone()
    line = process.stdout.readline()
    if not line:
        return Gone()
    error = json.loads(line)["error"]
    return StudioError.from_dict(error) if error else None


def explain(code: int, number: int, of: int) -> StudioError:
    """Give why the process of a device is gone, by how it ended."""
    if code == -signal.SIGKILL:
        return StudioError("train.device_killed", number=number, of=of)
    return StudioError("train.device_died", number=number, of=of, exit_code=code)
