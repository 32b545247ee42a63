"""An answer on its way to another program: whole, or as server-sent events while it grows."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import anyio
from anyio import to_thread
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from studio.domain.completion_answer import Envelope, usage_of
from studio.domain.completion_request import CompletionRequest
from studio.errors import StudioError
from studio.i18n import Translator
from studio.services.completing import Said
from studio.ui.refusals import told

# A proxy that collects an answer before it passes it on would make a stream of it no stream.
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
]
END = b"data: [DONE]\n\n"


class Reply:
    """One answer; nothing is sent before the first word, so that a refusal still has its own status."""

    def __init__(self, wanted: CompletionRequest, t: Translator, scope: Scope, send: Send) -> None:
        self.wanted = wanted
        self.t = t
        self.scope = scope
        self.envelope = Envelope(
            f"chatcmpl-{secrets.token_hex(12)}", int(time.time()), wanted.model
        )
        self._send = send
        self._is_begun = False

    async def give(self, steps: Generator[Said], receive: Receive) -> None:
        """Send an answer as it grows or when it has ended; whatever happens, the model is stopped then."""
        try:
            await (self._stream(steps) if self.wanted.is_streamed else self._whole(steps, receive))
        except StudioError as error:
            if self._is_begun:
                await self._event(told(self.t, error)[0])
                await self._end(b"")
            else:
                await refusal(self.t, error)(self.scope, receive, self._send)
        finally:
            steps.close()

    async def _whole(self, steps: Generator[Said], receive: Receive) -> None:
        async for said in each(steps):
            if said.reason is not None:
                usage = usage_of(said.prompt_tokens, said.tokens)
                body = self.envelope.whole(said.text, said.reason, usage)
                await JSONResponse(body)(self.scope, receive, self._send)

    async def _stream(self, steps: Generator[Said]) -> None:
        sent = 0
        async for said in each(steps):
            if not said.text and said.reason is None:
                continue
            if not self._is_begun:
                await self._begin()
            if len(said.text) > sent:
                await self._piece({"content": said.text[sent:]})
                sent = len(said.text)
            if said.reason is not None:
                await self._piece({}, said.reason)
                if self.wanted.wants_usage:
                    usage = usage_of(said.prompt_tokens, said.tokens)
                    await self._event(self.envelope.last(usage))
                await self._end(END)

    async def _begin(self) -> None:
        self._is_begun = True
        await self._send(
            {"type": "http.response.start", "status": 200, "headers": [*STREAM_HEADERS]}
        )
        await self._piece({"role": "assistant", "content": ""})

    async def _piece(self, delta: dict[str, str], reason: str | None = None) -> None:
        unknown = {"usage": None} if self.wanted.wants_usage else {}
        await self._event(self.envelope.piece(delta, reason) | unknown)

    async def _event(self, value: dict[str, Any]) -> None:
        body = b"data: " + json.dumps(value).encode() + b"\n\n"
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _end(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def refusal(t: Translator, error: StudioError) -> Response:
    """Give the answer that says why there is none."""
    body, status = told(t, error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, headers)


async def each(steps: Generator[Said]) -> AsyncIterator[Said]:
    """Give what a thread is told; it is let go only between two steps, of a tenth of a second at most."""
    while (said := await to_thread.run_sync(next, steps, None)) is not None:
        yield said


async def until_gone(receive: Receive, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` until it is done, or until nobody is there to hear of it any more."""
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                continue
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        await work()
        tasks.cancel_scope.cancel()
