"""The playground: several models answer one question, from one process that holds each of them once."""

import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.domain.column import Column
from studio.domain.passages import Passage
from studio.domain.records import Message, message_to_json
from studio.errors import StudioError
from studio.services.columns import ColumnLibrary
from studio.services.pipes import Conversation, Reply, WorkerPipe

# A waiting page is woken this often, so that Stop and a closed tab act at once.
WAIT_SECONDS = 0.1
# 20 times a second: smooth for the eye, and what a page with sixty turns still keeps up with.
UPDATE_SECONDS = 0.05
COUNTS = ("ahead", "read_bytes", "total_bytes", "read_passages", "total_passages")


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How to choose the next word. Temperature 0 always takes the likeliest, so a difference is the models'."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 200
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What one column is asked: the conversation so far, its last turn the user's."""

    column: Column
    conversation: Sequence[Message]
    options: AskOptions = AskOptions()


@dataclass(slots=True)
class Answer:
    """A column's answer so far. `reason` says why it ended: `end`, `length`, `stopped`, `failed`; None while it grows.

    `ties` are the characters at which chance decided between two equally likely words. `problem` says why it failed.
    `prompt_tokens` is what the model read before it. `passages` are those of documents that it was given with the question;
    None where it has none to read.
    """

    text: str = ""
    tokens: int = 0
    reason: str | None = None
    first_seconds: float | None = None
    seconds: float = 0.0
    ties: tuple[int, ...] = ()
    problem: StudioError | None = None
    prompt_tokens: int = 0
    passages: tuple[Passage, ...] | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """What happens to a question.

    `starting`, `waiting` (`ahead` come first), `loading` (`read_bytes` of `total_bytes`), `loading_adapter`, `preparing`,
    `reading` (`read_passages` of `total_passages`), or `answering` (the `columns` that answer now).
    """

    code: str = "starting"
    ahead: int = 0
    read_bytes: int = 0
    total_bytes: int = 0
    read_passages: int = 0
    total_passages: int = 0
    columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """The answers of all columns as far as they are, and what is happening."""

    answers: list[Answer]
    phase: Phase


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text as a model sees it: how likely it finds it there, and what it finds likeliest."""

    start: int
    end: int
    share: float
    likeliest: str
    likeliest_share: float


@dataclass(slots=True)
class Playground:
    """Asks the chat process on behalf of pages and the command line.

    A visitor has one question at a time: a new one ends the one before.
    """

    columns: ColumnLibrary
    pipe: WorkerPipe
    _open: dict[str, Conversation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def warm(self) -> None:
        """Start the process, so that the first question need not wait for its imports."""
        self.pipe.start()

    def ask(self, asked: Sequence[Asked], visitor: str = "") -> Generator[Progress]:
        """Give the answers of all columns as they grow, the newest text of each; the last one given is final.

        Gives something at least every 0.1 s, so that closing this generator (a Stop, a closed page) stops the models.

        Raises:
            StudioError: `job.unknown`, `model.*`, `chat.*`.
        """
        question = self._send(visitor, "ask", asked, {})
        try:
            yield from follow(question, [Answer() for _ in asked])
        finally:
            self._end(visitor, question)

    def weigh(self, asked: Sequence[Asked], text: str, visitor: str = "") -> list[list[Piece]]:
        """Give for each column how likely it finds every piece of `text` as the answer to its conversation.

        Raises:
            StudioError: `job.unknown`, `model.*`, `chat.*`.
        """
        question = self._send(visitor, "weigh", asked, {"text": text})
        found: list[list[Piece]] = [[] for _ in asked]
        try:
            while not question.is_closed:
                reply = question.read(WAIT_SECONDS) or {}
                if "problem" in reply:
                    raise StudioError.from_dict(reply["problem"])
                if "pieces" in reply:
                    found[reply["column"]] = [Piece(**piece) for piece in reply["pieces"]]
                if "done" in reply:
                    break
            return found
        finally:
            self._end(visitor, question)

    def stop(self, visitor: str) -> None:
        """End what a visitor is waiting for."""
        with self._lock:
            question = self._open.pop(visitor, None)
        if question is not None:
            question.close(is_finished=question.has_ended)

    def _send(
        self, visitor: str, op: str, asked: Sequence[Asked], more: dict[str, Any]
    ) -> Conversation:
        columns = [self._column(one) for one in asked]
        self.stop(visitor)
        question = self.pipe.ask(op=op, visitor=visitor, columns=columns, **more)
        with self._lock:
            self._open[visitor] = question
        return question

    def _column(self, one: Asked) -> dict[str, Any]:
        source = self.columns.source(one.column)
        return {
            "base": str(source.base),
            "tuned": str(source.tuned) if source.tuned else None,
            "documents": str(source.documents) if source.documents else None,
            "embedder": str(source.embedder) if source.embedder else None,
            "conversation": [message_to_json(turn) for turn in one.conversation],
            "options": asdict(one.options),
        }

    def _end(self, visitor: str, question: Conversation) -> None:
        question.close(is_finished=question.has_ended)
        with self._lock:
            if self._open.get(visitor) is question:
                del self._open[visitor]


def follow(question: Conversation, answers: list[Answer]) -> Generator[Progress]:
    """Give the answers as replies come in: what is new every 0.05 s, and something at least every 0.1 s."""
    phase, shown, is_new, is_finished = Phase(), 0.0, False, False
    while not is_finished:
        # What has come is given when its time is there; waiting for what comes next would lose every other update.
        left = shown + UPDATE_SECONDS - time.monotonic() if is_new else WAIT_SECONDS
        reply = question.read(max(0.0, left))
        if reply is not None:
            phase, is_new = read_phase(reply, phase), True
            is_finished = "done" in reply
            if "column" in reply:
                take_in(answers[reply["column"]], reply)
        now = time.monotonic()
        if is_finished or reply is None or now - shown >= UPDATE_SECONDS:
            shown, is_new = now, False
            yield Progress(answers, phase)
        if question.is_closed:
            return


def read_phase(reply: Reply, phase: Phase) -> Phase:
    """Give what happens after a reply."""
    if "phase" not in reply:
        return phase
    values = {name: reply[name] for name in COUNTS if name in reply}
    return Phase(reply["phase"], **values, columns=tuple(reply.get("columns", ())))


def take_in(answer: Answer, reply: Reply) -> None:
    """Put what a column said into its answer."""
    for name in ("text", "tokens", "prompt_tokens", "seconds", "first_seconds"):
        if name in reply:
            setattr(answer, name, reply[name])
    if "passages" in reply:
        answer.passages = tuple(Passage(**passage) for passage in reply["passages"])
    answer.ties = tuple(reply.get("ties", ()))
    answer.reason = reply.get("reason")
    if "problem" in reply:
        answer.problem = StudioError.from_dict(reply["problem"])
