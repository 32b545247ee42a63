"""Train: data -> model -> TRL's trainer -> adapter. Reads top to bottom.

Tensors do not appear here; rows are lists of token ids of varying length, padded per batch by TRL's collator.
"""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedTokenizerBase, TrainerCallback
from trl import SFTConfig

from studio.domain.checkpoint_files import step_of
from studio.domain.devices import part_of
from studio.domain.method import VirtualTokens
from studio.domain.packing import filled_share, is_packed
from studio.domain.recipe import Recipe
from studio.domain.workload import count_steps, steps_between_checks
from studio.errors import StudioError
from studio.worker.checkpoints import Checkpoints
from studio.worker.following import followed, make_followers, run_name
from studio.worker.greedy import Speaker
from studio.worker.judging import Judge
from studio.worker.learning import (
    find_start,
    keep_learned_in_float32,
    learn,
    restore,
    settle,
    unrounded,
)
from studio.worker.lesson import Lesson, prepare_lesson
from studio.worker.loading import DtypeChoice, end_of_turn_ids, pick_device
from studio.worker.methods import METHODS, Load, Origin, Prepared, load_alone
from studio.worker.ordering import OrderedTrainer
from studio.worker.packing import attend_alone
from studio.worker.reporting import Reporter
from studio.worker.room import told_when_full
from studio.worker.samples import Sampler
from studio.worker.saving import save_tuned
from studio.worker.scoring import score_learned_tokens_only
from studio.worker.sharing import agree_on_dtype, datasets_of, share_trainer
from studio.worker.sizes import fill_batches_up
from studio.worker.stop_test import try_stopping
from studio.worker.task import Task
from studio.worker.team import Team, assemble
from studio.worker.templates import load_tokenizer
from studio.worker.threads import compute_on
from studio.worker.virtual_tokens import begin_at_examples

MOST_LOGGED_STEPS = 2_000


def train(task: Task) -> dict[str, Any]:
    """Run one training on the devices that its job names.

    Raises:
        StudioError: what `train_together` raises; `train.device_killed`, `train.device_died`, `train.disk_full`.
    """
    with assemble(task) as team, told_when_full(task):
        return train_together(task, team)


def train_together(task: Task, team: Team) -> dict[str, Any]:
    """Train and give the values of the outcome; a cancelled training keeps what it has learned so far.

    Only the first device of a team tells and stores something.

    Raises:
        StudioError: what `train_prepared` raises; `train.nothing_to_learn`, `model.*`.
    """
    task.enter("loading")
    choice = choose_format(task, team)
    tokenizer = load_tokenizer(task.model_path)
    model = prepare_model(task, team.device, choice.dtype)
    task.enter("preparing")
    return train_prepared(task, team, Ready(model, prepare_lesson(task, tokenizer), choice))


def choose_format(task: Task, team: Team, wanted: str | None = None) -> DtypeChoice:
    """Choose the number format to compute in, and tell why; `wanted` goes before what the recipe says."""
    choice = agree_on_dtype(team, wanted or task.recipe.training.compute_dtype)
    task.note(choice.reason, **choice.values)
    return choice


def prepare_model(
    task: Task, device: torch.device, dtype: torch.dtype, load: Load = load_alone
) -> Prepared:
    """Give the base model as the recipe's method learns it."""
    recipe = task.recipe
    further = task.folder.start if recipe.model.continue_from is not None else None
    origin = Origin(task.model_path, device, dtype, recipe.training.seed, further, load)
    return METHODS[recipe.method.type](origin, recipe.method)


@dataclass(frozen=True, slots=True)
class Ready:
    """What a training learns with. `watchers` are told of its checks after all others; a try of a search answers nothing.

    `grade` gives the value of an examination that it takes at the end.
    """

    model: Prepared
    lesson: Lesson
    choice: DtypeChoice
    watchers: tuple[TrainerCallback, ...] = ()
    is_try: bool = False
    grade: Callable[[Speaker], float] | None = None


