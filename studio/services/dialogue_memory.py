"""A dialogue as plain JSON, and back: what a visitor's own browser keeps of it over a reload.

What comes back was in somebody's hands, so it is checked like any other input; what does not fit counts as nothing.
"""

import json
from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from studio.domain.column import parse_column
from studio.domain.passages import Passage
from studio.services.columns import MOST_COLUMNS, Choice
from studio.services.dialogue import Dialogue, Lineup, Turn, stopped
from studio.services.playground import Answer, AskOptions

# All of it goes to the server when the tab is opened, and Gradio encrypts it in the browser, a tenth of a second for so much.
MOST_CHARACTERS = 100_000
LONGEST_TEXT = 20_000

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Name = Annotated[str, Field(max_length=300)]
Number = Annotated[int, Field(ge=0, le=10**9)]
Seconds = Annotated[float, Field(ge=0, le=10**6)]


class KeptColumn(BaseModel):
    """Who answered, by the names of that time."""

    key: Name
    name: Name
    base: Name


class KeptOptions(BaseModel):
    """How words were chosen, within what the page offers."""

    temperature: float = Field(0, ge=0, le=2)
    top_p: float = Field(1, gt=0, le=1)
    max_new_tokens: int = Field(200, ge=1, le=4096)
    seed: Number = 0


class KeptPassage(BaseModel):
    """A part of a document that a model was given."""

    document: Name
    text: Text
    is_cut: bool


class KeptAnswer(BaseModel):
    """An answer that has ended."""

    text: Text
    tokens: Number
    reason: Annotated[str, Field(max_length=20)]
    first_seconds: Seconds | None
    seconds: Seconds
    ties: list[Number]
    passages: list[KeptPassage] | None = None


class KeptTurn(BaseModel):
    """A question with its answers, one to each column."""

    question: Text
    system: Text
    reference: Text
    attempt: Number
    columns: list[KeptColumn] = Field(min_length=1, max_length=MOST_COLUMNS)
    options: list[KeptOptions]
    answers: list[KeptAnswer]
    order: list[Number] = Field(default_factory=list, max_length=MOST_COLUMNS)
    is_judged: bool = False

    @model_validator(mode="after")
    def each_column_has_answered(self) -> Self:
        """Refuse a turn whose parts do not belong together."""
        if not len(self.columns) == len(self.options) == len(self.answers):
            raise ValueError("not one answer to each column")
        if self.order and sorted(self.order) != [*range(len(self.columns))]:
            raise ValueError("not one place for each column")
        return self


class KeptDialogue(BaseModel):
    """A conversation, and who answers next."""

    turns: list[KeptTurn]
    columns: list[Name] = Field(max_length=MOST_COLUMNS)
    shared: KeptOptions
    own: dict[Name, KeptOptions]
    system: Text


def write_dialogue(dialogue: Dialogue) -> dict[str, Any]:
    """Give a dialogue as JSON; of a long one the newest turns."""
    lineup = dialogue.lineup
    kept: list[dict[str, Any]] = []
    characters = 0
    for turn in reversed(dialogue.turns):
        written = write_turn(stopped(turn))
        characters += len(json.dumps(written, ensure_ascii=False))
        if characters > MOST_CHARACTERS:
            break
        kept.insert(0, written)
    return {
        "turns": kept,
        "columns": [column.key for column in lineup.columns],
        "shared": asdict(lineup.shared),
        "own": {key: asdict(options) for key, options in lineup.own.items()},
        "system": lineup.system,
    }


def write_turn(turn: Turn) -> dict[str, Any]:
    """Give a turn that has ended as JSON; of an answer that failed only that it was not given."""
    return {
        "question": turn.question,
        "system": turn.system,
        "reference": turn.reference,
        "attempt": turn.attempt,
        "order": list(turn.order),
        "is_judged": turn.is_judged,
        "columns": [
            {"key": choice.column.key, "name": choice.name, "base": choice.base}
            for choice in turn.choices
        ],
        "options": [asdict(options) for options in turn.options],
        "answers": [
            {
                "text": answer.text,
                "tokens": answer.tokens,
                "reason": "stopped" if answer.reason == "failed" else answer.reason,
                "first_seconds": answer.first_seconds,
                "seconds": answer.seconds,
                "ties": list(answer.ties),
                "passages": answer.passages and [asdict(passage) for passage in answer.passages],
            }
            for answer in turn.answers
        ],
    }


def read_dialogue(stored: object) -> Dialogue:
    """Give the dialogue that was written; an empty one where it is none."""
    try:
        kept = KeptDialogue.model_validate(stored)
    except ValidationError:
        return Dialogue()
    dialogue = Dialogue()
    for turn in kept.turns:
        dialogue.put(read_turn(turn))
    dialogue.lineup = Lineup(
        tuple(dict.fromkeys(parse_column(key) for key in kept.columns)),
        read_options(kept.shared),
        {key: read_options(options) for key, options in kept.own.items()},
        kept.system,
    )
    return dialogue


def read_turn(kept: KeptTurn) -> Turn:
    """Give a turn that was kept."""
    return Turn(
        kept.question,
        tuple(Choice(parse_column(one.key), one.name, one.base) for one in kept.columns),
        tuple(read_answer(one) for one in kept.answers),
        tuple(read_options(one) for one in kept.options),
        kept.system,
        kept.reference,
        kept.attempt,
        order=tuple(kept.order),
        is_judged=kept.is_judged,
    )


def read_answer(kept: KeptAnswer) -> Answer:
    """Give an answer that was kept."""
    given = kept.passages
    passages = None if given is None else tuple(Passage(**one.model_dump()) for one in given)
    return Answer(
        text=kept.text,
        tokens=kept.tokens,
        reason=kept.reason,
        first_seconds=kept.first_seconds,
        seconds=kept.seconds,
        ties=tuple(kept.ties),
        passages=passages,
    )


def read_options(kept: KeptOptions) -> AskOptions:
    """Give options that were kept."""
    return AskOptions(**kept.model_dump())
