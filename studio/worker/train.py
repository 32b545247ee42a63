"""Train: data -> model -> TRL's trainer -> adapter. Reads top to bottom.

Tensors do not appear here; rows are lists of token ids of varying length, padded per batch by TRL's collator.
"""

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback
from trl import SFTConfig

from studio.domain.catalog import read_model
from studio.domain.checkpoint_files import step_of
from studio.domain.packing import filled_share, is_packed
from studio.domain.recipe import Recipe
from studio.domain.records import read_rows
from studio.errors import StudioError
from studio.worker.checkpoints import Checkpoints
from studio.worker.chunking import encode_chunks
from studio.worker.fitting import Limit, fit_row
from studio.worker.following import followed, make_followers, run_name
from studio.worker.greedy import Speaker
from studio.worker.judging import Judge
from studio.worker.learning import (
    find_start,
    keep_learned_in_float32,
    learn,
    restore,
    settle,
)
from studio.worker.loading import choose_dtype, end_of_turn_ids, pick_device
from studio.worker.methods import METHODS, Origin, Prepared
from studio.worker.ordering import OrderedTrainer
from studio.worker.packing import attend_alone
from studio.worker.reporting import Reporter
from studio.worker.samples import Sampler
from studio.worker.saving import save_tuned
from studio.worker.scoring import score_learned_tokens_only
from studio.worker.stop_test import try_stopping
from studio.worker.task import Task
from studio.worker.templates import load_tokenizer

