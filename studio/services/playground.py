"""The playground: base and tuned answer one question together, from one process with one copy of the weights."""

import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass

from studio.domain.records import Message, message_to_json
from studio.errors import StudioError
from studio.services.jobs import JobQueue
from studio.services.pipes import Conversation, WorkerPipe
from studio.services.runs import RunReader

# A waiting page is woken this often, so that Stop and a closed tab act at once.
WAIT_SECONDS = 0.2
UPDATE_SECONDS = 0.08


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How to choose the next word. Temperature 0 always takes the likeliest, so a difference is the models'."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 200
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One that answers: the base model (`run_id` None) or a tuned one."""

    run_id: int | None
    name: str


@dataclass(slots=True)
class Answer:
    """A column's answer so far. `reason` says why it ended: `end`, `length`, `stopped`; None while it grows."""

    text: str = ""
    tokens: int = 0
    reason: str | None = None
    first_seconds: float | None = None
    seconds: float = 0.0


@dataclass(slots=True)
class Playground:
    """Asks the chat process on behalf of pages and the command line."""

    jobs: JobQueue
    runs: RunReader
    pipe: WorkerPipe

    def warm(self) -> None:
        """Start the process, so that the first question need not wait for its imports."""
        self.pipe.start()

    def phase(self) -> str:
        """Give what the process does: `stopped`, `starting`, `ready`, `loading` or `answering`."""
        return self.pipe.phase

    def columns(self, run_id: int) -> list[Column]:
        """Give who answers for a training: its base model first, then itself."""
        spec = self.runs.spec(run_id)
        return [Column(None, spec["model"]["id"]), Column(run_id, spec["name"])]

    def ask(
        self, run_id: int, conversations: Sequence[Sequence[Message]], options: AskOptions
    ) -> Generator[list[Answer]]:
        """Give the answers of all columns as they grow, the newest text of each; the last one given is final.

        Gives something at least every 0.2 s, so that closing this generator (a Stop, a closed page) stops the models.

        Raises:
            StudioError: `job.unknown`, `chat.*`.
        """
        job = self.jobs.get(run_id)
        tuned = job.folder.tuned if job.kind == "train" else None
        if tuned is None:
            raise StudioError("chat.adapter_missing", run=run_id)
        spec = self.runs.spec(run_id)
        question = self.pipe.ask(
            op="ask",
            path=spec["model"]["path"],
            tuned=[None, str(tuned)],
            conversations=[[message_to_json(turn) for turn in turns] for turns in conversations],
            options=asdict(options),
        )
        yield from follow(question, [Answer() for _ in conversations])


def follow(question: Conversation, answers: list[Answer]) -> Generator[list[Answer]]:
    """Give the answers as replies come in, at most every 0.08 s and at least every 0.2 s."""
    started, shown, is_finished = time.monotonic(), 0.0, False
    try:
        while not is_finished:
            reply = question.read(WAIT_SECONDS)
            now = time.monotonic()
            if reply is not None and reply.get("phase") == "answering":
                started = now
            if reply is not None and "column" in reply:
                answer = answers[reply["column"]]
                answer.text, answer.tokens, answer.reason = (
                    reply["text"],
                    reply["tokens"],
                    reply.get("reason"),
                )
                answer.seconds = now - started
                answer.first_seconds = answer.first_seconds or answer.seconds
            is_finished = reply is not None and "done" in reply
            if is_finished or reply is None or now - shown >= UPDATE_SECONDS:
                shown = now
                yield answers
    finally:
        question.close(is_finished=is_finished)
