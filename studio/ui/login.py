"""The door: where a password is set, nothing but the sign-in page and `/health` answers without it.

What is below `/v1/` has a key of its own instead (`endpoint.py`): a program cannot sign in.

Gradio's own login compares plain text, does not count attempts and leaves a dozen routes open (05-security.md, 2.2),
so this one stands in front of everything that is mounted.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.i18n import Translator
from studio.ui.refusals import is_api
from studio.ui.visitor import SESSION_COOKIE, TranslatorOf, read_cookie

OPEN_PATHS = frozenset({"/login", "/health", "/favicon.ico"})
SESSION_SECONDS = 12 * 3600
ALLOWED_FAILURES = 10
LOCK_SECONDS = 60
MAX_FORM_BYTES = 4096
MAX_REMEMBERED = 10_000  # clients or sessions; the oldest are forgotten first


class Attempts:
    """Count sign-in attempts per client address; from the tenth wrong one on, each costs a minute of waiting.

    Behind a proxy all visitors share its address, so a lock-out then holds for everybody.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}

    def begin(self, client: str) -> int:
        """Book an attempt as failed before it is checked, so that many at once do not slip through.

        Returns the seconds to wait, 0 where the attempt may go on.
        """
        wait = self._locked_until.get(client, 0.0) - self._clock()
        if wait > 0:
            return int(wait) + 1
        failures = self._failures.pop(client, 0) + 1
        self._failures[client] = failures
        if failures >= ALLOWED_FAILURES:
            self._locked_until[client] = self._clock() + LOCK_SECONDS
        while len(self._failures) > MAX_REMEMBERED:
            forgotten = next(iter(self._failures))
            self.succeed(forgotten)
        return 0

    def succeed(self, client: str) -> None:
        """Forget what `client` got wrong."""
        self._failures.pop(client, None)
        self._locked_until.pop(client, None)


class Sessions:
    """Who is signed in: hashes of the cookies given out, kept in memory and prolonged by use."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends: dict[bytes, float] = {}

    def open(self) -> str:
        """Give the token of a new session."""
        token = secrets.token_urlsafe(32)
        self._ends[_digest(token)] = self._clock() + SESSION_SECONDS
        while len(self._ends) > MAX_REMEMBERED:
            self._ends.pop(next(iter(self._ends)))
        return token

    def is_open(self, token: str | None) -> bool:
        """Say whether `token` belongs to a session that has not ended, and prolong it."""
        if token is None:
            return False
        key = _digest(token)
        if self._ends.get(key, 0.0) <= self._clock():
            self._ends.pop(key, None)
            return False
        self._ends[key] = self._clock() + SESSION_SECONDS
        return True


class LoginGate:
    """Let signed-in visitors through to `app`, send the others to `/login` (pages) or 401 (everything else)."""

    def __init__(
        self,
        app: ASGIApp,
        password: str,
        translator_of: TranslatorOf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.translator_of = translator_of
        self.attempts = Attempts(clock)
        self.sessions = Sessions(clock)
        self._salt = secrets.token_bytes(16)
        self._hash = _scrypt(password, self._salt)
        self._one_at_a_time = asyncio.Semaphore(1)  # scrypt takes 16 MiB and a core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        answer: ASGIApp
        if path == "/login":
            answer = await self._login(Request(scope, receive), self.translator_of(headers))
        elif path in OPEN_PATHS or is_api(path) or self._is_signed_in(headers):
            answer = self.app
        elif scope["method"] == "GET" and headers.get("accept", "").startswith("text/html"):
            answer = RedirectResponse("/login", 303)
        else:
            answer = PlainTextResponse(self.translator_of(headers)("guard.signed_out"), 401)
        await answer(scope, receive, send)

    def _is_signed_in(self, headers: Headers) -> bool:
        return self.sessions.is_open(read_cookie(headers, SESSION_COOKIE))

    async def _login(self, request: Request, t: Translator) -> Response:
        if request.method != "POST":
            return HTMLResponse(login_page(t))
        if (
            int(request.headers["content-length"]) > MAX_FORM_BYTES
        ):  # the guard made sure it is a number
            return HTMLResponse(login_page(t, t("login.wrong")), 401)
        client = request.client.host if request.client else ""
        wait = self.attempts.begin(client)
        if wait:
            page = login_page(t, t("login.locked", seconds=wait))
            return HTMLResponse(page, 429, {"Retry-After": str(wait)})
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if not await self._is_password(form.get("password", [""])[0]):
            return HTMLResponse(login_page(t, t("login.wrong")), 401)
        self.attempts.succeed(client)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            SESSION_COOKIE,
            self.sessions.open(),
            httponly=True,
            samesite="strict",
            # The server itself speaks HTTP; the browser's own word tells whether a proxy adds TLS.
            secure=request.headers.get("origin", "").startswith("https://"),
        )
        return response

    async def _is_password(self, given: str) -> bool:
        async with self._one_at_a_time:
            return hmac.compare_digest(
                await asyncio.to_thread(_scrypt, given, self._salt), self._hash
            )


def login_page(t: Translator, problem: str = "") -> str:
    """Give the sign-in page in the language of `t`, with what went wrong, if anything did."""
    folder = files("studio").joinpath("ui")
    template = Template(folder.joinpath("login.html").read_text(encoding="utf-8"))
    colours = folder.joinpath("look.css").read_text(encoding="utf-8")
    texts = {name: escape(t(f"login.{name}")) for name in ("title", "lead", "password", "submit")}
    return template.substitute(texts, lang=t.lang, look=colours, problem=escape(problem))


def _scrypt(password: str, salt: bytes) -> bytes:
    """Give a hash that costs about 50 ms and 16 MiB. Source: RFC 7914, and OWASP's least for scrypt (N=2^14)."""
    return hashlib.scrypt(password.encode("utf-8", "surrogateescape"), salt=salt, n=2**14, r=8, p=1)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
