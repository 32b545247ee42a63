"""Answer in several columns: those that share their weights together in one batch, the others one after the other."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from studio.errors import StudioError
from studio.worker.finding import Finder, Library
from studio.worker.generating import Asked, Choice, Said, generate
from studio.worker.reading import give_passages, prompt_tokens
from studio.worker.residents import Residents, Tell, Voice
from studio.worker.shared_base import SharedBase
from studio.worker.shared_linear import Stopped
from studio.worker.templates import has_another_template
from studio.worker.weighing import weigh

# A column's text is told at most this often; making text of word pieces again and again costs more than writing them.
TELL_SECONDS = 0.03
# What the first bytes of a letter look like before the others have come.
UNFINISHED = "\ufffd"


@dataclass(slots=True)
class Column:
    """One of several that answer: who, what it is asked, and what it has said so far."""

    place: int
    voice: Voice
    conversation: Sequence[dict[str, Any]]
    choice: Choice
    library: Library | None = None
    prompt_tokens: int = 0
    ids: list[int] = field(default_factory=list)
    ties: list[int] = field(default_factory=list)
    first_seconds: float | None = None
    told_seconds: float = 0.0
    reason: str | None = None

    @classmethod
    def from_json(cls, place: int, stored: dict[str, Any]) -> "Column":
        """Give a column of a request."""
        tuned = stored["tuned"]
        voice = Voice(Path(stored["base"]), Path(tuned) if tuned else None)
        embedder = Path(stored["embedder"]) if stored["embedder"] else None
        library = Library(Path(stored["documents"]), embedder) if stored["documents"] else None
        choice = Choice(**stored["options"])
        return cls(place, voice, stored["conversation"], choice, library)

    @property
    def adapter(self) -> str | None:
        """Give the name of its adapter in the batch."""
        return str(self.voice.adapter) if self.voice.adapter else None

    def hear(self, said: Said, now: float, stop_ids: Sequence[int], limit: int) -> None:
        """Take in the next token, `now` seconds after the answer began."""
        if self.first_seconds is None:
            self.first_seconds = now
        if said.is_tie:
            self.ties.append(len(self.ids))
        if said.token in stop_ids:
            self.reason = "end"
            return
        self.ids.append(said.token)
        if len(self.ids) >= limit:
            self.reason = "length"

    def update(self, tokenizer: PreTrainedTokenizerBase, now: float) -> dict[str, Any]:
        """Give what the column has said so far."""

        def text_of(ids: list[int]) -> str:
            return str(tokenizer.decode(ids, skip_special_tokens=True)).removesuffix(UNFINISHED)

        told: dict[str, Any] = {
            "column": self.place,
            "text": text_of(self.ids),
            "tokens": len(self.ids),
            "prompt_tokens": self.prompt_tokens,
            "seconds": now,
            "first_seconds": self.first_seconds,
        }
        if self.reason is None:
            return told
        return {
            **told,
            "reason": self.reason,
            "ties": [len(text_of(self.ids[:place])) for place in self.ties],
        }


@dataclass(slots=True)
class Answerer:
    """Answers with the models in memory, one question at a time."""

    residents: Residents = field(default_factory=Residents)
    finder: Finder = field(default_factory=Finder)

    def answer(self, columns: Sequence[Column], tell: Tell, is_stopped: Callable[[], bool]) -> None:
        """Answer in all columns, telling each one's whole text whenever it grew, and who answers now.

        What one column cannot do is told with it and keeps no other from answering.
        """
        for together in group(columns, tell):
            try:
                base = self.bring(together, tell, is_stopped)
                able = [column for column in together if self.read(base, column, tell)]
                tell(phase="answering", columns=[column.place for column in able])
                speak(base, able, tell)
            except StudioError as error:
                fail(together, error, tell)
            except Stopped:
                break
        for column in columns:
            if column.reason is None:
                tell(column=column.place, reason="stopped")

    def read(self, base: SharedBase, column: Column, tell: Tell) -> bool:
        """Put passages of its documents before a column's question, and tell them; False where the column failed.

        Raises:
            Stopped: where nobody waits any more.
        """
        if column.library is None:
            return True
        question = str(column.conversation[-1]["content"])
        try:
            found = self.finder.find(column.library, question, base, column.voice.weights, tell)
        except StudioError as error:
            fail([column], error, tell)
            return False
        column.conversation, given = give_passages(base, column.conversation, found, column.choice)
        tell(column=column.place, passages=[asdict(passage) for passage in given])
        return True

    def weigh(
        self,
        columns: Sequence[Column],
        text: str,
        tell: Tell,
        is_stopped: Callable[[], bool],
    ) -> None:
        """Tell for each column how likely it finds every piece of `text` as the answer to its conversation."""
        for together in group(columns, tell):
            try:
                base = self.bring(together, tell, is_stopped)
                adapters = [column.adapter for column in together]
                prompt = prompt_tokens(base, together[0].conversation)
                found = weigh(base, prompt, text, adapters)
            except StudioError as error:
                fail(together, error, tell)
            except Stopped:
                return
            else:
                for column, pieces in zip(together, found, strict=True):
                    tell(column=column.place, pieces=[asdict(piece) for piece in pieces])

    def bring(
        self, together: Sequence[Column], tell: Tell, is_stopped: Callable[[], bool]
    ) -> SharedBase:
        """Give the model of columns that share their weights; it stops when `is_stopped` says so.

        Raises:
            StudioError: see `Residents.bring`.
            Stopped: where nobody waits any more.
        """
        if is_stopped():
            raise Stopped
        base = self.residents.bring([column.voice for column in together], tell, is_stopped)
        base.seats.is_stopped = is_stopped
        return base


def group(columns: Sequence[Column], tell: Tell) -> list[list[Column]]:
    """Give the columns that share their weights, in the order of the columns; one without weights is told as failed."""
    by_weights: dict[Path, list[Column]] = {}
    for column in columns:
        try:
            by_weights.setdefault(column.voice.weights, []).append(column)
        except StudioError as error:
            fail([column], error, tell)
    return list(by_weights.values())


def fail(columns: Sequence[Column], error: StudioError, tell: Tell) -> None:
    """Tell that columns cannot answer, and why."""
    for column in columns:
        column.reason = "failed"
        tell(column=column.place, reason="failed", problem=error.as_dict())


def speak(base: SharedBase, columns: Sequence[Column], tell: Tell) -> None:
    """Generate the answers of columns that share a base."""
    able, asked = prepare(base, columns, tell)
    started = time.monotonic()
    try:
        for step in generate(base, asked) if asked else ():
            now = time.monotonic() - started
            for said in step:
                column = able[said.row]
                column.hear(said, now, base.stop_ids, asked[said.row].choice.max_new_tokens)
                if column.reason is not None or now - column.told_seconds >= TELL_SECONDS:
                    column.told_seconds = now
                    tell(**column.update(base.tokenizer, now))
    except Stopped:
        for column in able:
            if column.reason is None:
                column.reason = "stopped"
                tell(**column.update(base.tokenizer, time.monotonic() - started))


def prepare(
    base: SharedBase, columns: Sequence[Column], tell: Tell
) -> tuple[list[Column], list[Asked]]:
    """Give the columns whose conversations leave room for an answer, and what each of them is asked."""
    able: list[Column] = []
    asked: list[Asked] = []
    for column in columns:
        if column.voice.tuned and has_another_template(column.voice.tuned, base.tokenizer):
            fail([column], StudioError("chat.template_changed"), tell)
            continue
        adapter, tokens = column.adapter, prompt_tokens(base, column.conversation)
        room = base.most_tokens - len(tokens)
        if adapter is not None:
            room -= base.learned[adapter].virtual_tokens
        if room < 1:
            error = StudioError("chat.too_long", tokens=len(tokens), most=base.most_tokens)
            fail([column], error, tell)
            continue
        limit = min(column.choice.max_new_tokens, room)
        column.prompt_tokens = len(tokens)
        able.append(column)
        asked.append(Asked(tokens, adapter, replace(column.choice, max_new_tokens=limit)))
    return able, asked
