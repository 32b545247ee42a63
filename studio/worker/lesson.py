"""What is learned: the examples of a job as token ids and labels, and what was left out on the way."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from studio.domain.records import read_rows
from studio.errors import StudioError
from studio.worker.chunking import encode_chunks
from studio.worker.fitting import Limit, fit_row
from studio.worker.task import Task

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
