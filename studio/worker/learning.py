"""Learn, whatever comes between: too little memory, numbers that run away, a training that goes on from an earlier one."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from trl import SFTTrainer

from studio.domain.checkpoint_files import step_of
from studio.domain.job import Event, read_events
from studio.errors import StudioError
from studio.worker.checkpoints import Checkpoints
from studio.worker.failures import is_out_of_memory
from studio.worker.loading import free_memory
from studio.worker.task import Task
from studio.worker.team import Team

MOST_HALVINGS = 3
# What a training that goes on takes over from the one before: its curve and its answers.
TAKEN_OVER = ("log", "eval", "sample")


def find_start(task: Task, checkpoints: Checkpoints, team: Team) -> tuple[Path | None, list[Event]]:
    """Give the checkpoint to go on from and what was told up to it; nothing for a training that starts afresh."""
    earlier = task.spec.get("resume")
    if earlier is None:
        return None, []
    # Damaged ones are removed on the way, so only one may look.
    newest = checkpoints.newest() if team.is_first else None
    said = team.say("start", str(newest or ""))
    start = Path(said) if said else None
    if start is None:
        task.note("resumed_afresh", run=earlier["run"])
        return None, []
    step = step_of(start) or 0
    task.note("resumed", run=earlier["run"], step=step)
    told, _ = read_events(task.folder.earlier_events, 0)
    taken = [e for e in told if e.kind in TAKEN_OVER and e.values["step"] <= step]
    for event in taken:
        task.emit(event.kind, **event.values)
    return start, taken


def learn(trainer: SFTTrainer, checkpoints: Checkpoints, start: Path | None, team: Team) -> None:
    """Train to the end; where the memory does not do, go on from the same step with half the rows at a time.

    Raises:
        StudioError: `train.out_of_memory` where three halvings do not do, and what callbacks raise.
    """
    for halvings in range(MOST_HALVINGS + 1):
        if fits(trainer, start):
            return
        start = save_place(trainer, checkpoints, team)
        # Half-gathered gradients, and what the allocator keeps.
        model_of(trainer).zero_grad(set_to_none=True)
        free_memory()
        if halvings == MOST_HALVINGS or not halve_batch(trainer):
            break
        checkpoints.task.note(
            "memory_halved",
            step=trainer.state.global_step + 1,
            rows=trainer.args.per_device_train_batch_size,
            batches=trainer.args.gradient_accumulation_steps,
        )
    raise StudioError("train.out_of_memory")


def fits(trainer: SFTTrainer, start: Path | None) -> bool:
    """Train, and tell whether the memory was enough. What the failed step held is free when this returns."""
    try:
        trainer.train(resume_from_checkpoint=str(start) if start else None)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return False
    return True


def save_place(trainer: SFTTrainer, checkpoints: Checkpoints, team: Team) -> Path | None:
    """Give a checkpoint of the last whole step; None before the first, when nothing has changed yet."""
    step = trainer.state.global_step
    if step == 0:
        return None
    path = checkpoints.path(step)
    if team.is_first and not path.exists():
        trainer._save_checkpoint(trainer.model_wrapped, None)
        checkpoints.complete(step)
    team.wait()
    return path


def halve_batch(trainer: SFTTrainer) -> bool:
    """Take fewer rows at a time and gather more often, so that every step has the same rows; False for single rows."""
    args = trainer.args
    rows = args.per_device_train_batch_size
    if rows == 1:
        return False
    # An odd batch has no half with the same rows per step; its largest divisor comes next.
    fewer = max(part for part in range(1, rows // 2 + 1) if rows % part == 0)
    args.gradient_accumulation_steps *= rows // fewer
    args.per_device_train_batch_size = fewer
    args.per_device_eval_batch_size = max(1, min(fewer, args.per_device_eval_batch_size))
    trainer._train_batch_size = args.train_batch_size
    return True


def restore(trainer: SFTTrainer, checkpoint: Path) -> None:
    """Give the model the weights of a checkpoint, in the precision that they were learned in."""
    trainer._load_from_checkpoint(str(checkpoint))
    keep_learned_in_float32(model_of(trainer))


def model_of(trainer: SFTTrainer) -> torch.nn.Module:
    """Give the model that a trainer trains, without what the trainer puts around it."""
    return trainer.accelerator.unwrap_model(trainer.model)


def keep_learned_in_float32(model: torch.nn.Module) -> None:
    """Undo TRL's cast of adapters on 4-bit models to bf16: small updates would be rounded away."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


@contextmanager
def unrounded(model: torch.nn.Module, *, is_wanted: bool) -> Generator[None]:
    """Keep what an earlier training has learned as it is while TRL builds its trainer, which rounds it in 4-bit models to bfloat16."""
    exact = [(p, p.data) for p in model.parameters() if p.requires_grad and is_wanted]
    yield
    for parameter, data in exact:
        parameter.data = data


def settle(trainer: SFTTrainer, checkpoints: Checkpoints, keep: str) -> dict[str, Any]:
    """Leave the model in the state that is to be kept, and give which one that is.

    The best one, where held-out examples were looked at and it was not the last anyway.
    """
    last, best = trainer.state.global_step, checkpoints.best_step
    if keep == "best" and best is not None and best != last:
        path = checkpoints.path(best)
        if path in checkpoints.whole():
            restore(trainer, path)
            return {"kept": "best", "kept_step": best}
    is_best = keep == "best" and best == last
    return {"kept": "best" if is_best else "last", "kept_step": last}
