"""The endpoint with the real starter: what programs get is what the playground says."""

import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest
import uvicorn

from studio.domain.column import Column
from studio.domain.records import Message
from studio.services.playground import Asked, AskOptions
from studio.services.workspace import Workspace
from studio.ui.server import create_server
from tests.ui.test_endpoint import until
from tests.ui.test_server import tiny_page

# Loading the libraries and the model takes ten seconds and more.
pytestmark = pytest.mark.slow
QUESTION = "What is a fox?"
ASKED: Any = {"model": "starter", "messages": [{"role": "user", "content": QUESTION}]}


@pytest.fixture
def client(workspace: Workspace) -> Iterator[openai.OpenAI]:
    server = uvicorn.Server(
        uvicorn.Config(
            create_server(workspace, workspace.settings, tiny_page), port=0, log_level="warning"
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{port}/v1", api_key=workspace.api_key.make(), max_retries=0
    ) as opened:
        yield opened
    server.should_exit = True
    thread.join()


def test_programs_get_what_the_playground_says(client: openai.OpenAI, workspace: Workspace) -> None:
    *_, last = workspace.playground.ask(
        [Asked(Column("starter"), [Message("user", QUESTION)], AskOptions(max_new_tokens=6))]
    )
    whole = client.chat.completions.create(**ASKED, max_tokens=6)
    assert whole.choices[0].message.content == last.answers[0].text
    assert whole.choices[0].finish_reason == "length"
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 6
    assert whole.usage.prompt_tokens > 4
    pieces = client.chat.completions.create(**ASKED, max_tokens=6, stream=True)
    assert "".join(p.choices[0].delta.content or "" for p in pieces) == last.answers[0].text
    varied: Any = {**ASKED, "max_tokens": 6, "temperature": 1.2, "seed": 5}
    first, again = (client.chat.completions.create(**varied) for _ in range(2))
    assert first.choices == again.choices

    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="starter", messages=[{"role": "user", "content": "fox " * 3000}], stream=True
        )
    assert caught.value.code == "context_length_exceeded"
