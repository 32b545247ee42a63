"""A search on the tiny model: every try is what a training by itself would be, and whatever a try comes to is a result."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio.domain.job import Event, JobFolder, Outcome, read_events, write_by_rename
from studio.domain.recipe import Recipe
from studio.domain.tries import Board, read_board
from studio.services.processes import Handle
from studio.services.workspace import Workspace
from studio.worker import trying
from studio.worker.run import perform
from studio.worker.task import read_spec
from tests.made_tries import ended, store_try
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

RATES = {"training.learning_rate": [0.02, 0.01, 0.005]}


def board_of(folder: JobFolder) -> Board:
    return read_board(folder, is_running=False)


def told(folder: JobFolder, kind: str) -> list[Event]:
    return [event for event in read_events(folder.events, 0)[0] if event.kind == kind]


def recipe_of(folder: JobFolder, number: int) -> dict[str, Any]:
    """Give the sections that repeat a try by itself."""
    recipe = Recipe.model_validate(read_spec(folder.attempt(number))["recipe"])
    return {name: getattr(recipe, name).model_dump() for name in ("method", "training")}


def test_each_try_is_what_a_training_by_itself_would_be_and_the_best_is_kept(
    search: Train, train: Train
) -> None:
    job, outcome = search(
        search={"vary": {**RATES, "method.rank": [2, 4]}, "tries": 4, "end_early": "never"},
        method={"type": "lora", "dropout": 0.1},
    )
    board = board_of(job.folder)
    assert [one.state for one in board.tries] == ["done"] * 4
    # Read once from the disk, and tokenised once.
    assert [event.values["count"] for event in told(job.folder, "base_loaded")] == [1]
    assert [one.is_twin for one in board.tries] == [False, True, False, False]
    assert board.tries[0].settings == board.tries[1].settings
    assert board.noise is not None
    assert board.noise > 0
    assert board.best is not None
    best = board.best.number
    assert board.best.value == min(one.value or 9 for one in board.tries)
    kept = [one.number for one in board.tries if job.folder.attempt(one.number).tuned]
    assert kept == [best] == [outcome.values["best"]]
    assert outcome.values["reason"] == "tries"
    again, values = train(**recipe_of(job.folder, best))
    assert values.values["kept_held_out_loss"] == board.best.value
    ours, theirs = (
        load_file(folder / "adapter_model.safetensors")
        for folder in (job.folder.attempt(best).adapter, again.folder.adapter)
    )
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_try_leaves_nothing_behind_for_the_next_one(search: Train, train: Train) -> None:
    methods = ["full", "qlora", "prefix", "lora", "freeze"]
    job, _ = search(
        search={"vary": {"method.type": methods}, "how": "grid", "measure_noise": False},
        method={"type": "full"},
    )
    tries = board_of(job.folder).tries
    assert [one.settings["method.type"] for one in tries] == methods
    # In full precision twice (learned, and below an adapter, are one), and in 4 bits.
    assert [event.values["count"] for event in told(job.folder, "base_loaded")] == [1, 2]
    for one in tries[1:]:
        _, alone = train(**recipe_of(job.folder, one.number))
        assert alone.values["kept_held_out_loss"] == one.value, one.settings


def test_bad_tries_end_early_and_say_so(search: Train) -> None:
    rates = [0.02, 0.01, 0.015, 1e-7]
    job, _ = search(
        search={"vary": {"training.learning_rate": rates}, "how": "grid", "measure_noise": False},
        training={"max_steps": 8},
    )
    tries = board_of(job.folder).tries
    assert [one.state for one in tries] == ["done", "done", "done", "pruned"]
    # At its second check of four; the first one is too early to tell.
    assert [step for step, _ in tries[3].points] == [2, 4]
    assert tries[3].value == min(loss for _, loss in tries[3].points)
    assert job.folder.attempt(4).tuned is None


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (torch.OutOfMemoryError("out of memory"), "train.out_of_memory", "all_out_of_memory"),
        (float("nan"), "train.diverged", "all_diverged"),
    ],
)
def test_memory_and_numbers_that_do_not_do_are_results(
    search: Train, monkeypatch: pytest.MonkeyPatch, failure: Any, code: str, said: str
) -> None:
    prepared = trying.prepare_model

    def prepare(*given: Any) -> Any:
        if isinstance(failure, Exception):
            raise failure
        model = prepared(*given)
        next(p for p in model.parameters() if p.requires_grad).data.fill_(failure)
        return model

    monkeypatch.setattr(trying, "prepare_model", prepare)
    job, outcome = search(search={"vary": RATES, "tries": 2})
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.values) == (f"search.{said}", {"count": 2})
    codes = [one.error.code for one in board_of(job.folder).tries if one.error]
    assert codes == [code, code]


def test_a_twin_that_was_cut_short_comes_once_more_and_numbers_can_be_read(search: Train) -> None:
    rates = {"training.learning_rate": {"low": 0.0012345, "high": 0.02, "log": True}}

    def leave_twin(folder: JobFolder) -> None:
        store_try(folder, 1, Outcome("done", None, ended("done", 3.0)), settings=own)
        store_try(folder, 2, None, settings=own, is_twin=True)

    own = {"training.learning_rate": 0.01}
    job, _ = search(leave_twin, search={"vary": rates, "tries": 4})
    tries = board_of(job.folder).tries
    assert [one.is_twin for one in tries] == [False, True, True, False, False]
    assert tries[2].settings == own
    drawn = [one.settings["training.learning_rate"] for one in tries[3:]]
    assert all(value == float(f"{value:.3g}") or value == 0.0012345 for value in drawn)


def test_without_held_out_examples_there_is_nothing_to_judge_by(
    search: Train, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n')
    dataset = tiny_workspace.datasets.add_file(path, path.name, 0)
    _, outcome = search(search={"vary": RATES, "tries": 2}, data={"id": dataset.id})
    assert outcome.error is not None
    assert outcome.error.code == "search.nothing_held_out"


def during(place: Callable[[], Path], then: Callable[[], None]) -> threading.Thread:
    """Do something as soon as a file is there."""

    def wait() -> None:
        until = time.monotonic() + 60
        while not place().exists() and time.monotonic() < until:
            time.sleep(0.01)
        then()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_one_try_is_stopped_and_a_paused_search_goes_on_with_the_try_it_left(
    search: Train,
) -> None:
    def first(folder: JobFolder) -> None:
        during(lambda: folder.attempt(1).events, folder.attempt(1).cancel.touch)
        during(lambda: folder.attempt(2).events, folder.cancel.touch)

    job, outcome = search(first, search={"vary": RATES, "tries": 3}, training={"max_steps": 3000})
    assert outcome.state == "cancelled"
    tries = board_of(job.folder).tries
    assert [(one.state, one.is_counted) for one in tries] == [("stopped", True), ("stopped", False)]
    job.folder.cancel.unlink()
    job.folder.result.unlink(missing_ok=True)
    during(lambda: job.folder.attempt(3).events, job.folder.cancel.touch)
    perform(job.folder)
    again = board_of(job.folder).tries
    assert again[2].settings == tries[1].settings


def test_what_somebody_asks_for_comes_next_even_outside_of_the_limits(search: Train) -> None:
    wished = {"training.learning_rate": 0.5, "training.weight_decay": 0.1}

    def ask(folder: JobFolder) -> None:
        folder.wishes.mkdir()
        text = json.dumps({"settings": wished, "clone_of": 1})
        during(
            lambda: folder.attempt(1).events,
            lambda: write_by_rename(folder.wishes / "1.json", text),
        )

    job, _ = search(ask, search={"vary": RATES, "tries": 3, "measure_noise": False})
    tries = board_of(job.folder).tries
    assert [one.clone_of for one in tries] == [None, 1, None]
    assert tries[1].settings == wished
    assert recipe_of(job.folder, 2)["training"]["weight_decay"] == 0.1


@pytest.mark.parametrize("damage", ["none", "torn", "locked", "broken"])
def test_after_a_kill_the_search_goes_on_with_the_next_try(search: Train, damage: str) -> None:
    job, _ = search(search={"vary": {**RATES, "method.rank": [2, 4]}, "tries": 2})
    killed = job.folder.attempt(3)
    killed.path.mkdir()
    asked = {"try": {"number": 3, "settings": {"method.rank": 4}, "is_twin": False}}
    killed.spec.write_text(str(asked))
    text = job.folder.study.read_text()
    changed = {"none": text, "torn": text + '{"op_co', "broken": "\x00" * 50 + "\n" + text}
    job.folder.study.write_text(changed.get(damage, text))
    if damage == "locked":
        # As Optuna's own lock is left where its holder was killed.
        lock = job.folder.study.with_name("study.log.lock")
        lock.unlink()
        lock.symlink_to(job.folder.study)
    spec = job.folder.spec.read_text()
    job.folder.spec.write_text(spec.replace("tries: 2", "tries: 4"))
    outcome = perform(job.folder)
    board = board_of(job.folder)
    assert outcome.state == "done"
    assert [one.number for one in board.tries] == [1, 2, 3, 4, 5]
    assert [one.is_counted for one in board.tries] == [True, True, False, True, True]
    assert [one.is_twin for one in board.tries] == [False, True, False, False, False]
    assert board.tries[2].error is not None
    assert board.tries[2].error.code == "search.try_died"
    renewed = [e for e in told(job.folder, "note") if e.values["code"] == "study_renewed"]
    assert len(renewed) == (damage == "broken")
    assert job.folder.study.with_name("study.log.broken").exists() == (damage == "broken")


def test_the_best_becomes_a_training_and_more_tries_go_on_from_the_earlier_ones(
    search: Train, tiny_workspace: Workspace
) -> None:
    job, outcome = search(search={"vary": RATES, "tries": 2, "measure_noise": False})
    tiny_workspace.jobs.claim(Handle(1, 1.0))
    tiny_workspace.jobs.finish(job.id, outcome)
    best = tiny_workspace.searches.use_best(job.id)
    assert tiny_workspace.searches.use_best(job.id) == best
    assert (best.kind, best.state) == ("train", "done")
    snapshot = tiny_workspace.runs.snapshot(best.id)
    board = tiny_workspace.searches.board(job.id)
    assert board.best is not None
    assert board.best.value in [loss for _, loss in snapshot.held_out_points]
    assert best.folder.tuned is not None
    assert load_file(best.folder.adapter / "adapter_model.safetensors")
    more = tiny_workspace.submit_resume(job.id, "more", ["search.tries=3"])
    assert perform(more.folder).state == "done"
    assert [one.settings for one in board_of(more.folder).tries][:2] == [
        one.settings for one in board.tries
    ]
    assert len(board_of(more.folder).tries) == 3
