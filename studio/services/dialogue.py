"""A conversation with several columns at once: what was asked, who answered, and who answers next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import SystemRandom

from studio.domain.column import Column
from studio.domain.records import Message
from studio.errors import StudioError
from studio.services.columns import MOST_COLUMNS, Choice
from studio.services.playground import Answer, Asked, AskOptions

# Nobody can tell from earlier orders who stands where.
DRAW = SystemRandom()


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what each column has said to it so far.

    `choices` are the columns that were asked, by their names at that time: a later column changes no older turn.
    """

    question: str
    choices: tuple[Choice, ...]
    answers: tuple[Answer, ...]
    options: tuple[AskOptions, ...] = ()
    system: str = ""
    reference: str = ""
    """What the held-out example says that the question is from."""
    attempt: int = 0
    """How often the same question was asked before; a varied answer then comes out differently."""
    number: int = 0
    """Its own among all turns that the dialogue ever had."""
    order: tuple[int, ...] = ()
    """How the answers stand where nobody may know whose they are before they are judged; empty: as their columns do."""
    is_judged: bool = False

    @property
    def is_blind(self) -> bool:
        """Tell whether the columns have no names yet; where there is nothing to choose between, they have."""
        return bool(self.order) and not self.is_judged and (not self.is_final or self.can_choose)

    @property
    def can_choose(self) -> bool:
        """Tell whether all columns have answered, and not all the same."""
        is_said = all(answer.reason not in (None, "failed") for answer in self.answers)
        return is_said and len({answer.text for answer in self.answers}) > 1

    def place_of(self, shown: int) -> int:
        """Give the column whose answer stands at a place.

        Raises:
            StudioError: `judge.unclear`.
        """
        order = self.order or range(len(self.choices))
        if not 0 <= shown < len(order):
            raise StudioError("judge.unclear")
        return order[shown]

    @property
    def is_final(self) -> bool:
        """Tell whether all columns have ended."""
        return all(answer.reason is not None for answer in self.answers)

    @property
    def is_exact(self) -> bool:
        """Tell whether every column took the likeliest word, so that a difference is one of the models."""
        return all(options.temperature == 0 for options in self.options)

    def answer_of(self, column: Column) -> Answer | None:
        """Give what a column said; None where it was not asked."""
        by_column = {
            choice.column: answer for choice, answer in zip(self.choices, self.answers, strict=True)
        }
        return by_column.get(column)


@dataclass(frozen=True, slots=True)
class Lineup:
    """Who answers the next question, and how. `own` are the options of columns that do not follow the shared ones, by key."""

    columns: tuple[Column, ...] = ()
    shared: AskOptions = field(default_factory=AskOptions)
    own: Mapping[str, AskOptions] = field(default_factory=dict)
    system: str = ""

    def options(self, column: Column) -> AskOptions:
        """Give how a column chooses its words."""
        return self.own.get(column.key, self.shared)

    def with_column(self, column: Column) -> "Lineup":
        """Give the columns with one more at the end; the same where it is there, or there are as many as may be."""
        if column in self.columns or len(self.columns) >= MOST_COLUMNS:
            return self
        return replace(self, columns=(*self.columns, column))

    def without(self, column: Column) -> "Lineup":
        """Give the columns without one."""
        own = {key: options for key, options in self.own.items() if key != column.key}
        return replace(self, columns=tuple(c for c in self.columns if c != column), own=own)


def conversation(
    turns: Sequence[Turn], column: Column, question: str, system: str = ""
) -> list[Message]:
    """Give what a column is asked: the turns that it answered itself, each model going on with its own words."""
    said = [Message("system", system)] if system else []
    for turn in turns:
        answer = turn.answer_of(column)
        if answer is not None and answer.text.strip():
            said += [Message("user", turn.question), Message("assistant", answer.text)]
    return [*said, Message("user", question)]


