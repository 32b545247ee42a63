"""The models for other programs: `/v1/models` and `/v1/chat/completions` in OpenAI's form, behind a key of their own.

Off until somebody makes a key. The wall (`guard.py`) stands in front as it does for the page; the door (`login.py`) lets what is
below `/v1/` through without a session, since nothing there answers without the key: `KeyGate` is the only way in, and a
session alone opens nothing. One request is answered at a time, so that a busy program is one visitor among the others.
"""

import asyncio
import secrets
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.domain.column import parse_column
from studio.domain.completion_request import CompletionRequest, read_request
from studio.errors import StudioError
from studio.services.api_key import ApiKey
from studio.services.columns import Choice
from studio.services.completing import complete
from studio.services.playground import Asked, AskOptions
from studio.services.workspace import Workspace
from studio.ui.completion_reply import Reply, refusal, until_gone
from studio.ui.refusals import API_PATH
from studio.ui.visitor import TranslatorOf

VISITOR = "api"
# Who comes when so many wait already is told to come back later.
MOST_WAITING = 32
SEED_BITS = 31


def endpoint(workspace: Workspace, translator_of: TranslatorOf) -> Mount:
    """Give everything below `/v1`."""

    async def show_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, StudioError):
            error = StudioError("api.missing_route", path=request.url.path)
        return refusal(translator_of(request.headers), error)

    def models(_request: Request) -> Response:
        choices = workspace.playground.columns.choices()
        return JSONResponse({"object": "list", "data": [model_of(workspace, c) for c in choices]})

    def model(request: Request) -> Response:
        column = parse_column(request.path_params["model"])
        library = workspace.playground.columns
        library.source(column)
        return JSONResponse(model_of(workspace, library.describe(column)))

    inner = Starlette(
        routes=[
            Route("/models", models, methods=["GET"]),
            Route("/models/{model:path}", model, methods=["GET"]),
            Route("/chat/completions", Completions(workspace, translator_of), methods=["POST"]),
        ],
        exception_handlers={StudioError: show_error, 404: show_error, 405: show_error},
    )
    gate = Middleware(KeyGate, key=workspace.api_key, translator_of=translator_of)
    return Mount(API_PATH, inner, middleware=[gate])


def model_of(workspace: Workspace, choice: Choice) -> dict[str, Any]:
    """Give one that can answer: its id is what a request names."""
    run_id = choice.column.run_id
    created = 0 if run_id is None else int(workspace.jobs.get(run_id).created)
    described = {"name": choice.name, "base": choice.base}
    return {
        "id": choice.column.key,
        "object": "model",
        "created": created,
        "owned_by": "tuning-studio",
        **described,
    }


class KeyGate:
    """Let nobody through to `app` but who brings the key."""

    def __init__(self, app: ASGIApp, key: ApiKey, translator_of: TranslatorOf) -> None:
        self.app = app
        self.key = key
        self.translator_of = translator_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        problem = self._problem(headers)
        answer = self.app if problem is None else refusal(self.translator_of(headers), problem)
        await answer(scope, receive, send)

    def _problem(self, headers: Headers) -> StudioError | None:
        if self.key.ending() is None:
            return StudioError("api.switched_off")
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not given:
            return StudioError("api.no_key")
        return None if self.key.fits(given.strip()) else StudioError("api.wrong_key")


class Completions:
    """Answers questions, one after the other; a program that goes away ends its answer within a step of the model."""

    def __init__(self, workspace: Workspace, translator_of: TranslatorOf) -> None:
        self.workspace = workspace
        self.translator_of = translator_of
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        t = self.translator_of(request.headers)
        try:
            wanted = read_request(await request.body())
            asked = self._asked(wanted)
            if self._waiting >= MOST_WAITING:
                raise StudioError("api.busy", waiting=self._waiting)
        except ClientDisconnect:
            return
        except StudioError as error:
            await refusal(t, error)(scope, receive, send)
            return
        reply = Reply(wanted, t, scope, send)

        async def work() -> None:
            async with self._turn:
                steps = complete(self.workspace.playground, asked, wanted.stops, VISITOR)
                await reply.give(steps, receive)

        self._waiting += 1
        try:
            await until_gone(receive, work)
        finally:
            self._waiting -= 1

    def _asked(self, wanted: CompletionRequest) -> Asked:
        column = parse_column(wanted.model)
        self.workspace.playground.columns.source(column)
        seed = secrets.randbits(SEED_BITS) if wanted.seed is None else wanted.seed
        how = AskOptions(wanted.temperature, wanted.top_p, wanted.most_tokens, seed)
        return Asked(column, wanted.messages, how)
