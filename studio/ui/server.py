"""The web server: our own routes, one mounted page per language, and the wall in front of them.

    /                       to the visitor's language
    /en/  /zh-CN/           the page (Gradio), built once per language
    /files/exports/{job_id} a finished export as a download
    /files/judgements.csv   votes, ratings and corrections as a table
    /files/runs/{run_id}/…  the recipe of a training as a file
    /answers/{key}          an answer of the playground while it grows
    /health                 that it runs, and which version
    /v1/…                   the models for other programs, where a key was made
    /login                  where a password is set

`serve` decides who may reach the server before it opens a socket. Gradio reads its environment when it is imported
and when a page is built, so the environment is cleaned first and Gradio imported after.
"""

import ipaddress
import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Generator, MutableMapping
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.datastructures import Headers

from studio import __version__
from studio.errors import StudioError
from studio.i18n import Translator, languages, translator
from studio.services.locks import FileLock, is_held
from studio.services.machine import free_disk_bytes
from studio.services.workspace import Workspace
from studio.settings import Home, Settings
from studio.ui.endpoint import endpoint
from studio.ui.guard import LOOPBACK_HOSTS, Guard, HostRule
from studio.ui.login import LoginGate
from studio.ui.streaming import add_streaming
from studio.ui.visitor import choose_language

if TYPE_CHECKING:
    import gradio as gr

PASSWORD_LENGTH = 12
SHUTDOWN_SECONDS = 2  # an open page holds a stream that never ends by itself
LOOPBACK = "127.0.0.1"
# The playground's process imports for ten seconds: after the page and the standby worker have had theirs, and before
# anybody has trained something to talk to.
WARM_AFTER_SECONDS = 20.0
MAX_PORT = 65535

BuildPage = Callable[[Workspace, Translator], "gr.Blocks"]


def create_server(
    workspace: Workspace,
    settings: Settings,
    build: BuildPage | None = None,
    host: str = LOOPBACK,
) -> FastAPI:
    """Give the whole application, guarded; `build` makes the page of one language (default: the studio's)."""
    clean_environment(os.environ, settings.home)
    from studio.ui.mount import mount_page  # noqa: PLC0415 - Gradio must see the cleaned environment

    if build is None:
        from studio.ui.app import build_app  # noqa: PLC0415 - as above

        build = build_app

    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_routes(server, workspace)
    add_streaming(server, workspace.deliveries)
    server.routes.append(endpoint(workspace, _translator_of))
    for lang in languages():
        mount_page(server, build(workspace, translator(lang)), lang, settings.home)
    # The one added last stands in front.
    if settings.password is not None:
        server.add_middleware(LoginGate, password=settings.password, translator_of=_translator_of)
    server.add_middleware(
        Guard,
        hosts=host_rule(settings, host),
        languages=languages(),
        translator_of=_translator_of,
        free_bytes=lambda: free_disk_bytes(settings.home.root),
    )
    return server


def serve(
    workspace: Workspace,
    settings: Settings,
    host: str,
    port: int,
    open_browser: bool,
    t: Translator | None = None,
) -> None:
    """Run the studio's page, and the runner behind it, until it is told to stop.

    The runner starts when the page is built: its standby worker loads for seconds what the page does not wait for.

    Raises:
        StudioError: `serve.password_needed`, `serve.password_short`, `serve.host_unknown`, `serve.port_invalid`,
            `serve.port_taken`, `serve.already_running` or `serve.kernels_installed`, each before anything listens
            and before a runner starts.
    """
    family, place = resolve(host, port)
    check_password(settings.password, place[0])
    if find_spec("kernels") is not None:
        raise StudioError("serve.kernels_installed")
    os.umask(0o077)  # what is stored is for its owner only
    if is_held(settings.home.server_lock):  # a better answer than "the port is in use"
        raise _already_running(settings.home)
    with ExitStack() as held:
        bound = held.enter_context(_bound_socket(family, place))
        address = f"http://{_spoken_host(place[0])}:{bound.getsockname()[1]}"
        held.enter_context(hold_home(settings.home, address))
        app = create_server(workspace, settings, host=host)
        workspace.ensure_runner()
        bound.listen()
        say = t or translator(languages()[0])
        sys.stdout.write(say("serve.ready", address=address) + "\n")
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(address)
        warming = threading.Timer(WARM_AFTER_SECONDS, workspace.playground.warm)
        warming.daemon = True
        warming.start()
        held.callback(warming.cancel)
        config = uvicorn.Config(
            app,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[bound])


