"""One answer for another program: the playground's own, ended where the program said, and told so that it only grows."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from studio.errors import StudioError
from studio.services.playground import Asked, Playground

# What the first bytes of a letter look like before the others have come.
UNFINISHED = "\ufffd"


@dataclass(frozen=True, slots=True)
class Said:
    """What can be told of an answer so far; `reason` (`stop` or `length`) says why it ended, None while it grows."""

    text: str
    tokens: int
    prompt_tokens: int
    reason: str | None


def complete(
    playground: Playground, asked: Asked, stops: Sequence[str], visitor: str
) -> Generator[Said]:
    """Give an answer as it grows, at least every 0.1 s; the last one given is final. Closing it stops the model.

    The answer ends before the first of `stops` that it comes to. What may become one of them is told only when it did not.

    Raises:
        StudioError: `job.unknown`, `model.*`, `chat.*`.
    """
    steps = playground.ask([asked], visitor)
    try:
        for step in steps:
            answer = step.answers[0]
            if answer.problem is not None:
                raise answer.problem
            end = find_stop(answer.text, stops)
            if end is not None:
                steps.close()  # the model stops before the program has read what it said
                yield Said(answer.text[:end], answer.tokens, answer.prompt_tokens, "stop")
                return
            if answer.reason is None:
                text = settled(answer.text, stops)
                yield Said(text, answer.tokens, answer.prompt_tokens, None)
            else:
                reason = "length" if answer.reason == "length" else "stop"
                yield Said(answer.text, answer.tokens, answer.prompt_tokens, reason)
                return
    finally:
        steps.close()
    raise StudioError("chat.died")


def find_stop(text: str, stops: Sequence[str]) -> int | None:
    """Give where the first of `stops` begins, or None."""
    return min((at for stop in stops if (at := text.find(stop)) >= 0), default=None)


def settled(text: str, stops: Sequence[str]) -> str:
    """Give the part of a growing text that will stay: without half a letter or the beginning of a stop at its end."""
    text = text.rstrip(UNFINISHED)
    begun = (
        length
        for stop in stops
        for length in range(1, min(len(stop), len(text) + 1))
        if text.endswith(stop[:length])
    )
    return text[: len(text) - max(begun, default=0)]
