"""Answers as lines, as they grow, for as long as somebody reads them."""

import asyncio
import json
from collections.abc import Generator
from typing import Any

import anyio
from fastapi import FastAPI
from starlette.testclient import TestClient

from studio.services.deliveries import Deliveries
from studio.ui.streaming import add_streaming, write_lines

NASTY = "<script>alert(1)</script>\n${x}"


def test_an_answer_comes_as_one_line_for_each_step_and_only_once() -> None:
    def steps() -> Generator[dict[str, Any]]:
        yield {"text": NASTY}
        yield {"text": "两"}

    server, deliveries = FastAPI(), Deliveries()
    add_streaming(server, deliveries)
    client = TestClient(server)
    key = deliveries.leave(steps)
    answer = client.get(f"/answers/{key}")
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"text": NASTY},
        {"text": "两"},
    ]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert client.get(f"/answers/{key}").status_code == 404


def test_where_nobody_reads_any_more_the_answer_is_closed() -> None:
    closed: list[bool] = []

    def steps() -> Generator[dict[str, Any]]:
        try:
            while True:
                yield {"text": "more"}
        finally:
            closed.append(True)

    async def read_one() -> None:
        lines = write_lines(steps(), anyio.CapacityLimiter(1))
        await anext(lines)
        await lines.aclose()

    asyncio.run(read_one())
    assert closed == [True]
