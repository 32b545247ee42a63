"""The studio's end of the pipes to a helper process: requests out, replies in, nothing shared."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from studio.errors import StudioError

Reply = dict[str, Any]
STOP_SECONDS = 5.0
TOKEN_NAMES = frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})


def environment_without_tokens() -> dict[str, str]:
    """Give the environment for a process that has no business with anybody's Hub account."""
    return {name: value for name, value in os.environ.items() if name not in TOKEN_NAMES}


class WorkerPipe:
    """Owns one child process that speaks JSON lines. Started at the first request, restarted after a death."""

    def __init__(self, module: str, log: Path) -> None:
        self.module = module
        self.log = log
        self.phase = "stopped"
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._waiting: dict[int, queue.Queue[Reply | None]] = {}
        self._next = 1
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process if it is not there; returns at once."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as log:
                # Its output goes through a pipe that a thread of ours always drains; a job's never would.
                self._process = subprocess.Popen(
                    [sys.executable, "-m", self.module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=environment_without_tokens(),
                    text=True,
                    encoding="utf-8",
                    start_new_session=True,
                )
            self.phase = "starting"
            self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
            self._reader.start()

    def ask(self, **request: Any) -> "Conversation":
        """Send a request and give its replies as they come."""
        self.start()
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._waiting[number] = replies = queue.Queue()
        self._send(id=number, **request)
        return Conversation(self, number, replies)

    def forget(self, number: int) -> None:
        """Stop listening to a request."""
        with self._lock:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """End the process: it leaves when its input ends, and is made to after five seconds."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join()

    def _send(self, **request: Any) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise StudioError("chat.died")
        try:
            with self._lock:
                process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
                process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise StudioError("chat.died") from error

    def stop(self, number: int) -> None:
        """Tell the process that nobody wants the rest of an answer; a dead one needs no telling."""
        try:
            self._send(id=number, op="stop")
        except StudioError:
            return

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            reply: Reply = json.loads(line)
            self.phase = reply.get("phase", self.phase)
            with self._lock:
                waiting = self._waiting.get(reply["id"])
            if waiting is not None:
                waiting.put(reply)
        process.wait()
        for end in (process.stdin, process.stdout):
            if end is not None:
                with contextlib.suppress(BrokenPipeError):
                    end.close()
        self.phase = "stopped"
        with self._lock:
            for waiting in self._waiting.values():
                waiting.put(None)


class Conversation:
    """The replies to one request."""

    def __init__(self, pipe: WorkerPipe, number: int, replies: "queue.Queue[Reply | None]") -> None:
        self.pipe = pipe
        self.number = number
        self.has_ended = False
        self.is_closed = False
        self._replies = replies

    def read(self, timeout_seconds: float) -> Reply | None:
        """Give the next reply, or None where none came in time.

        Raises:
            StudioError: what the process answered, or `chat.died` where it is gone.
        """
        try:
            reply = self._replies.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if reply is None:
            self.has_ended = True
            raise StudioError("chat.died")
        self.has_ended = "error" in reply or "done" in reply
        if "error" in reply:
            raise StudioError.from_dict(reply["error"])
        return reply

    def close(self, *, is_finished: bool) -> None:
        """Stop listening; an answer that is not finished is stopped. Any thread may, as often as it likes."""
        if self.is_closed:
            return
        self.is_closed = True
        if not is_finished:
            self.pipe.stop(self.number)
        self.pipe.forget(self.number)
