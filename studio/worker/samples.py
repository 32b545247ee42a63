"""Watch it learn: a few questions are answered before the training and at each check, and told as events.

`prompts`, once: what is asked, how the example itself answers, and whether the training learns from it. `sample`, at each look: the
step, the answers, and the seconds that they took. A look changes nothing (`greedy.undisturbed`) and never ends a training.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.domain.records import read_rows
from studio.domain.sample_prompts import pick_prompts
from studio.worker.greedy import Limits, Speaker
from studio.worker.task import Task

MOST_NEW_TOKENS = 48
# So many are said at the end even where less can be afforded.
FEWEST_NEW_TOKENS = 16
SHARE_OF_TIME = 0.05
# The looks before the training and at its end are taken in any case; so long they may take.
LOOK_SECONDS = 3.0
# So much of the whole may be spent ahead of its time: the first looks show the most.
HEAD_START = 0.2

logger = logging.getLogger(__name__)


class Purse:
    """What looks may cost: a share of the time that the training takes, spread over it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.spent_seconds = self.newest_seconds = self.seconds_per_token = 0.0
        self.first_step = 0
        self.started: float | None = None

    def open(self, step: int) -> None:
        """Begin to count the training's time, once; with too little memory a training begins several times."""
        if self.started is None:
            self.first_step, self.started = step, self.clock()

    def pay(self, seconds: float, tokens: int = MOST_NEW_TOKENS) -> None:
        """Take note of what a look has cost, whose longest answer had so many tokens; it was no training time."""
        self.spent_seconds += seconds
        self.newest_seconds = seconds
        self.seconds_per_token = seconds / max(1, tokens)
        if self.started is not None:
            self.started += seconds

    def left_seconds(self, step: int, last_step: int) -> float:
        """Give what is left for looks, judged by how long the training has taken so far."""
        done, steps = step - self.first_step, last_step - self.first_step
        if self.started is None or done <= 0:
            return 0.0
        trained = self.clock() - self.started
        return SHARE_OF_TIME * trained * steps / done - self.spent_seconds

    def affordable_tokens(self, step: int, last_step: int) -> int:
        """Give how long the answers of the last look may be, so that all looks together cost no more than their share."""
        if self.seconds_per_token == 0:
            return MOST_NEW_TOKENS
        tokens = int(self.left_seconds(step, last_step) / self.seconds_per_token)
        return min(MOST_NEW_TOKENS, max(FEWEST_NEW_TOKENS, tokens))

    def affords(self, step: int, last_step: int) -> bool:
        """Tell whether a look may be taken now: not ahead of its time, and with enough left for the last one."""
        left = self.left_seconds(step, last_step)
        due = (left + self.spent_seconds) * (step / last_step + HEAD_START)
        return 2 * self.newest_seconds <= left and self.spent_seconds + self.newest_seconds <= due


class Sampler(TrainerCallback):
    """Takes the looks. After each one `go_on` is called: what follows is training again."""

    def __init__(self, task: Task, go_on: Callable[[], None]) -> None:
        self.task = task
        self.go_on = go_on
        self.speaker: Speaker | None = None
        self.asked: list[list[int]] = []
        self.purse = Purse()
        self.looks = self.checks = 0

    def begin(self, speaker: Speaker, *, is_resumed: bool) -> None:
        """Choose what is asked, and look before anything is learned; a resumed training has that look from before."""
        self.speaker = speaker
        self.asked = self._choose(speaker)
        if self.asked and not is_resumed:
            self._look(speaker, 0, Limits(MOST_NEW_TOKENS, LOOK_SECONDS))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.purse.open(state.global_step)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._check(state, control)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if args.eval_strategy == "no":
            self._check(state, control)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.looks < self.checks:
            percent = round(100 * SHARE_OF_TIME)
            self.task.note("samples_fewer", looks=self.looks, checks=self.checks, percent=percent)

    def _check(self, state: TrainerState, control: TrainerControl) -> None:
        """Look at a check, if it is affordable; whoever stops a training does not wait for answers."""
        if self.speaker is None or not self.asked or self.task.is_cancelled:
            return
        step, last_step = state.global_step, state.max_steps
        is_last = step >= last_step or control.should_training_stop
        self.checks += 1
        if is_last or self.purse.affords(step, last_step):
            left = self.purse.left_seconds(step, last_step)
            tokens = self.purse.affordable_tokens(step, last_step) if is_last else MOST_NEW_TOKENS
            self._look(self.speaker, step, Limits(tokens, max(LOOK_SECONDS, left)))
            self.go_on()

    def _look(self, speaker: Speaker, step: int, limits: Limits) -> None:
        """Have all questions answered. What goes wrong ends the looks, not the training."""
        self.task.enter("answering")
        started = time.monotonic()
        try:
            said = speaker.answer(self.asked, limits)
        except (RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
            logger.warning("the test prompts are not answered", exc_info=error)
            self.task.note("samples_stopped", step=step)
            self.asked = []
            return
        seconds = time.monotonic() - started
        self.purse.pay(seconds, max(one.tokens for one in said))
        self.looks += step > 0
        answers = [{"text": one.text, "has_ended": one.has_ended} for one in said]
        self.task.emit("sample", step=step, answers=answers, seconds=round(seconds, 3))

    def _choose(self, speaker: Speaker) -> list[list[int]]:
        """Choose what is asked and tell it: of held-out examples where there are any, else of learned ones."""
        folder, most = self.task.folder, self.task.recipe.training.watch_prompts
        for path in (folder.held_out_rows, folder.train_rows):
            prompts = pick_prompts(read_rows(path), most) if path.exists() else []
            encoded = [(prompt, speaker.encode(prompt, MOST_NEW_TOKENS)) for prompt in prompts]
            asked = [(prompt, ids) for prompt, ids in encoded if ids]
            if asked:
                told = [{"question": p.question, "reference": p.reference} for p, _ in asked]
                self.task.emit("prompts", prompts=told, is_learned=path == folder.train_rows)
                return [ids for _, ids in asked]
        return []
