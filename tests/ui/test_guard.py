"""The wall by itself, around an application that answers 200 to everything."""

import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from studio.i18n import translator
from studio.ui.guard import (
    EVENT_LIMIT_BYTES,
    LOOPBACK_HOSTS,
    SECURITY_HEADERS,
    UPLOAD_LIMIT_BYTES,
    Guard,
    HostRule,
)
from studio.ui.visitor import choose_language

OUR_HOST = "127.0.0.1:7860"
LANGUAGES = ("en", "zh-CN")
PAGE_TO_PAGE = {
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "sec-fetch-site": "cross-site",
}


def client(rule: HostRule | None = None, free_bytes: int = 2**40) -> TestClient:
    answer = PlainTextResponse(
        "open", headers={"Access-Control-Allow-Origin": "http://evil.example"}
    )
    rule = rule or HostRule(LOOPBACK_HOSTS)
    guard = Guard(answer, rule, LANGUAGES, lambda _headers: translator("en"), lambda: free_bytes)
    return TestClient(guard, base_url=f"http://{OUR_HOST}")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:7860", 200),
        ("LOCALHOST", 200),
        ("[::1]:7860", 200),
        ("attacker.example", 400),
        ("127.0.0.1.attacker.example", 400),
        ("attacker.example@127.0.0.1", 400),
        ("127.0.0.1@attacker.example", 400),
        ("127.0.0.1/attacker.example", 400),
        ("192.168.1.5", 400),
        ("", 400),
    ],
)
def test_only_this_machines_names_are_answered(host: str, status: int) -> None:
    assert client().get("/health", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("192.168.1.5:7860", 200), ("[fe80::1]:80", 200), ("studio.lan", 200), ("other.lan", 400)],
)
def test_a_server_on_the_network_answers_addresses_and_allowed_names(
    host: str, status: int
) -> None:
    rule = HostRule(LOOPBACK_HOSTS | {"studio.lan"}, any_address=True)
    assert client(rule).get("/health", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"Origin": f"http://{OUR_HOST}", "sec-fetch-site": "same-origin"}, 200),
        ({"Origin": f"https://{OUR_HOST}"}, 200),  # a proxy adds TLS
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"file://{OUR_HOST}"}, 403),
        ({"Origin": "http://[broken"}, 403),
        ({"Origin": "http://127.0.0.1:9000"}, 403),  # another program of this machine
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_our_own_page_may_ask(method: str, headers: dict[str, str], status: int) -> None:
    path = "/en/gradio_api/queue/join" if method == "POST" else "/en/gradio_api/queue/data"
    assert client().request(method, path, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/en/", 200), ("/zh-CN", 200), ("/en/config", 403), ("/files/exports/1", 403)],
)
def test_a_link_from_elsewhere_opens_a_page_but_no_data(path: str, status: int) -> None:
    assert client().get(path, headers=PAGE_TO_PAGE).status_code == status
    in_a_frame = PAGE_TO_PAGE | {"sec-fetch-dest": "iframe"}
    assert client().get(path, headers=in_a_frame).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "monitoring",
        "gradio_api/info",
        "gradio_api/vibe-edit",
        "gradio_api/proxy=http://x",
        "login",
        "gradio_api/x",
    ],
)
def test_what_the_page_does_not_need_is_not_there(path: str) -> None:
    assert client().get(f"/en/{path}").status_code == 404


def test_other_methods_are_refused() -> None:
    assert {
        client().request(m, "/en/").status_code for m in ("PUT", "DELETE", "OPTIONS", "PATCH")
    } == {405}


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/en/gradio_api/upload", UPLOAD_LIMIT_BYTES, 200),
        ("/en/gradio_api/upload", UPLOAD_LIMIT_BYTES + 1, 413),
        ("/en/gradio_api/queue/join", EVENT_LIMIT_BYTES + 1, 413),
        ("/login", EVENT_LIMIT_BYTES + 1, 413),
        ("/en/gradio_api/upload", -1, 411),
    ],
)
def test_a_body_is_refused_by_its_length_before_it_is_read(
    path: str, length: int, status: int
) -> None:
    assert client().post(path, headers={"Content-Length": str(length)}).status_code == status


def test_an_upload_without_room_is_refused_before_it_is_read() -> None:
    path, room = "/en/gradio_api/upload", 3 * 2**20
    answer = client(free_bytes=room).post(path, headers={"Content-Length": str(room + 1)})
    assert answer.status_code == 507
    assert "needs 4 MiB and 3 MiB are free" in answer.text
    assert client(free_bytes=room).post(path, headers={"Content-Length": str(room)}).is_success
    # What asks for no room on the disk goes on.
    assert client(free_bytes=0).post("/login", headers={"Content-Length": "10"}).is_success


def test_a_body_of_unknown_length_is_refused() -> None:
    chunks = (b"x" for _ in range(3))
    assert client().post("/en/gradio_api/upload", content=chunks).status_code == 411


def test_every_answer_carries_the_security_headers_and_no_cors() -> None:
    for status, headers in ((200, {}), (403, {"Origin": "http://evil.example"})):
        answer = client().get("/en/", headers=headers)
        assert answer.status_code == status
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_assets_may_be_kept_by_the_browser() -> None:
    assert "cache-control" not in client().get("/en/assets/index.js").headers


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN"),
        ({"accept-language": "zh"}, "zh-CN"),
        ({"accept-language": "zh-TW;q=0.5, en-GB"}, "en"),
        ({"accept-language": "de, fr;q=oops"}, "en"),
        ({"accept-language": "en", "cookie": "lang=zh-CN"}, "zh-CN"),
        ({"accept-language": "zh-CN", "cookie": "lang=xx; other=1"}, "zh-CN"),
    ],
)
def test_the_language_is_the_chosen_one_then_the_browsers(
    headers: dict[str, str], language: str
) -> None:
    assert choose_language(Headers(headers), LANGUAGES) == language