EVALUATIONS_PER_TRAINING = 10
MOST_LOGGED_STEPS = 2_000
Rows = list[dict[str, list[int]]]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned and what is held out, as token ids and labels, with the tokenizer that made them."""

    tokenizer: PreTrainedTokenizerBase
    train_rows: Rows
    held_out_rows: Rows

    @property
    def lengths(self) -> np.ndarray:
        """Give the tokens of each learned example."""
        return np.array([len(row["input_ids"]) for row in self.train_rows])


def train(task: Task) -> dict[str, Any]:
    """Run one training and give the values of its outcome; a cancelled one keeps what it has learned so far.

    Raises:
        StudioError: `train.nothing_to_learn`, `train.loss_zero`, `train.diverged`, `train.diverged_kept`,
            `train.out_of_memory`, `model.*`.
    """
    started = time.time()
    recipe, device = task.recipe, pick_device()
    task.enter("loading")
    choice = choose_dtype(device, recipe.training.compute_dtype)
    task.note(choice.reason, **choice.values)
    tokenizer = load_tokenizer(task.model_path)
    further = task.folder.start if recipe.model.continue_from is not None else None
    origin = Origin(task.model_path, device, choice.dtype, recipe.training.seed, further)
    model = METHODS[recipe.method.type](origin, recipe.method)

    task.enter("preparing")
    lesson = prepare_lesson(task, tokenizer)
    checkpoints = Checkpoints(task)
    start, earlier = find_start(task, checkpoints)
    reporter = Reporter(task, device, earlier)
    judge = Judge(task, recipe.training, checkpoints, reporter.earlier_checks)
    sampler = Sampler(task, reporter.go_on)
    followers = make_followers(task, earlier)
    arguments = training_arguments(task, lesson, choice.dtype)
    filled = tell_filling(task, lesson, arguments)
    # The judge comes first: what it finds best, the checkpoints keep.
    callbacks = [reporter, judge, checkpoints, sampler, *followers]
    trainer = build_trainer(model, arguments, lesson, callbacks)
    tuned = trainer.accelerator.unwrap_model(trainer.model)
    stop_ids = end_of_turn_ids(model, tokenizer)
    speaker = Speaker(tuned, tokenizer, stop_ids, lambda: task.is_cancelled)
    if trainer.is_world_process_zero():
        sampler.begin(speaker, is_resumed=start is not None)
    save = partial(save_tuned, tuned, tokenizer, stop_ids, task)
    with followed(followers, task):
        learn_or_keep_good(trainer, tuned, checkpoints, start, save)
    if task.folder.discard.exists():
        checkpoints.remove_all()
        return {"kept": None, "steps": trainer.state.global_step}
    kept = settle(trainer, tuned, checkpoints, recipe.training.keep)
    task.emit("kept", step=kept["kept_step"], which=kept["kept"])

    task.enter("saving")
    saved = save()
    return {
        "saved": saved.name,
        "steps": trainer.state.global_step,
        **kept,
        "stop_test": try_stopping(task, speaker),
        "loss": reporter.last_loss,
        "held_out_loss": reporter.last_held_out_loss,
        "dtype": str(choice.dtype).removeprefix("torch."),
        "device": device.type,
        "template_sha256": template_hash(tokenizer),
        "train_rows": len(lesson.train_rows),
        "held_out_rows": len(lesson.held_out_rows),
        "filled_share": filled,
        "seconds": round(time.time() - started, 2),
    }


def learn_or_keep_good(
    trainer: OrderedTrainer,
    model: PreTrainedModel,
    checkpoints: Checkpoints,
    start: Path | None,
    save: Callable[[], Path],
) -> None:
    """Train to the end; where the numbers run away, store the last good state and tell so."""
    try:
        learn(trainer, model, checkpoints, start)
    except StudioError as error:
        if error.code == "train.diverged" and (good := checkpoints.newest()) is not None:
            restore(trainer, model, good)
            save()
            raise StudioError(
                "train.diverged_kept", step=error.values["step"], good_step=step_of(good)
            ) from error
        raise


def prepare_lesson(task: Task, tokenizer: PreTrainedTokenizerBase) -> Lesson:
    """Give the examples of a job as the trainer takes them.

    Raises:
        StudioError: `train.nothing_to_learn`.
    """
    train_rows = encode_rows(task, tokenizer, task.folder.train_rows, "train")
    held_out_rows = encode_rows(task, tokenizer, task.folder.held_out_rows, "held_out")
    if not train_rows:
        limit = task.recipe.training.max_length_tokens
        raise StudioError("train.nothing_to_learn", max_length_tokens=limit)
    return Lesson(tokenizer, train_rows, held_out_rows)


def build_trainer(
    model: Prepared, arguments: SFTConfig, lesson: Lesson, callbacks: Sequence[TrainerCallback]
) -> OrderedTrainer:
    """Give the trainer of a prepared model; what is learned is held in float32."""
    score_learned_tokens_only()
    if arguments.padding_free:
        attend_alone(model)
    trainer = OrderedTrainer(
        model=model,
        args=arguments,
        processing_class=lesson.tokenizer,
        train_dataset=Dataset.from_list(lesson.train_rows),
        eval_dataset=Dataset.from_list(lesson.held_out_rows) if lesson.held_out_rows else None,
        callbacks=[*callbacks],
    )
    keep_learned_in_float32(trainer.accelerator.unwrap_model(trainer.model))
    return trainer


def encode_rows(task: Task, tokenizer: PreTrainedTokenizerBase, path: Path, part: str) -> Rows:
    """Turn stored rows into token ids and labels; whatever is not learned as it is, is counted aloud.

    By default a row is never cut: its end-of-turn mark would go first, and a model that never sees the mark never
    stops (P4).
    """
    if not path.exists():
        return []
    if task.recipe.is_in_chunks:
        return encode_chunks(task, tokenizer, path, part)
    limit = Limit.of(task.recipe.training)
    rows: Rows = []
    counts: Counter[str] = Counter()
    failure: StudioError | None = None
    for row in read_rows(path):
        try:
            fitted = fit_row(tokenizer, row, limit)
        except StudioError as error:
            failure = failure or error
            counts["rows_not_written"] += 1
            continue
        counts.update(fitted.notes())
        learned = [piece for pieces in fitted.pieces for piece in pieces]
        rows += [{"input_ids": piece.input_ids, "labels": piece.labels} for piece in learned]
    if failure is not None and not rows and part == "train":
        raise failure
    for code, count in sorted(counts.items()):
        task.note(code, part=part, count=count, max_length_tokens=limit.most_tokens)
    return rows


def packs(task: Task, lesson: Lesson) -> bool:
    """Tell whether examples are put one after the other, as the plan has said before the start."""
    shape = read_model(task.model_path, task.spec["model"]["id"]).shape
    return shape is not None and is_packed(task.recipe, shape, lesson.lengths)


def tell_filling(task: Task, lesson: Lesson, arguments: SFTConfig) -> float:
    """Tell what packing saves; give the share of all tokens calculated that only fill up."""
    share = filled_share(lesson.lengths, task.recipe.training.batch_rows)
    if not arguments.padding_free:
        return round(share, 4)
    task.note("examples_packed", percent=round(100 * share))
    return 0.0


def count_steps(recipe: Recipe, row_count: int) -> int:
    """Give the number of optimizer steps, counted as transformers' Trainer does (the last batch may be smaller)."""
    batches = math.ceil(row_count / recipe.training.batch_rows)
    per_epoch = max(1, math.ceil(batches / recipe.training.accumulation_steps))
    steps = math.ceil(per_epoch * recipe.training.epochs)
    return min(steps, recipe.training.max_steps or steps)


def training_arguments(task: Task, lesson: Lesson, dtype: torch.dtype) -> SFTConfig:
    """Give TRL's words for the recipe's; everything not named here is TRL's default."""
    training = task.recipe.training
    steps = count_steps(task.recipe, len(lesson.train_rows))
    between_checks = training.eval_every_steps or max(1, steps // EVALUATIONS_PER_TRAINING)
    is_on_gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(task.folder.checkpoints),
        num_train_epochs=training.epochs,
        max_steps=training.max_steps or -1,
        per_device_train_batch_size=training.batch_rows,
        per_device_eval_batch_size=training.batch_rows,
        gradient_accumulation_steps=training.accumulation_steps,
        activation_checkpointing=training.gradient_checkpointing,
        learning_rate=training.learning_rate,
        warmup_steps=min(training.warmup_steps, steps // 2),
        lr_scheduler_type=training.schedule,
        weight_decay=training.weight_decay,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        padding_free=packs(task, lesson),
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