def train_prepared(task: Task, team: Team, ready: Ready) -> dict[str, Any]:
    """Train what is prepared, keep what did best, and give the values of the outcome.

    Raises:
        StudioError: `train.loss_zero`, `train.diverged`, `train.diverged_kept`, `train.out_of_memory`, and what watchers raise.
    """
    started = time.time()
    recipe, device, model, lesson = task.recipe, team.device, ready.model, ready.lesson
    tokenizer = lesson.tokenizer
    checkpoints = Checkpoints(task)
    start, earlier = find_start(task, checkpoints, team)
    arguments = training_arguments(task, lesson, ready.choice.dtype, team)
    threads = compute_on(recipe.training.cpu_threads, task.model.parameters, team.is_one_cpu)
    goes_on = recipe.model.continue_from is not None
    if isinstance(recipe.method, VirtualTokens) and isinstance(model, PeftModel) and not goes_on:
        begin_at_examples(model, lesson.train_rows, recipe.training.seed)
    if not team.is_first:
        with unrounded(model, is_wanted=goes_on):
            trainer = build_trainer(model, arguments, lesson, [], team)
        learn(trainer, checkpoints, start, team)
        return {}
    reporter = Reporter(task, device, earlier)
    judge = Judge(task, recipe.training, checkpoints, reporter.earlier_checks)
    sampler = Sampler(task, reporter.go_on)
    followers = [] if ready.is_try else make_followers(task, earlier)
    filled = tell_filling(task, lesson, arguments)
    # The judge comes first: what it finds best, the checkpoints keep.
    callbacks = [reporter, judge, checkpoints, sampler, *followers, *ready.watchers, *threads]
    with unrounded(model, is_wanted=goes_on):
        trainer = build_trainer(model, arguments, lesson, callbacks, team)
    tuned = trainer.accelerator.unwrap_model(trainer.model)
    stop_ids = end_of_turn_ids(model, tokenizer)
    speaker = Speaker(tuned, tokenizer, stop_ids, lambda: task.is_cancelled)
    if not ready.is_try:
        sampler.begin(speaker, is_resumed=start is not None)
    save = partial(save_tuned, tuned, tokenizer, stop_ids, task)
    with followed(followers, task):
        learn_or_keep_good(trainer, checkpoints, start, team, save)
    if task.folder.discard.exists():
        checkpoints.remove_all()
        return {"kept": None, "steps": trainer.state.global_step}
    kept = settle(trainer, checkpoints, recipe.training.keep)
    task.emit("kept", step=kept["kept_step"], which=kept["kept"])

    task.enter("saving")
    saved = save()
    # Asked to the end, also where somebody ends the training.
    examined = replace(speaker, is_stopped=lambda: False)
    return {
        "saved": saved.name,
        "steps": trainer.state.global_step,
        **kept,
        "stop_test": None if ready.is_try else try_stopping(task, speaker),
        "loss": reporter.last_loss,
        "held_out_loss": reporter.last_held_out_loss,
        "kept_held_out_loss": judge.loss_at(kept["kept_step"]),
        **({"grade": ready.grade(examined)} if ready.grade else {}),
        "dtype": str(ready.choice.dtype).removeprefix("torch."),
        "device": device.type,
        "template_sha256": template_hash(tokenizer),
        "train_rows": len(lesson.train_rows),
        "held_out_rows": len(lesson.held_out_rows),
        "filled_share": filled,
        "seconds": round(time.time() - started, 2),
    }


def learn_or_keep_good(
    trainer: OrderedTrainer,
    checkpoints: Checkpoints,
    start: Path | None,
    team: Team,
    save: Callable[[], Path],
) -> None:
    """Train to the end; where the numbers run away, store the last good state and tell so."""
    try:
        learn(trainer, checkpoints, start, team)
    except StudioError as error:
        if error.code == "train.diverged" and (good := checkpoints.newest()) is not None:
            restore(trainer, good)
            save()
            raise StudioError(
                "train.diverged_kept", step=error.values["step"], good_step=step_of(good)
            ) from error
        raise


