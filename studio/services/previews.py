"""What a model would see of an example, from its own tokenizer in a small process of its own."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from studio.domain.records import Message
from studio.errors import StudioError
from studio.services.models import ModelLibrary
from studio.services.pipes import WorkerPipe

ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A piece of the filled template, learned by the model or only read."""

    text: str
    kind: Literal["learned", "read"]


@dataclass(frozen=True, slots=True)
class Preview:
    """An example as the model sees it; the two numbers count tokens."""

    spans: tuple[TokenSpan, ...]
    tokens: int
    learned: int


@dataclass(slots=True)
class Previews:
    """Asks the preview process."""

    models: ModelLibrary
    pipe: WorkerPipe

    def preview(self, model_id: str, messages: Sequence[Message]) -> Preview:
        """Give the filled template with the learned parts marked.

        Raises:
            StudioError: `model.*`, or `chat.died` / `model.template_fails` where the process did not answer.
        """
        path = self.models.get(model_id).path
        try:
            question = self.pipe.ask(path=str(path), messages=[asdict(m) for m in messages])
            reply = question.read(ANSWER_SECONDS)
            question.close(is_finished=True)
        except StudioError as error:
            if error.code != "chat.died":
                raise
            # A template that eats all the memory it may have takes the process with it; the next one starts anew.
            raise StudioError("model.template_fails", reason="the process ended") from error
        if reply is None:
            raise StudioError(
                "model.template_fails", reason=f"no answer in {ANSWER_SECONDS:.0f} seconds"
            )
        spans = tuple(
            TokenSpan(text, "learned" if is_learned else "read")
            for text, is_learned in reply["spans"]
        )
        return Preview(spans, reply["tokens"], reply["learned"])
