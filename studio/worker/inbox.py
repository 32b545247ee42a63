"""What is asked next: read while an answer is being made, so that a stop acts at once; those who wait are told their place."""

import threading
from typing import Any

from studio.domain.fair_line import FairLine
from studio.worker.pipe import Pipe

Request = dict[str, Any]


class Inbox(threading.Thread):
    """Reads requests and keeps them in a line of visitors; a `stop` takes one out or ends the answer to it."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(daemon=True)
        self.pipe = pipe
        self._line: FairLine[int] = FairLine()
        self._requests: dict[int, Request] = {}
        self._busy: int | None = None
        self._stopped: set[int] = set()
        self._is_closed = False
        self._told: dict[int, int] = {}
        self._changed = threading.Condition()

    def run(self) -> None:
        for request in self.pipe.requests():
            with self._changed:
                self._hear(request)
                self._tell_places()
                self._changed.notify()
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _hear(self, request: Request) -> None:
        number = request["id"]
        if request["op"] != "stop":
            self._requests[number] = request
            self._line.add(request.get("visitor", ""), number)
        elif number == self._busy:
            self._stopped.add(number)
        elif self._line.drop(number):
            del self._requests[number]
            self.pipe.send(id=number, done=True)

    def take(self) -> Request | None:
        """Wait for the request whose turn it is, and give it; None when the other side has closed."""
        with self._changed:
            self._busy = None
            self._stopped.clear()
            self._changed.wait_for(lambda: self._is_closed or self._requests)
            number = self._line.take()
            if number is None or self._is_closed:
                return None
            self._busy = number
            self._tell_places()
            return self._requests.pop(number)

    def is_stopped(self) -> bool:
        """Tell whether nobody wants the answer that is being made."""
        return bool(self._stopped) or self._is_closed

    def _tell_places(self) -> None:
        """Tell everybody who waits how many are before them, where that changed."""
        ahead = {
            n: place for place, n in enumerate(self._line.order(), int(self._busy is not None))
        }
        for number, before in ahead.items():
            if before and self._told.get(number) != before:
                self.pipe.send(id=number, phase="waiting", ahead=before)
        self._told = ahead
