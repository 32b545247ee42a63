"""A request in the form of OpenAI's chat completions: what the studio understands of it, and what it refuses.

Nothing is ignored in silence: whoever asks for three answers or for a function call learns that there is none. What asks for
nothing beyond the usual (`n` = 1, no tools) may stand there, as many programs send it.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.domain.records import Message
from studio.errors import StudioError

# What OpenAI knows and the studio does not have, with the values that ask for nothing.
USUAL: dict[str, tuple[Any, ...]] = {
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": ("none",),
    "functions": ([],),
    "logit_bias": ({},),
    "logprobs": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "n": (1,),
    "parallel_tool_calls": (),
    "prediction": (),
    "presence_penalty": (0,),
    "reasoning_effort": ("none",),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "tool_choice": ("none",),
    "tools": ([],),
    "top_logprobs": (),
    "verbosity": (),
    "web_search_options": (),
}
MOST_STOPS = 4
LONGEST_SHOWN_CHARACTERS = 60
# Not a limit of its own: an answer ends at the latest where the model can read no further.
LONGEST_ANSWER_TOKENS = 1_000_000
INT64 = 2**63

StopText = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """What comes from outside: no unknown names, and no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(Strict):
    """A piece of what somebody says."""

    type: Literal["text"]
    text: str


class Turn(Strict):
    """One turn of the conversation."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def message(self) -> Message:
        """Give the turn in the words of the chat template."""
        said = self.content
        text = said if isinstance(said, str) else "".join(part.text for part in said)
        return Message("system" if self.role == "developer" else self.role, text)


class StreamOptions(Strict):
    """What a streamed answer tells besides its words."""

    include_usage: bool = False
    include_obfuscation: Literal[False] = False


class Wire(Strict):
    """The names that the studio understands."""

    model: str
    messages: list[Turn] = Field(min_length=1)
    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=-INT64, lt=INT64)
    stop: list[StopText] = Field([], max_length=MOST_STOPS)
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What somebody wants to be answered, by whom and how. `seed` is None where every answer may be another."""

    model: str
    messages: tuple[Message, ...]
    temperature: float
    top_p: float
    most_tokens: int
    seed: int | None
    stops: tuple[str, ...]
    is_streamed: bool
    wants_usage: bool


def read_request(body: bytes) -> CompletionRequest:
    """Give the request in a body.

    Raises:
        StudioError: `api.not_json`, `api.unsupported`, `api.unknown_parameter`, `api.missing`, `api.invalid`,
            `api.last_not_user`.
    """
    given = without_nulls(read_object(body))
    for name, usual in USUAL.items():
        if name in given and given.pop(name) not in usual:
            raise StudioError("api.unsupported", parameter=name)
    if isinstance(given.get("stop"), str):
        given["stop"] = [given["stop"]]
    try:
        wire = Wire.model_validate(given)
    except ValidationError as error:
        raise first_mistake(error) from error
    if wire.messages[-1].role != "user":
        raise StudioError("api.last_not_user")
    return CompletionRequest(
        model=wire.model,
        messages=tuple(turn.message() for turn in wire.messages),
        temperature=wire.temperature,
        top_p=wire.top_p,
        most_tokens=wire.max_completion_tokens or wire.max_tokens or LONGEST_ANSWER_TOKENS,
        seed=wire.seed,
        stops=tuple(wire.stop),
        is_streamed=wire.stream,
        wants_usage=wire.stream_options is not None and wire.stream_options.include_usage,
    )


def read_object(body: bytes) -> dict[str, Any]:
    """Give the JSON object in a body.

    Raises:
        StudioError: `api.not_json`.
    """
    try:
        given = json.loads(body)
        # Half of a letter (\ud800) is JSON and no text.
        json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise StudioError("api.not_json") from error
    if not isinstance(given, dict):
        raise StudioError("api.not_json")
    return given


def without_nulls(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, in the turns as well: that is how a program says that it wants nothing there."""
    kept = {name: value for name, value in given.items() if value is not None}
    turns = kept.get("messages")
    if isinstance(turns, list):
        kept["messages"] = [without_nulls(t) if isinstance(t, dict) else t for t in turns]
    return kept


def first_mistake(error: ValidationError) -> StudioError:
    """Give the first thing that does not fit, by the name that the sender gave it."""
    found = error.errors(include_url=False)[0]
    parameter = ".".join(str(part) for part in found["loc"] if is_own_name(part))
    if found["type"] == "missing":
        return StudioError("api.missing", parameter=parameter)
    if found["type"] == "extra_forbidden":
        return StudioError("api.unknown_parameter", parameter=parameter)
    value = json.dumps(found["input"], ensure_ascii=False, default=str)
    return StudioError("api.invalid", parameter=parameter, value=value[:LONGEST_SHOWN_CHARACTERS])


def is_own_name(part: str | int) -> bool:
    """Tell whether a part of a place was named by the sender, and not by the types here (`str`, `list[TextPart]`)."""
    return isinstance(part, int) or part not in ("str", "list[TextPart]")
