"""The wall in front of everything the server answers.

A page on 127.0.0.1 is within reach of every web site its owner visits: a foreign page can post forms to it, and a
foreign name can be made to point at it. Gradio checks neither (05-security.md, 2.2). So each request has to pass, in
this order: a known host name, our own page as its origin, a path that the page needs, a body of a known size.
The same wall adds the headers that tell a browser what it may do with an answer.

Pure ASGI, so that it covers mounted apps and event streams alike.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.domain.raw_rows import LARGEST_FILE_BYTES
from studio.ui.refusals import refuse
from studio.ui.visitor import TranslatorOf

MIB = 1024 * 1024
# The largest file that the import takes, and room for the form around it.
UPLOAD_LIMIT_BYTES = LARGEST_FILE_BYTES + MIB
EVENT_LIMIT_BYTES = 8 * MIB

# Gradio compiles its templates in the browser and styles them in place, hence the two 'unsafe' words. What matters
# here is the rest: nothing is loaded from, sent to, or shown inside another site.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.ASCII)

# What the page asks of Gradio, below /<language>/. Everything else that Gradio mounts (API pages, monitoring, proxy,
# deep links, the "vibe" editor, recordings, its own login) is not there for us, whatever a later release adds.
_ASSET = re.compile(r"(assets|static|svelte)/.*|theme\.css|gradio_api/theme\.css")
_PAGE_ROUTE = re.compile(
    r"|config|gradio_api/(app_id|startup-events|heartbeat/\w+|queue/(join|data)|run/predict/?|cancel|reset/?"
    r"|component_server/?|upload|upload_progress|file=.*)"
)
_UPLOAD = re.compile(r"/[^/]+/gradio_api/upload")


@dataclass(frozen=True, slots=True)
class HostRule:
    """Which `Host` headers are answered: known names, and addresses where the server listens to a network.

    A foreign site can make its *name* point at this machine, but it cannot make a visitor's browser send an address
    as the host of a page that came from elsewhere; so addresses are safe where the owner opened the server.
    """

    names: frozenset[str]
    any_address: bool = False

    def allows(self, host: str) -> bool:
        match = _HOST.fullmatch(host.lower())
        if match is None:
            return False
        name = match["name"]
        return name in self.names or (self.any_address and _is_address(name.strip("[]")))


@dataclass(frozen=True, slots=True)
class Refusal:
    """The status of a refused request, and the text that says why."""

    status: int
    key: str
    values: dict[str, Any] = field(default_factory=dict)


class Guard:
    """Refuse requests that did not come from our own page, and dress every answer in `SECURITY_HEADERS`."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: HostRule,
        languages: Sequence[str],
        translator_of: TranslatorOf,
        free_bytes: Callable[[], int],
    ) -> None:
        self.app = app
        self.hosts = hosts
        self.languages = tuple(languages)
        self.translator_of = translator_of
        self.free_bytes = free_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(
                    MutableHeaders(raw=message["headers"]), is_asset=self._is_asset(scope["path"])
                )
            await send(message)

        answer = self._refusal(scope) or self.app
        await answer(scope, receive, send_dressed)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """Give the answer that turns this request away, or None where it may pass."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        found = self._stranger(headers, method, path) or self._unfit(headers, method, path)
        if found is None:
            return None
        text = self.translator_of(headers)(found.key, **found.values)
        return refuse(path, text, found.status)

    def _stranger(self, headers: Headers, method: str, path: str) -> Refusal | None:
        """Say why the sender of these headers has no business here."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self.hosts.allows(hosts[0]):
            return Refusal(400, "guard.host", {"host": ", ".join(hosts)})
        if is_foreign(headers) and not self._is_visit(headers, method, path):
            return Refusal(403, "guard.origin")
        return None

    def _unfit(self, headers: Headers, method: str, path: str) -> Refusal | None:
        """Say why this request is none that the page sends."""
        if method not in ("GET", "HEAD", "POST"):
            return Refusal(405, "guard.missing")
        if not self._is_open(path):
            return Refusal(404, "guard.missing")
        if method != "POST":
            return None
        length = headers.get("content-length", "")
        if not length.isdecimal() or "transfer-encoding" in headers:
            return Refusal(411, "guard.length")
        return self._too_long(int(length), is_upload=_UPLOAD.fullmatch(path) is not None)

    def _too_long(self, length: int, *, is_upload: bool) -> Refusal | None:
        """Say why a body of so many bytes is not taken."""
        limit = UPLOAD_LIMIT_BYTES if is_upload else EVENT_LIMIT_BYTES
        if length > limit:
            return Refusal(413, "guard.too_large", {"limit_mib": limit // MIB})
        if is_upload and length > (free := self.free_bytes()):
            sizes = {"needed_mib": -(-length // MIB), "free_mib": free // MIB}
            return Refusal(507, "guard.disk_full", sizes)
        return None

    def _is_visit(self, headers: Headers, method: str, path: str) -> bool:
        """Say whether somebody follows a link on another site to one of our pages (and not to data)."""
        is_page = path == "/" or path.strip("/") in self.languages
        return (
            is_page
            and method == "GET"
            and "origin" not in headers
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") == "document"
        )

    def _is_open(self, path: str) -> bool:
        language, rest = self._split(path)
        if language is None:
            return True
        return bool(_PAGE_ROUTE.fullmatch(rest) or _ASSET.fullmatch(rest))

    def _is_asset(self, path: str) -> bool:
        language, rest = self._split(path)
        return language is not None and _ASSET.fullmatch(rest) is not None

    def _split(self, path: str) -> tuple[str | None, str]:
        head, _, rest = path.lstrip("/").partition("/")
        return (head, rest) if head in self.languages else (None, path)


def is_foreign(headers: Headers) -> bool:
    """Say whether a browser sent this request from a page that is not ours.

    `Origin` names that page (`null` for a sandboxed one), `Sec-Fetch-Site` the browser's own judgement. A program
    that is no browser sends neither.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site in ("cross-site", "same-site"):
        return True
    return origin is not None and not _same_place(origin, headers.get("host", ""))


def _same_place(origin: str, host: str) -> bool:
    try:
        place = urlsplit(origin)
    except ValueError:
        return False
    return place.scheme in ("http", "https") and place.netloc.lower() == host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _dress(headers: MutableHeaders, is_asset: bool) -> None:
    """Add our headers and take away every word of CORS: no other site may read an answer."""
    for name in [name for name in headers if name.lower().startswith("access-control-")]:
        del headers[name]
    headers.update(SECURITY_HEADERS)
    if not is_asset:
        headers.setdefault("Cache-Control", "no-store")
