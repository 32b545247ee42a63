"""Answers as they grow, one line of JSON at a time, straight to the script that draws them.

Not through Gradio's events: with each step of one, Gradio (6.31) looks for every component that ever was an output among all
of the page and copies its values, which took the browser 60 ms a step, and more with every panel.
"""

import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from studio.services.deliveries import Deliveries, Steps

# Each step waits in a thread of its own, and so do visitors whose turn has not come.
MOST_STREAMS = 100


def add_streaming(server: FastAPI, deliveries: Deliveries) -> None:
    """Let pages fetch the answers that were left for them."""
    threads = anyio.CapacityLimiter(MOST_STREAMS)

    @server.get("/answers/{key}")
    async def answers(key: str) -> Response:
        steps = deliveries.fetch(key)
        if steps is None:
            return PlainTextResponse("", 404)
        # A server in front must not collect the lines first.
        headers = {"X-Accel-Buffering": "no"}
        lines = write_lines(steps, threads)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


async def write_lines(steps: Steps, threads: anyio.CapacityLimiter) -> AsyncGenerator[str]:
    """Give each step as a line; where nobody reads any more, the steps are closed."""
    try:
        while (step := await run_sync(next, steps, None, limiter=threads)) is not None:
            yield encode(step)
    finally:
        steps.close()


def encode(step: dict[str, Any]) -> str:
    """Give a step as one line of JSON."""
    return json.dumps(step, ensure_ascii=False) + "\n"
