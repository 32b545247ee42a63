"""Tell how a training goes: TRL's logs become events, a cancel file stops it, non-finite numbers end it."""

import math
import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from studio.domain.job import Event
from studio.errors import StudioError
from studio.worker.loading import memory_bytes
from studio.worker.task import Task


class Reporter(TrainerCallback):
    """Turns the trainer's log lines into events. `last_loss` and `last_held_out_loss` are the newest values."""

    def __init__(self, task: Task, device: torch.device, earlier: Sequence[Event] = ()) -> None:
        self.task = task
        self.device = device
        self.last_loss: float | None = None
        self.last_held_out_loss: float | None = None
        self.earlier_checks: list[tuple[int, float]] = []
        for event in earlier:
            self._take_over(event)
        self._tokens = 0.0
        self._moment = time.monotonic()

    def _take_over(self, event: Event) -> None:
        """Know what was told before this training went on from there."""
        if event.kind == "log":
            self.last_loss = event.values["loss"]
        elif event.kind == "eval":
            self.last_held_out_loss = event.values["held_out_loss"]
            self.earlier_checks.append((event.values["step"], event.values["held_out_loss"]))

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any
    ) -> None:
        self.task.enter("training", total_steps=state.max_steps, from_step=state.global_step)
        self._moment = time.monotonic()

    def go_on(self) -> None:
        """Tell that it learns again; what was done in between was not training time."""
        self.task.enter("training")
        self._moment = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.task.is_cancelled:
            control.should_training_stop = True
            control.should_evaluate = False
            control.should_save = not self.task.folder.discard.exists()

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.task.enter("evaluating")

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        logs = logs or {}
        if "eval_loss" in logs:
            self.last_held_out_loss = self._check(logs["eval_loss"], state.global_step)
            self.task.emit(
                "eval",
                step=state.global_step,
                held_out_loss=self.last_held_out_loss,
                token_accuracy=logs.get("eval_mean_token_accuracy"),
            )
            self.go_on()
        elif "loss" in logs:
            self.last_loss = self._check(logs["loss"], state.global_step)
            self._check(logs.get("grad_norm", 0.0), state.global_step)
            if state.global_step == 1 and self.last_loss == 0:
                # Nothing is that well known before it is learned: no token was scored.
                raise StudioError("train.loss_zero")
            self._emit_log(state, logs)

    def _emit_log(self, state: TrainerState, logs: dict[str, float]) -> None:
        now, tokens = time.monotonic(), float(logs.get("num_tokens", 0.0))
        seconds, seen = max(now - self._moment, 1e-6), tokens - self._tokens
        self._moment, self._tokens = now, tokens
        self.task.emit(
            "log",
            step=state.global_step,
            loss=self.last_loss,
            learning_rate=logs.get("learning_rate"),
            grad_norm=logs.get("grad_norm"),
            token_accuracy=logs.get("mean_token_accuracy"),
            tokens_per_second=round(seen / seconds, 1),
            memory_bytes=memory_bytes(self.device),
        )

    def _check(self, value: float, step: int) -> float:
        """Give the value if it is a finite number; anything else ends the run (P7: Trainer would hide it)."""
        if not math.isfinite(value):
            raise StudioError("train.diverged", step=step)
        return float(value)