def check_password(password: str | None, address: str) -> None:
    """Make sure that an address which others can reach has a password, and that a password is a real one."""
    if password is None and not ipaddress.ip_address(address).is_loopback:
        raise StudioError("serve.password_needed", host=address, minimum=PASSWORD_LENGTH)
    if password is not None and len(password) < PASSWORD_LENGTH:
        raise StudioError("serve.password_short", length=len(password), minimum=PASSWORD_LENGTH)


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Turn what was asked for into the one address that will be bound: it, not its name, decides who can reach us."""
    if not 0 <= port <= MAX_PORT:
        raise StudioError("serve.port_invalid", port=port, most=MAX_PORT)
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise StudioError("serve.host_unknown", host=host) from error
    return found[0][0], found[0][4]


def host_rule(settings: Settings, host: str) -> HostRule:
    """Give the host names to answer to: this machine's own, the one listened on, and those the owner allows."""
    _, place = resolve(host, 0)
    return HostRule(
        names=LOOPBACK_HOSTS
        | {_bracketed(host.lower()), _bracketed(place[0])}
        | {name.lower() for name in settings.allowed_hosts},
        any_address=not ipaddress.ip_address(place[0]).is_loopback,
    )


def clean_environment(environment: MutableMapping[str, str], home: Home) -> None:
    """Take Gradio's variables away (they can open, share and log things) and set the few that we mean."""
    for name in [name for name in environment if name.startswith("GRADIO_")]:
        del environment[name]
    environment.pop(
        "STUDIO_PASSWORD", None
    )  # it is in the settings; runner and workers need not inherit it
    uploads = home.root / "uploads"
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment.update(
        GRADIO_TEMP_DIR=str(uploads),
        GRADIO_ANALYTICS_ENABLED="False",
        # Gradio summarises its past events after each one, 3 to 12 ms of CPU that a training can use.
        GRADIO_ANALYTICS_CACHE_FREQUENCY="100000",
        GRADIO_ANALYTICS_MAX_EVENTS="100",
        HF_HUB_DISABLE_TELEMETRY="1",
    )


@contextmanager
def hold_home(home: Home, address: str) -> Generator[None]:
    """Be the one server of this home while the block runs, and leave our address for others to read.

    Raises:
        StudioError: `serve.already_running` with the address of the other server.
    """
    lock = FileLock(home.server_lock)
    # A runner that looks whether a server is there holds the lock for an instant; a server holds it for good.
    for _ in range(4):
        if lock.acquire(address):
            break
        time.sleep(0.05)
    else:
        raise _already_running(home)
    try:
        yield
    finally:
        lock.release()


def _already_running(home: Home) -> StudioError:
    address = home.server_lock.read_text(encoding="utf-8")
    return StudioError("serve.already_running", home=str(home.root), address=address)


def _add_routes(server: FastAPI, workspace: Workspace) -> None:
    @server.get("/")
    def to_language(request: Request) -> Response:
        return RedirectResponse(f"/{choose_language(request.headers, languages())}/", 307)

    @server.get("/health")
    def health() -> Response:
        return JSONResponse({"ok": True, "version": __version__})

    @server.get("/favicon.ico")
    def icon() -> Response:
        drawing = files("studio").joinpath("ui", "favicon.svg").read_bytes()
        return Response(drawing, media_type="image/svg+xml")

    @server.get("/files/exports/{job_id}")
    def download(request: Request, job_id: int) -> Response:
        try:
            path = workspace.export_file(job_id)
        except StudioError as error:
            return PlainTextResponse(_translator_of(request.headers).error(error).what, 404)
        return FileResponse(path, filename=path.name, content_disposition_type="attachment")

    @server.get("/files/judgements.csv")
    def judgements() -> Response:
        named = {"Content-Disposition": 'attachment; filename="judgements.csv"'}
        return PlainTextResponse(workspace.judgements.csv(), media_type="text/csv", headers=named)

    @server.get("/files/runs/{run_id}/recipe.yaml")
    def recipe(request: Request, run_id: int) -> Response:
        try:
            text = workspace.runs.recipe_text(run_id)
        except StudioError as error:
            return PlainTextResponse(_translator_of(request.headers).error(error).what, 404)
        named = {"Content-Disposition": f'attachment; filename="recipe-{run_id}.yaml"'}
        return PlainTextResponse(text, media_type="application/yaml", headers=named)


def _translator_of(headers: Headers) -> Translator:
    return translator(choose_language(headers, languages()))


@contextmanager
def _bound_socket(family: socket.AddressFamily, place: tuple[Any, ...]) -> Generator[socket.socket]:
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(place)
        except OSError as error:
            raise StudioError("serve.port_taken", host=place[0], port=place[1]) from error
        yield bound


def _spoken_host(address: str) -> str:
    """Give the host to write into a link: `0.0.0.0` is no place that a browser can go to."""
    return LOOPBACK if ipaddress.ip_address(address).is_unspecified else _bracketed(address)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
