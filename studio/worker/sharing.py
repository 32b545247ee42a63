"""The trainer of one device among several: its part of each step, and what all of them have to do at the same point.

`Team` says why nothing is exchanged within a step. Libraries below think that each device trains alone, so they neither
divide examples nor exchange anything; a checkpoint is the same file whatever the number of devices.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import Sampler
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import EvalLoopOutput

from studio.worker.failures import is_out_of_memory
from studio.worker.loading import DtypeChoice, choose_dtype
from studio.worker.ordering import LongestFirst, OrderedTrainer
from studio.worker.rendering import IGNORED
from studio.worker.team import Team

Row = dict[str, list[int]]
DECISIONS = ("should_training_stop", "should_epoch_stop", "should_save", "should_evaluate", "should_log")  # fmt: skip
# TRL's figures that are means over batches; `num_tokens` is a sum.
MEANS = ("mean_token_accuracy", "entropy")


def agree_on_dtype(team: Team, wanted: str) -> DtypeChoice:
    """Choose the number format on the first device; what it measures decides for all."""
    if not team.is_first:
        return choose_dtype(team.device, team.say("dtype", ""))
    choice = choose_dtype(team.device, wanted)
    team.say("dtype", str(choice.dtype).removeprefix("torch."))
    return choice


def share_trainer(
    team: Team,
    rows: tuple[list[Row], list[Row]],
    callbacks: Sequence[TrainerCallback],
    **named: Any,
) -> "SharedTrainer":
    """Give the trainer of this device; `rows` are those to learn and those held out, of all devices together."""
    learned, held_out = rows
    team.meet()
    blank = blank_row(learned[0])
    own = own_batches(held_out, named["args"].per_device_eval_batch_size, team)
    own_held_out = (own or [blank]) if held_out else []
    return SharedTrainer(
        team,
        len(own),
        callbacks=[*callbacks, Agreement(team)],
        **datasets_of([*learned, blank], own_held_out),
        **named,
    )


def datasets_of(learned: list[Row], held_out: list[Row]) -> dict[str, Any]:
    """Give rows as the trainer takes them."""
    return {
        "train_dataset": Dataset.from_list(learned),
        "eval_dataset": Dataset.from_list(held_out) if held_out else None,
    }


def blank_row(row: Row) -> Row:
    """Give an example of which nothing is learned, for a device that would have none where another has one."""
    return {"input_ids": row["input_ids"][:2], "labels": [IGNORED, IGNORED]}


def own_batches(rows: Sequence[Row], batch_rows: int, team: Team) -> list[Row]:
    """Give this device's part of the held-out examples: every so-manieth batch, as one device would make them."""
    starts = range(team.rank * batch_rows, len(rows), team.size * batch_rows)
    return [row for start in starts for row in rows[start : start + batch_rows]]


class PartOfOrder(Sampler[int]):
    """Gives every so-manieth place of an order; `blank` is the place of the blank row, for a round that does not come out even."""

    def __init__(self, order: LongestFirst, blank: int, team: Team) -> None:
        self.order = order
        self.blank = blank
        self.team = team

    def set_epoch(self, epoch: int) -> None:
        """Say which round comes."""
        self.order.set_epoch(epoch)

    def __len__(self) -> int:
        return -(-len(self.order) // self.team.size)

    def __iter__(self) -> Iterator[int]:
        own = list(self.order)[self.team.rank :: self.team.size]
        yield from own + [self.blank] * (len(self) - len(own))


class SharedTrainer(OrderedTrainer):
    """Trains one part of each step. The last of its training rows is the blank one; `held_out` counts its own real rows."""

    def __init__(self, team: Team, held_out: int, **named: Any) -> None:
        self.team = team
        self.held_out = held_out
        self.is_short_of_memory = False
        self.told_loss = 0.0
        super().__init__(**named)
        self.trained: torch.nn.Module = self.accelerator.unwrap_model(self.model)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        own: Any = super()._get_train_sampler(train_dataset)
        blank = len(own.lengths) - 1
        order = LongestFirst(own.lengths[:blank], own.first_rows * self.team.size, own.seed)
        return PartOfOrder(order, blank, self.team)

    def get_batch_samples(self, *given: Any, **named: Any) -> Any:
        """Count the learned tokens of the whole step: the loss is their mean, on whichever device they are."""
        batches, tokens = super().get_batch_samples(*given, **named)
        (total,) = self.team.total([float(tokens or 0)])
        return batches, torch.tensor(total, device=self.args.device)

    def training_step(self, *given: Any, **named: Any) -> torch.Tensor:
        """Learn one batch, and after the last one of a step what the others have learned.

        Raises:
            MemoryError: the memory of some device was not enough for its part; all of them raise it.
        """
        loss = torch.zeros((), device=self.args.device)
        if not self.is_short_of_memory:
            try:
                loss = super().training_step(*given, **named)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self.is_short_of_memory = True
        own = float(loss)
        self.told_loss += own
        if not self.accelerator.sync_gradients:
            return loss
        short, total = self.team.total([self.is_short_of_memory, self.told_loss])
        others, self.told_loss, self.is_short_of_memory = total - self.told_loss, 0.0, False
        if short:
            raise MemoryError("the memory of a device is not enough for its part of a step")
        self.team.sum_gradients(self.trained.parameters())
        return loss + others

    def evaluation_loop(self, *given: Any, **named: Any) -> EvalLoopOutput:
        """Check on the own held-out examples, and give the loss on everybody's."""
        output = super().evaluation_loop(*given, **named)
        metrics = output.metrics or {}
        loss = metrics["eval_loss"] if self.held_out else 0.0
        total, rows = self.team.total([loss * self.held_out, self.held_out])
        metrics["eval_loss"] = total / rows
        return output

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Make TRL's own figures those of all devices."""
        told = self._metrics["train" if self.trained.training else "eval"]
        # A batch of blank rows has chosen nothing.
        batches = sum(entropy > 0 for entropy in told.get("entropy", ()))
        own = [batches, *(sum(told.get(name, ())) for name in (*MEANS, "num_tokens"))]
        batches, *sums, tokens = self.team.total(own)
        if batches:
            told.update({name: [total / batches] for name, total in zip(MEANS, sums, strict=True)})
            told["num_tokens"] = [tokens]
        super().log(logs, start_time)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        if self.team.is_first:
            super()._save_checkpoint(model, trial)


class Agreement(TrainerCallback):
    """Has every device start alike and do what the first one decides. It comes after all other callbacks."""

    def __init__(self, team: Team) -> None:
        self.team = team

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **named: Any
    ) -> None:
        self.team.copy_first(p.data for p in named["model"].parameters() if p.requires_grad)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        # What is dropped at random differs from device to device, and is the same again when a checkpoint is gone on with.
        torch.manual_seed(args.seed + state.global_step * self.team.size + self.team.rank)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.decide(control)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.decide(control)

    def decide(self, control: TrainerControl) -> None:
        """Take over what the first one has decided."""
        decided = self.team.follow_first([getattr(control, name) for name in DECISIONS])
        for name, flag in zip(DECISIONS, decided, strict=True):
            setattr(control, name, flag)
