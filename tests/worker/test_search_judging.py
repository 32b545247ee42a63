"""What tries are judged by: the number on the board is the one that a fresh evaluation of the kept adapter gives."""

from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
import torch
from peft import PeftModel
from transformers import PreTrainedModel

from studio.domain.job import JobFolder
from studio.domain.tries import read_board
from studio.services.workspace import Workspace
from studio.worker.examining import set_exam
from studio.worker.greedy import Speaker
from studio.worker.lesson import prepare_lesson
from studio.worker.loading import end_of_turn_ids, load_model
from studio.worker.task import Task
from studio.worker.templates import load_tokenizer
from studio.worker.train import build_trainer, training_arguments
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

RATES = {"training.learning_rate": [0.02, 0.01, 0.005]}


def evaluate(folder: JobFolder, measure: str) -> tuple[float, float | None]:
    """Load what a try has kept anew and give its held-out loss and its grade."""
    with closing(Task.silent(folder.path)) as task:
        return evaluate_in(task, measure)


def evaluate_in(task: Task, measure: str) -> tuple[float, float | None]:
    folder = task.folder
    tokenizer = load_tokenizer(folder.adapter)
    base = load_model(task.model_path, torch.device("cpu"), torch.float32)
    model = PeftModel.from_pretrained(base, folder.adapter)
    lesson = prepare_lesson(task, tokenizer)
    arguments = training_arguments(task, lesson, torch.float32)
    trainer = build_trainer(cast("PreTrainedModel", model), arguments, lesson, [])
    loss = trainer.evaluate()["eval_loss"]
    stop_ids = end_of_turn_ids(base, tokenizer)
    exam = set_exam(folder.held_out_rows, measure)
    speaker = Speaker(model, tokenizer, stop_ids, lambda: False)
    return loss, exam.grade(speaker) if exam else None


@pytest.mark.parametrize("measure", ["held_out_loss", "rouge_l"])
def test_the_number_on_the_board_is_what_a_fresh_evaluation_gives(
    search: Train, measure: str
) -> None:
    job, outcome = search(
        search={"vary": RATES, "tries": 3, "judge_by": measure, "end_early": "never"},
        training={"max_steps": 24, "eval_every_steps": 6},
    )
    board = read_board(job.folder, is_running=False)
    assert board.judged_by == measure
    assert board.best is not None
    values = [one.value for one in board.tries if one.value is not None]
    assert board.best.value == (min(values) if measure == "held_out_loss" else max(values))
    own = job.folder.attempt(board.best.number)
    loss, grade = evaluate(own, measure)
    assert board.best.value == (loss if grade is None else grade) == outcome.values["value"]
    assert grade is None or 0 < grade < 1
    told = own.outcome()
    assert told is not None
    assert told.values["kept_held_out_loss"] == loss


def test_examples_that_ask_nothing_judge_nothing(
    search: Train, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    def leave_only_texts(folder: JobFolder) -> None:
        folder.held_out_rows.write_text('{"kind": "text", "text": "one", "messages": []}\n' * 2)

    _, outcome = search(
        leave_only_texts, search={"vary": RATES, "tries": 2, "judge_by": "exact_match"}
    )
    assert outcome.error is not None
    assert outcome.error.code == "search.nothing_to_ask"