def build_trainer(
    model: Prepared,
    arguments: SFTConfig,
    lesson: Lesson,
    callbacks: Sequence[TrainerCallback],
    team: Team | None = None,
) -> OrderedTrainer:
    """Give the trainer of a prepared model, on one device or as one of a team; what is learned is held in float32."""
    score_learned_tokens_only()
    if arguments.padding_free:
        attend_alone(model)
    if arguments.bf16:
        fill_batches_up(model)
    rows = lesson.train_rows, lesson.held_out_rows
    named: dict[str, Any] = {
        "model": model,
        "args": arguments,
        "processing_class": lesson.tokenizer,
    }
    if team is not None and team.size > 1:
        trainer = share_trainer(team, rows, callbacks, **named)
    else:
        trainer = OrderedTrainer(**datasets_of(*rows), callbacks=[*callbacks], **named)
    keep_learned_in_float32(trainer.accelerator.unwrap_model(trainer.model))
    return trainer


def packs(task: Task, own: Recipe, lesson: Lesson) -> bool:
    """Tell whether examples are put one after the other, as the plan has said before the start."""
    shape = task.model.shape
    return shape is not None and is_packed(own, shape, lesson.lengths)


def tell_filling(task: Task, lesson: Lesson, arguments: SFTConfig) -> float:
    """Tell what packing saves; give the share of all tokens calculated that only fill up."""
    share = filled_share(lesson.lengths, arguments.per_device_train_batch_size)
    if not arguments.padding_free:
        return round(share, 4)
    task.note("examples_packed", percent=round(100 * share))
    return 0.0


def training_arguments(
    task: Task, lesson: Lesson, dtype: torch.dtype, team: Team | None = None
) -> SFTConfig:
    """Give TRL's words for the recipe's; everything not named here is TRL's default."""
    training = task.recipe.training
    own = part_of(task.recipe, team.size if team else 1)
    steps = count_steps(training, len(lesson.train_rows))
    between_checks = steps_between_checks(training, steps)
    is_on_gpu = (team.device if team else pick_device()).type == "cuda"
    return SFTConfig(
        output_dir=str(task.folder.checkpoints),
        num_train_epochs=training.epochs,
        max_steps=training.max_steps or -1,
        per_device_train_batch_size=own.training.batch_rows,
        per_device_eval_batch_size=training.batch_rows,
        gradient_accumulation_steps=own.training.accumulation_steps,
        activation_checkpointing=training.gradient_checkpointing,
        learning_rate=training.learning_rate,
        warmup_steps=min(training.warmup_steps, steps // 2),
        lr_scheduler_type=training.schedule,
        weight_decay=training.weight_decay,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        padding_free=packs(task, own, lesson),
        seed=training.seed,
        bf16=dtype == torch.bfloat16,
        fp16=False,
        use_cpu=not is_on_gpu,
        dataloader_pin_memory=is_on_gpu,
        logging_steps=math.ceil(steps / MOST_LOGGED_STEPS),
        logging_first_step=True,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if lesson.held_out_rows else "no",
        eval_steps=between_checks,
        save_strategy="steps",
        save_steps=between_checks,
        # Ours: it looks at the new one before it removes an old one.
        save_total_limit=None,
        # Our followers report; these are the names that they use.
        report_to=[],
        run_name=run_name(task),
        project=task.recipe.tracking.project,
        disable_tqdm=True,
    )


def template_hash(tokenizer: PreTrainedTokenizerBase) -> str:
    """Give the SHA-256 of the chat template, by which a run knows the template it was trained with."""
    return hashlib.sha256(str(tokenizer.chat_template).encode()).hexdigest()
