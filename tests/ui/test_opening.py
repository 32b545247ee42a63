"""What is decided before a socket opens: the environment, the address, the password, and whether a server is there."""

import socket
from pathlib import Path
from typing import cast

import pytest

from studio.errors import StudioError
from studio.services.workspace import Workspace
from studio.settings import Home, Settings
from studio.ui.server import check_password, clean_environment, hold_home, resolve, serve

PASSWORD = "correct horse battery"  # noqa: S105 - of the test


def test_gradios_variables_do_not_decide(tmp_path: Path) -> None:
    environment = {
        "GRADIO_SHARE": "True",
        "GRADIO_ALLOWED_PATHS": "/",
        "STUDIO_PASSWORD": "secret",
        "HOME": "/h",
    }
    clean_environment(environment, Home(tmp_path))
    assert "GRADIO_SHARE" not in environment
    assert "GRADIO_ALLOWED_PATHS" not in environment
    assert "STUDIO_PASSWORD" not in environment
    assert environment["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert environment["HOME"] == "/h"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_alone_needs_no_password(host: str) -> None:
    check_password(None, resolve(host, 0)[1][0])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.7", "2001:db8::1", "0"])  # noqa: S104 - refused
def test_a_reachable_address_needs_a_password_before_anything_listens(
    host: str, home: Home
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = Settings(home=home)
    with pytest.raises(StudioError) as caught:
        serve(cast(Workspace, None), settings, host, port, open_browser=False)
    assert caught.value.code == "serve.password_needed"
    with socket.socket() as visitor:
        assert visitor.connect_ex(("127.0.0.1", port)) != 0


def test_a_short_password_is_none() -> None:
    with pytest.raises(StudioError) as caught:
        check_password("short", "0.0.0.0")  # noqa: S104 - not bound
    assert caught.value.code == "serve.password_short"
    check_password(PASSWORD, "0.0.0.0")  # noqa: S104 - not bound


def test_an_unknown_host_and_an_impossible_or_taken_port_are_named(home: Home) -> None:
    settings = Settings(home=home)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for host, at, code in (
            ("no-such-host.invalid", 0, "serve.host_unknown"),
            ("127.0.0.1", port, "serve.port_taken"),
            ("127.0.0.1", 70_000, "serve.port_invalid"),
        ):
            with pytest.raises(StudioError) as caught:
                serve(cast(Workspace, None), settings, host, at, open_browser=False)
            assert caught.value.code == code


def test_a_home_has_one_server_and_tells_where_it_is(home: Home) -> None:
    with hold_home(home.create(), "http://127.0.0.1:7860"):
        with pytest.raises(StudioError) as caught:
            serve(cast(Workspace, None), Settings(home=home), "127.0.0.1", 0, open_browser=False)
        assert caught.value.code == "serve.already_running"
        assert caught.value.values["address"] == "http://127.0.0.1:7860"
