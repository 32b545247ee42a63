"""One Gradio page per language, mounted with everything switched off that a local studio does not need."""

import gradio as gr
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.settings import Home
from studio.ui import look
from studio.ui.guard import UPLOAD_LIMIT_BYTES
from studio.ui.visitor import LANGUAGE_COOKIE

KEPT_SESSIONS = 100  # Gradio keeps the state of 10,000 by default, up to 1.5 MB each
UPLOAD_LIFE_SECONDS = 24 * 3600
# Gradio's loading message (6.31) counts its seconds in every frame, and goes on when it has gone: a tenth of a core.
NO_COUNTING = """{
  const frame = requestAnimationFrame;
  window.requestAnimationFrame = (call) => {
    const text = String(call);
    return text.length < 200 && /performance\\.now\\(\\)-.+\\/1e3/.test(text) ? 0 : frame.call(window, call);
  };
}"""
NO_API_PAGES = {"openapi_url": None, "docs_url": None, "redoc_url": None}


def mount_page(server: FastAPI, page: gr.Blocks, lang: str, home: Home) -> None:
    """Mount `page` at `/<lang>/`. Every argument is explicit, so that no environment variable decides."""
    page.state_session_capacity = KEPT_SESSIONS
    page.delete_cache = (3600, UPLOAD_LIFE_SECONDS)
    # The queue looks for work every millisecond, 6 % of a core while idle; every 20 ms costs 1.5 % (07-gradio.md, 4).
    page._queue.sleep_when_free = 0.02
    gr.mount_gradio_app(
        server,
        page,
        path=f"/{lang}",
        theme=look.theme(),
        css=look.css(),
        head=look.head(),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=UPLOAD_LIMIT_BYTES,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        allowed_paths=[],
        blocked_paths=[str(home.datasets), str(home.jobs), str(home.database)],
        app_kwargs=dict(NO_API_PAGES),
    )
    mounted = server.routes[-1]
    if not isinstance(mounted, Mount):
        raise TypeError(f"Gradio mounted a {type(mounted).__name__}")
    mounted.app = SpokenPage(mounted.app, lang)


class SpokenPage:
    """Make Gradio's own page speak `lang`, and remember it as the visitor's choice.

    Gradio takes the language of its own words ("Drop File Here") from the browser and has no switch for it, so the
    page says to its scripts that the browser speaks `lang`. The link to a web app manifest goes: there is none; and so
    does what it would do in every frame for nothing.
    """

    def __init__(self, app: ASGIApp, lang: str) -> None:
        self.app = app
        self.lang = lang

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != f"/{self.lang}/":
            await self.app(scope, receive, send)
            return
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def send_rewritten(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] != "http.response.body":
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._finish(start, bytes(body), send)

        await self.app({**scope, "headers": plain}, receive, send_rewritten)

    async def _finish(self, start: Message, body: bytes, send: Send) -> None:
        if "text/html" in Headers(raw=start["headers"]).get("content-type", ""):
            body = self._rewrite(body)
        headers = MutableHeaders(raw=start["headers"])
        headers["Content-Length"] = str(len(body))
        cookie = f"{LANGUAGE_COOKIE}={self.lang}; Path=/; Max-Age=31536000; SameSite=Lax"
        headers.append("Set-Cookie", cookie)
        await send(start)
        await send({"type": "http.response.body", "body": body})

    def _rewrite(self, page: bytes) -> bytes:
        script = (
            f"Object.defineProperty(navigator,'language',{{get:()=>'{self.lang}'}});{NO_COUNTING}"
        )
        for old, new in (
            (b'lang="en"', f'lang="{self.lang}"'.encode()),
            (b"<head>", f"<head><script>{script}</script>".encode()),
            (b'<link rel="manifest" href="/manifest.json" />', b""),
        ):
            page = page.replace(old, new, 1)
        return page
