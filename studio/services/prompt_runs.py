"""A set of prompts asked of all columns, one after the other, and what came of it as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from studio.errors import StudioError
from studio.services.columns import Choice
from studio.services.dialogue import Lineup, Turn, asked_of, new_turn, stopped
from studio.services.playground import Playground


@dataclass(slots=True)
class PromptRun:
    """The prompts, and a turn for each one that was asked so far. It is changed in place, by whoever asks the next one."""

    prompts: list[str] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()
    lineup: Lineup = field(default_factory=Lineup)
    turns: list[Turn] = field(default_factory=list)
    number: int = 0
    is_stopped: bool = False

    @property
    def next_place(self) -> int | None:
        """Give the place of the prompt to ask next; None where there is none, or somebody has stopped it."""
        is_over = self.is_stopped or len(self.turns) >= len(self.prompts)
        return None if is_over else len(self.turns)

    def begin(self, prompts: Sequence[str], choices: Sequence[Choice], lineup: Lineup) -> None:
        """Start anew with other prompts, or other columns."""
        self.prompts, self.choices, self.lineup = list(prompts), tuple(choices), lineup
        self.turns, self.is_stopped = [], False
        self.number += 1

    def ask(self, playground: Playground, place: int, number: int, visitor: str) -> None:
        """Ask the prompt at `place` of the run with this `number`; any other than the next one was asked already.

        Where no column could answer, nothing more is asked.
        """
        if place != self.next_place or number != self.number:
            return
        turn = new_turn(self.prompts[place], self.choices, self.lineup)
        try:
            for progress in playground.ask(asked_of(turn, []), visitor):
                answers = tuple(replace(answer) for answer in progress.answers)
                turn = replace(turn, answers=answers)
        except StudioError as error:
            failed = (replace(answer, reason="failed", problem=error) for answer in turn.answers)
            turn = replace(turn, answers=tuple(failed))
        if number == self.number:
            self.turns.append(stopped(turn))
            self.is_stopped |= all(answer.reason == "failed" for answer in turn.answers)
