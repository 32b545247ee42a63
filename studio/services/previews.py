"""What a model would see of an example, from its own tokenizer in a small process of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from studio.domain.records import Row, row_to_json
from studio.errors import StudioError
from studio.services.models import ModelLibrary
from studio.services.pipes import Reply, WorkerPipe

ANSWER_SECONDS = 30.0
# A busy machine takes its time to start the process.
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A piece of the filled template: learned by the model, only read, or cut off.

    `is_end` marks what closes an answer, `cuts` are the places inside where another token begins. A `break` without text
    stands between two sequences of one example.
    """

    text: str
    kind: Literal["learned", "read", "cut", "break"]
    is_end: bool = False
    cuts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """An example as the model sees it. `tokens`, `learned` and `cut` count tokens, `chunks` what the trainer gets."""

    spans: tuple[TokenSpan, ...]
    tokens: int
    learned: int
    cut: int
    chunks: int
    is_shortened: bool
    """The text is longer than what is shown."""
    own_template: bool
    """The model has no template; it gets ours."""
    tools_as_text: bool | None
    """The model's template knows no tools, so they are told as text; None: the example has none."""


@dataclass(slots=True)
class Previews:
    """Asks the preview process."""

    models: ModelLibrary
    pipe: WorkerPipe

    def preview(
        self,
        model_id: str,
        row: Row,
        limit: int | None = None,
        too_long: Literal["drop", "cut", "split"] = "drop",
        overlap: int = 0,
    ) -> Preview:
        """Give the filled template with what is learned, read and cut off at `limit` tokens.

        Raises:
            StudioError: `model.*`.
        """
        reply = last_reply(
            self.pipe,
            op="preview",
            path=str(self.models.get(model_id).path),
            row=row_to_json(row),
            limit=limit,
            too_long=too_long,
            overlap=overlap,
        )
        del reply["id"], reply["is_last"]
        spans = tuple(
            TokenSpan(text, kind, is_end, tuple(cuts))
            for text, kind, is_end, cuts in reply.pop("spans")
        )
        return Preview(spans, **reply)


def last_reply(pipe: WorkerPipe, **request: Any) -> Reply:
    """Ask the preview process and give its last reply; see `replies`."""
    *_, last = replies(pipe, **request)
    return last


def replies(pipe: WorkerPipe, **request: Any) -> Iterator[Reply]:
    """Ask the preview process and give its replies to the last.

    Raises:
        StudioError: what it answered, or `model.template_fails` where it did not.
    """
    question, is_finished = None, False
    try:
        question = pipe.ask(**request)
        while not is_finished:
            limit = ANSWER_SECONDS if pipe.phase == "ready" else START_SECONDS
            reply = question.read(limit)
            if reply is None:
                reason = f"no answer in {limit:.0f} seconds"
                raise StudioError("model.template_fails", reason=reason)
            is_finished = "is_last" in reply
            yield reply
    except StudioError as error:
        is_finished = True
        if error.code != "chat.died":
            raise
        # A template that eats all the memory it may have takes the process with it; the next one starts anew.
        raise StudioError("model.template_fails", reason="the process ended") from error
    finally:
        if question is not None:
            question.close(is_finished=is_finished)