def asked_of(turn: Turn, before: Sequence[Turn]) -> list[Asked]:
    """Give what a turn asks each of its columns after the turns before it."""
    return [
        Asked(
            choice.column,
            conversation(before, choice.column, turn.question, turn.system),
            replace(options, seed=options.seed + turn.attempt),
        )
        for choice, options in zip(turn.choices, turn.options, strict=True)
    ]


def new_turn(question: str, choices: Sequence[Choice], lineup: Lineup) -> Turn:
    """Give a question to all columns that nobody has answered yet."""
    return Turn(
        question,
        tuple(choices),
        tuple(Answer() for _ in choices),
        tuple(lineup.options(choice.column) for choice in choices),
        lineup.system.strip(),
    )


def stopped(turn: Turn) -> Turn:
    """Give a turn with unfinished answers marked as stopped."""
    answers = (
        answer if answer.reason else replace(answer, reason="stopped") for answer in turn.answers
    )
    return replace(turn, answers=tuple(answers))


@dataclass(slots=True)
class Dialogue:
    """A visitor's conversation, and who answers next.

    It is changed in place, so that an answer on its way can change nothing but its own turn, whatever happened meanwhile.
    """

    turns: list[Turn] = field(default_factory=list)
    lineup: Lineup = field(default_factory=Lineup)
    begun: int = 0
    """How many turns there ever were; each has its number."""
    is_open: bool = False
    """It is shown; what a browser kept of an earlier one has been taken over."""
    is_blind: bool = False
    """The next answers are shuffled and unnamed until they are judged."""

    @property
    def newest(self) -> Turn | None:
        """Give the last turn."""
        return self.turns[-1] if self.turns else None

    @property
    def is_answering(self) -> bool:
        """Tell whether answers are awaited."""
        return self.newest is not None and not self.newest.is_final

    def begin(self, turn: Turn) -> None:
        """Put a question at the end; what was not finished before it is stopped."""
        columns = range(len(turn.choices) if self.is_blind else 0)
        order = tuple(DRAW.sample(columns, len(columns))) if len(columns) > 1 else ()
        self.put(replace(turn, order=order))

    def put(self, turn: Turn) -> None:
        """Put a turn at the end as it is, with a number of its own; what was not finished before it is stopped."""
        self.stop()
        self.begun += 1
        self.turns = [*self.turns, replace(turn, number=self.begun)]

    def grow(self, number: int, answers: Sequence[Answer]) -> None:
        """Put in what was said so far; to a turn that has ended, or is gone, nothing is added."""
        self.turns = [
            replace(turn, answers=tuple(replace(answer) for answer in answers))
            if turn.number == number and not turn.is_final
            else turn
            for turn in self.turns
        ]

    def fail(self, number: int, problem: StudioError) -> None:
        """Say in every answer that is awaited why it will not come."""
        failed = [
            answer if answer.reason else replace(answer, reason="failed", problem=problem)
            for turn in self.turns
            if turn.number == number
            for answer in turn.answers
        ]
        self.grow(number, failed)

    def judge(self, number: int) -> None:
        """Name the columns of a turn, once.

        Raises:
            StudioError: `judge.voted` where they have their names, or there is nothing to judge yet.
        """
        turn = next((turn for turn in self.turns if turn.number == number), None)
        if turn is None or not turn.is_blind or not turn.is_final:
            raise StudioError("judge.voted")
        judged = replace(turn, is_judged=True)
        self.turns = [judged if turn.number == number else turn for turn in self.turns]

    def give_up(self, number: int) -> None:
        """Name the columns of a turn without a judgement; its answers then stand as their columns do."""
        self.turns = [
            replace(turn, order=()) if turn.number == number and turn.is_final else turn
            for turn in self.turns
        ]

    def stop(self) -> None:
        """Mark what is awaited as stopped."""
        self.turns = [turn if turn.is_final else stopped(turn) for turn in self.turns]

    def forget_newest(self) -> Turn | None:
        """Take the last turn away, and give it."""
        newest = self.newest
        self.turns = self.turns[:-1]
        return newest

    def clear(self) -> None:
        """Begin anew, with the same columns."""
        self.turns = []
