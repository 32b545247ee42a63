"""The door by itself: attempts, sessions and what stays open."""

import re

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from studio.i18n import translator
from studio.ui.login import (
    ALLOWED_FAILURES,
    LOCK_SECONDS,
    MAX_FORM_BYTES,
    MAX_REMEMBERED,
    SESSION_SECONDS,
    Attempts,
    LoginGate,
    Sessions,
    login_page,
)

PASSWORD = "correct horse battery"  # noqa: S105 - of the test


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def gate(clock: Clock) -> TestClient:
    app = LoginGate(PlainTextResponse("inside"), PASSWORD, lambda _headers: translator("en"), clock)
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def sign_in(client: TestClient, password: str, **headers: str) -> int:
    return client.post("/login", data={"password": password}, headers=headers).status_code


def test_a_page_leads_to_the_login_and_everything_else_is_401() -> None:
    client = gate(Clock())
    page = client.get("/en/", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert client.get("/en/config").status_code == 401
    assert (
        client.post("/en/gradio_api/queue/join", headers={"Accept": "text/html"}).status_code == 401
    )
    assert client.get("/login").status_code == 200
    assert client.get("/health").text == "inside"


def test_the_right_password_opens_and_the_cookie_is_closed_to_scripts_and_other_sites() -> None:
    client = gate(Clock())
    answer = client.post("/login", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert client.get("/en/config").text == "inside"


def test_behind_tls_the_cookie_never_travels_in_clear() -> None:
    answer = gate(Clock()).post(
        "/login", data={"password": PASSWORD}, headers={"Origin": "https://studio.lan"}
    )
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "given", ["", "correct horse batter", PASSWORD + " ", "\udcff", "x" * 3000]
)
def test_any_other_password_stays_outside(given: str) -> None:
    client = gate(Clock())
    data = f"password={given}".encode("utf-8", "surrogatepass")
    answer = client.post("/login", content=data)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert client.get("/en/config").status_code == 401


def test_a_form_that_is_too_long_is_not_read() -> None:
    assert gate(Clock()).post("/login", content=b"x" * (MAX_FORM_BYTES + 1)).status_code == 401


def test_after_ten_wrong_passwords_the_door_waits_and_then_opens_again() -> None:
    clock = Clock()
    client = gate(clock)
    assert {sign_in(client, "wrong") for _ in range(ALLOWED_FAILURES)} == {401}
    locked = client.post("/login", data={"password": PASSWORD})
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) >= 1
    clock.now += LOCK_SECONDS + 1
    assert sign_in(client, PASSWORD) == 303


def test_a_guess_after_the_wait_locks_again_at_once() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(ALLOWED_FAILURES):
        attempts.begin("1.2.3.4")
    clock.now += LOCK_SECONDS + 1
    assert attempts.begin("1.2.3.4") == 0
    assert attempts.begin("1.2.3.4") > 0
    assert attempts.begin("5.6.7.8") == 0


def test_many_addresses_do_not_fill_the_memory() -> None:
    attempts = Attempts(Clock())
    for number in range(MAX_REMEMBERED + 50):
        attempts.begin(str(number))
    assert len(attempts._failures) == MAX_REMEMBERED


def test_a_session_ends_when_it_is_not_used() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    token = sessions.open()
    clock.now += SESSION_SECONDS - 1
    assert sessions.is_open(token)
    clock.now += SESSION_SECONDS + 1
    assert not sessions.is_open(token)
    assert not sessions.is_open("guessed")
    assert not sessions.is_open(None)


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_login_page_speaks_the_visitors_language_and_loads_nothing(lang: str) -> None:
    t = translator(lang)
    page = login_page(t, "<b>wrong</b>")
    assert f'<html lang="{lang}">' in page
    assert t("login.submit") in page
    assert "<b>" not in page
    assert not re.search(r"https?:|url\(|@import", page)
