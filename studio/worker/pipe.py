"""A worker's end of a pair of pipes: one JSON object per line in, one per line out.

The protocol's output is a private copy of stdout, and stdout itself becomes stderr: whatever a library prints, in
Python or natively, cannot corrupt it.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any


class Pipe:
    """Reads requests and writes replies; writing is safe from any thread."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._lock = threading.Lock()

    def requests(self) -> Iterator[dict[str, Any]]:
        """Give requests until the other side closes, which is how a worker learns that nobody needs it any more."""
        for line in sys.stdin:
            yield json.loads(line)

    def send(self, **reply: Any) -> None:
        """Write one reply."""
        with self._lock:
            self._out.write(json.dumps(reply, ensure_ascii=False) + "\n")
