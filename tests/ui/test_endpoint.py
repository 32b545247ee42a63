"""The models for other programs: the official `openai` client, unchanged, against a server of our own."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2
import openai
import pytest
import uvicorn

from studio.services.workspace import Workspace
from studio.settings import Settings
from studio.ui import endpoint
from studio.ui.server import create_server
from tests.ui.conftest import FakePlayground, fake_workspace
from tests.ui.test_server import tiny_page

PASSWORD = "correct horse battery"  # noqa: S105 - of the test
ASKED: Any = {"model": "starter", "messages": [{"role": "user", "content": "one two three"}]}
SAID = "You asked: one two three"


@dataclass
class Served:
    """A server with a key, and the client of a program that has it."""

    address: str
    key: str
    workspace: Workspace
    client: openai.OpenAI
    plain: httpx2.Client

    @property
    def playground(self) -> FakePlayground:
        return cast(FakePlayground, self.workspace.playground)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.plain.get(path, headers=headers)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, brought_samples: Path) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("api") / "home"
    shutil.copytree(brought_samples, home / "datasets")
    workspace = fake_workspace(home)
    settings = Settings(home=workspace.settings.home, password=PASSWORD)
    config = uvicorn.Config(create_server(workspace, settings, tiny_page), log_level="warning")
    config.port = 0
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    key = workspace.api_key.make()
    with (
        openai.OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0) as client,
        httpx2.Client(base_url=address) as plain,
    ):
        yield Served(address, key, workspace, client, plain)
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def quick(served: Served) -> None:
    served.playground.seconds_per_word = 0.0
    served.playground.is_closed = False


def until(is_true: Callable[[], bool], seconds: float = 10.0) -> float:
    """Wait for something and give how long it took."""
    started = time.monotonic()
    while not is_true():
        assert time.monotonic() - started < seconds
        time.sleep(0.005)
    return time.monotonic() - started


def test_an_answer_comes_whole(served: Served) -> None:
    answer = served.client.chat.completions.create(**ASKED)
    assert answer.object == "chat.completion"
    assert answer.model == "starter"
    assert abs(answer.created - time.time()) < 60
    (choice,) = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", SAID)
    assert choice.finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.completion_tokens, answer.usage.total_tokens) == (5, 5 + 7)


def test_an_answer_comes_in_pieces(served: Served) -> None:
    pieces = list(served.client.chat.completions.create(**ASKED, stream=True))
    assert pieces[0].choices[0].delta.role == "assistant"
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == SAID
    assert len(pieces) == 1 + 5 + 1
    assert [p.choices[0].finish_reason for p in pieces] == [None] * 6 + ["stop"]
    assert len({piece.id for piece in pieces}) == 1
    assert all(piece.usage is None for piece in pieces)


def test_the_last_piece_tells_how_much_was_said_where_that_was_asked(served: Served) -> None:
    *pieces, last = served.client.chat.completions.create(
        **ASKED, stream=True, stream_options={"include_usage": True}
    )
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (7, 5)
    assert all("usage" in piece.model_fields_set and piece.usage is None for piece in pieces)


def test_an_answer_ends_before_a_stop(served: Served) -> None:
    answer = served.client.chat.completions.create(**ASKED, stop=" two")
    assert answer.choices[0].message.content == "You asked: one"
    assert served.playground.is_closed


def test_settings_reach_the_models(served: Served) -> None:
    served.client.chat.completions.create(
        **ASKED, temperature=0.7, top_p=0.9, max_tokens=5, seed=11
    )
    options = served.playground.asked[0].options
    assert (options.temperature, options.top_p) == (0.7, 0.9)
    assert (options.max_new_tokens, options.seed) == (5, 11)
    served.client.chat.completions.create(**ASKED)
    first = served.playground.asked[0].options
    served.client.chat.completions.create(**ASKED)
    assert first.temperature == 0
    assert served.playground.asked[0].options.seed != first.seed


def test_a_conversation_goes_on_with_the_answer_that_came(served: Served) -> None:
    first = served.client.chat.completions.create(**ASKED).choices[0].message
    turns: Any = [*ASKED["messages"], first, {"role": "user", "content": "and then?"}]
    second = served.client.chat.completions.create(model="starter", messages=turns)
    assert second.choices[0].message.content == "You asked: and then?"
    assert [turn.role for turn in served.playground.asked[0].conversation] == [
        "user", "assistant", "user",
    ]  # fmt: skip


def test_the_models_are_listed_by_their_names(served: Served) -> None:
    assert [model.id for model in served.client.models.list()] == ["starter"]
    assert served.client.models.retrieve("starter").owned_by == "tuning-studio"
    with pytest.raises(openai.NotFoundError):
        served.client.models.retrieve("nobody/knows-it")


@pytest.mark.parametrize(
    ("more", "raised", "code"),
    [
        ({"model": "none"}, openai.NotFoundError, "model_not_found"),
        ({"model": "7"}, openai.NotFoundError, "model_not_found"),
        ({"model": "../../etc"}, openai.NotFoundError, "model_not_found"),
        ({"n": 2}, openai.BadRequestError, "unsupported_parameter"),
        ({"temperature": 9}, openai.BadRequestError, "api.invalid"),
        ({"extra_body": {"best_of": 2}}, openai.BadRequestError, "unknown_parameter"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_client(
    served: Served, more: dict[str, Any], raised: type[openai.APIStatusError], code: str
) -> None:
    for is_streamed in (False, True):
        with pytest.raises(raised) as caught:
            served.client.chat.completions.create(**{**ASKED, **more}, stream=is_streamed)
        assert caught.value.code == code
        assert caught.value.type == "invalid_request_error"


def test_the_key_and_only_the_key_opens_v1_and_only_v1(served: Served) -> None:
    bearer = {"Authorization": f"Bearer {served.key}"}
    assert served.get("/v1/models", **bearer).status_code == 200
    for path in ("/v1/models", "/v1/models/starter", "/v1/x", "/v1/", "/v1/../en/config"):
        assert served.get(path).status_code == 401, path
        assert served.get(path, Authorization="Bearer no").status_code == 401, path
        assert served.get(path, Authorization=f"Basic {served.key}").status_code == 401, path
    for path in ("/", "/en/config", "/v1", "/v1x/models", "/files/exports/1"):
        assert served.get(path, **bearer).status_code == 401, path
    assert served.get("/v1/%2e%2e/en/config", **bearer).status_code == 404
    refused = served.get("/v1/models").json()["error"]
    assert refused["code"] == "invalid_api_key"


def test_a_session_without_the_key_opens_nothing_below_v1(served: Served) -> None:
    assert served.plain.post("/login", data={"password": PASSWORD}).status_code == 303
    assert served.get("/en/config").status_code == 200
    assert served.get("/v1/models").status_code == 401
    served.plain.cookies.clear()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"Host": "attacker.example"}, 400),
    ],
)
def test_the_wall_stands_in_front_of_the_key_and_speaks_the_clients_form(
    served: Served, headers: dict[str, str], status: int
) -> None:
    answer = served.get("/v1/models", Authorization=f"Bearer {served.key}", **headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers
    assert answer.json()["error"]["message"]


def test_a_client_that_goes_away_ends_the_answer(served: Served) -> None:
    served.playground.seconds_per_word = 0.05
    long: Any = {"model": "starter", "messages": [{"role": "user", "content": "word " * 200}]}
    stream = served.client.chat.completions.create(**long, stream=True)
    next(iter(stream))
    stream.close()
    assert until(lambda: served.playground.is_closed) < 0.3


def test_a_client_that_no_longer_waits_for_the_whole_ends_the_answer(served: Served) -> None:
    served.playground.seconds_per_word = 0.05
    long: Any = {"model": "starter", "messages": [{"role": "user", "content": "word " * 200}]}
    with pytest.raises(openai.APITimeoutError):
        served.client.with_options(timeout=0.3).chat.completions.create(**long)
    assert until(lambda: served.playground.is_closed) < 0.3
    assert served.client.chat.completions.create(**ASKED, timeout=10).choices


def test_questions_wait_for_one_another_and_too_many_are_sent_away(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "MOST_WAITING", 1)
    served.playground.seconds_per_word = 0.05
    first = served.client.chat.completions.create(**ASKED, stream=True)
    with pytest.raises(openai.RateLimitError) as caught:
        served.client.chat.completions.create(**ASKED)
    assert caught.value.code == "rate_limit_exceeded"
    monkeypatch.setattr(endpoint, "MOST_WAITING", 2)
    second = served.client.chat.completions.create(**ASKED)
    assert second.choices[0].message.content == SAID
    assert len(list(first)) == 7


def test_without_a_key_there_is_nothing(served: Served) -> None:
    served.workspace.api_key.remove()
    with pytest.raises(openai.NotFoundError, match="no key for other programs"):
        served.client.models.list()
    served.key = served.workspace.api_key.make()
    with pytest.raises(openai.AuthenticationError):
        served.client.models.list()
    served.client.api_key = served.key
    assert [*served.client.models.list()]
