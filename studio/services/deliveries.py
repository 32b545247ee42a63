"""Answers on their way to a page: each waits under a key that only its page knows, and is fetched once."""

import secrets
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

Steps = Generator[dict[str, Any]]

# What nobody fetches was left by pages that closed at once; the oldest of it goes.
MOST_WAITING = 200


@dataclass(slots=True)
class Deliveries:
    """Holds what was asked and not fetched yet; nothing is begun before it is fetched."""

    _waiting: dict[str, Callable[[], Steps]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def leave(self, begin: Callable[[], Steps]) -> str:
        """Keep what begins an answer, and give the key to fetch it with."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._waiting[key] = begin
            while len(self._waiting) > MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
        return key

    def fetch(self, key: str) -> Steps | None:
        """Begin an answer; None where there is none (any more) under this key. Who fetches it closes it."""
        with self._lock:
            begin = self._waiting.pop(key, None)
        return begin() if begin is not None else None
