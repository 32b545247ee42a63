"""Judge a training by its held-out examples: which state was the best, and when to stop early."""

import math
from collections.abc import Sequence
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.domain.recipe import Training
from studio.worker.checkpoints import Checkpoints
from studio.worker.task import Task

Check = tuple[int, float]


class Judge(TrainerCallback):
    """Knows every check so far; `earlier` are those of the training that this one goes on with."""

    def __init__(
        self, task: Task, training: Training, checkpoints: Checkpoints, earlier: Sequence[Check]
    ) -> None:
        self.task = task
        self.training = training
        self.checkpoints = checkpoints
        self.checks: list[Check] = []
        for step, loss in earlier:
            self.add(step, loss)

    def add(self, step: int, loss: float) -> None:
        """Take in a check; the best checkpoint so far is not to be removed."""
        self.checks.append((step, loss))
        self.checkpoints.best_step = self.best[0]

    @property
    def best(self) -> Check:
        """Give the check with the lowest loss, the earliest of equals."""
        return min(self.checks, key=lambda check: check[1], default=(0, math.inf))

    def loss_at(self, step: int) -> float | None:
        """Give the held-out loss of a step, None where it was not checked."""
        return dict(self.checks).get(step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # The last state is a candidate, too.
        if state.global_step >= state.max_steps and args.eval_strategy != "no":
            control.should_evaluate = not self.task.is_cancelled

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        self.add(state.global_step, float((metrics or {})["eval_loss"]))
        reason = self.reason_to_stop()
        if reason is not None and state.global_step < state.max_steps:
            code, values = reason
            self.task.note(code, step=state.global_step, best_step=self.best[0], **values)
            control.should_training_stop = control.should_save = True

    def reason_to_stop(self) -> tuple[str, dict[str, Any]] | None:
        """Give why going on would make it worse, or None."""
        best_step, best_loss = self.best
        newest = self.checks[-1][1]
        since = sum(step > best_step for step, _ in self.checks)
        patience, most_rise = self.training.patience_evals, self.training.most_rise_percent
        if patience is not None and since >= patience:
            return "stopped_no_better", {"checks": since}
        rise_percent = 100 * (newest / best_loss - 1) if best_loss > 0 else 0.0
        if most_rise is not None and rise_percent > most_rise:
            return "stopped_rising", {"percent": round(rise_percent, 1)}
        return None
