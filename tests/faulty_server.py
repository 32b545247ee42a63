"""A small HTTP server whose answers are a function, and whose faults are ordered: a status, silence, a cut, wrong bytes."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

FOREVER = 1_000_000
LARGEST_FORM = 100_000


@dataclass(slots=True)
class Fault:
    """What goes wrong for requests whose path matches, `times` times: a status, or a body that stops, ends or is wrong."""

    pattern: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    stall_after: int | None = None
    cut_after: int | None = None
    is_damaged: bool = False
    knows_no_ranges: bool = False
    times: int = FOREVER


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in, and to which server."""

    method: str
    address: str
    path: str
    headers: dict[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class FaultyServer:
    """Owns one server and its threads. `answers` is asked without faults; `faults` and `seen` may be shared by several."""

    def __init__(
        self,
        answers: Callable[[Seen, dict[str, list[str]]], Answer],
        faults: list[Fault],
        seen: list[Seen],
    ) -> None:
        self.answers, self.faults, self.seen = answers, faults, seen
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening and let go of everybody who waits."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def keep_silent(self) -> None:
        """Wait until the server is closed."""
        self._released.wait(60)

    def take_fault(self, path: str) -> Fault | None:
        """Give the first fault that this path has left."""
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.pattern, path):
                fault.times -= 1
                return fault
        return None


class Handler(BaseHTTPRequestHandler):
    """One request: the answer of the hub, with the fault that lies in its way."""

    protocol_version = "HTTP/1.1"

    def __init__(self, owner: FaultyServer, *args: Any) -> None:
        self.owner = owner
        super().__init__(*args)

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = self.rfile.read(int(headers.get("content-length", 0)))
        asked = Seen(self.command, self.owner.address, self.path, headers, sent)
        self.owner.seen.append(asked)
        form = parse_qs(sent.decode(errors="replace")) if len(sent) < LARGEST_FORM else {}
        fault = self.owner.take_fault(self.path)
        # What is refused is not done either.
        is_refused = fault is not None and fault.status >= 400
        answer = Answer() if is_refused else self.owner.answers(asked, form)
        if fault and fault.status:
            answer = Answer(fault.status, fault.body or b"", fault.headers)
        if answer.status == 200 and not (fault and fault.knows_no_ranges):
            answer = cut_range(answer, headers.get("range", ""))
        self.send(answer, fault)

    do_HEAD = do_POST = do_PUT = do_GET

    def send(self, answer: Answer, fault: Fault | None) -> None:
        """Send the answer, or as much of it as the fault allows."""
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        body = b"" if self.command == "HEAD" else answer.body
        if fault and fault.is_damaged:
            body = b"x" * len(body)
        stop = None if fault is None else next(
            (n for n in (fault.stall_after, fault.cut_after) if n is not None), None
        )  # fmt: skip
        self.wfile.write(body[:stop])
        if stop is not None and stop < len(body):
            self.close_connection = True
            self.wfile.flush()
            if fault and fault.stall_after is not None:
                self.owner.keep_silent()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def cut_range(answer: Answer, asked: str) -> Answer:
    """Give the part from the asked byte on, as 206, or 416 where there is nothing."""
    if not (wanted := re.fullmatch(r"bytes=(\d+)-", asked)):
        return answer
    start, size = int(wanted[1]), len(answer.body)
    if start >= size:
        return Answer(416, b"", {"Content-Range": f"bytes */{size}"})
    part = f"bytes {start}-{size - 1}/{size}"
    return Answer(206, answer.body[start:], {**answer.headers, "Content-Range": part})
