"""Answers in the form of OpenAI's chat completions: whole, in pieces, and refused.

Source: https://platform.openai.com/docs/api-reference/chat/object and …/chat/streaming
"""

from dataclasses import dataclass
from typing import Any

SERVER_ERRORS = 500
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every piece of one answer says of it: its own name, when it was asked (seconds since 1970), and the model's name."""

    id: str
    created: int
    model: str

    def whole(self, text: str, reason: str, usage: dict[str, int]) -> dict[str, Any]:
        """Give the complete answer."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage}

    def piece(self, delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
        """Give a piece of a streamed answer."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def last(self, usage: dict[str, int]) -> dict[str, Any]:
        """Give the piece behind the last one, which tells how much was read and written."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def usage_of(prompt_tokens: int, tokens: int) -> dict[str, int]:
    """Give how much was read and written."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": tokens,
        "total_tokens": prompt_tokens + tokens,
    }


def error_body(
    message: str, status: int, code: str | None = None, parameter: str | None = None
) -> dict[str, Any]:
    """Give a refusal."""
    kind = "server_error" if status >= SERVER_ERRORS else "invalid_request_error"
    if status == TOO_MANY:
        kind = "rate_limit_error"
    return {"error": {"message": message, "type": kind, "param": parameter, "code": code}}
