"""How many threads compute, and that a training leaves cores to whatever else uses them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from transformers import LlamaModel

from studio.worker import threads
from studio.worker.team import Team
from studio.worker.threads import (
    ANSWERS_ON_ONE_BELOW,
    LEARNS_ON_ONE_BELOW,
    Clocks,
    FollowLoad,
    compute_on,
    count_free_cores,
    threads_for,
    use_threads,
)
from tests.worker.conftest import Train

pytestmark = pytest.mark.filterwarnings("default")
BUSY = "while True: pass"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the tiny model count as a large one on two cores; give the threads of each pass of a training."""
    monkeypatch.setattr(threads, "ALL_THREADS", 2)
    monkeypatch.setattr(threads, "LEARNS_ON_ONE_BELOW", 0)
    monkeypatch.setattr(threads, "LOOK_SECONDS", 0.0)
    counts: list[int] = []
    original = LlamaModel.forward

    def forward(self: LlamaModel, *args: Any, **rest: Any) -> Any:
        if self.training:
            counts.append(torch.get_num_threads())
        return original(self, *args, **rest)

    monkeypatch.setattr(LlamaModel, "forward", forward)
    return counts


def test_small_models_answer_on_one_thread_and_others_on_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "ALL_THREADS", 3)
    for parameters, count in (
        (ANSWERS_ON_ONE_BELOW - 1, 1),
        (ANSWERS_ON_ONE_BELOW, 3),
    ):
        use_threads(parameters)
        assert torch.get_num_threads() == count


@pytest.mark.parametrize(
    ("cores", "free", "count"),
    [(2, 2.01, 2), (2, 1.8, 2), (2, 1.7, 1), (2, 1.0, 1), (2, 0.2, 1), (16, 15.9, 16), (16, 12.6, 12), (8, 63.0, 8)],
)  # fmt: skip
def test_a_core_that_others_use_is_left_to_them(
    monkeypatch: pytest.MonkeyPatch, cores: int, free: float, count: int
) -> None:
    monkeypatch.setattr(threads, "ALL_THREADS", cores)
    assert threads_for(free) == count


def test_what_is_idle_and_what_one_uses_oneself_is_free() -> None:
    # Four seconds of four cores: 5 core seconds idle, 6 our own, 5 those of others.
    assert count_free_cores(Clocks(10.0, 100.0, 7.0), Clocks(14.0, 105.0, 13.0)) == 2.75


def test_processes_beside_this_one_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LOOK_SECONDS", 1.0)
    torch.set_num_threads(threads.ALL_THREADS)
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(threads.ALL_THREADS)]
    try:
        follower = FollowLoad()
        follower.on_step_end()
        assert torch.get_num_threads() == threads.ALL_THREADS, "there was nothing to see yet"
        time.sleep(1.5)
        follower.on_step_end()
        assert torch.get_num_threads() == 1
    finally:
        for other in others:
            other.kill()
            other.wait()


@pytest.mark.train
def test_a_training_gives_a_core_up_and_takes_it_back(
    train: Train, seen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([2.0, 1.0, 1.1, 2.0, 2.0, 2.0])
    monkeypatch.setattr(threads, "count_free_cores", lambda *_: next(free))
    _, outcome = train(training={"max_steps": 6}, data={"held_out_percent": 0})
    assert outcome.state == "done"
    assert seen == [2, 2, 1, 1, 2, 2]


@pytest.mark.train
def test_a_number_asked_for_stays(
    train: Train, seen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "count_free_cores", lambda *_: 1.0)
    train(training={"cpu_threads": 2})
    assert set(seen) == {2}


def test_the_smallest_models_are_not_watched() -> None:
    cpu = torch.device("cpu")
    alone, one_of_two = Team(cpu).is_one_cpu, Team(cpu, 0, 2).is_one_cpu
    assert (alone, one_of_two, Team(torch.device("cuda")).is_one_cpu) == (True, False, False)
    assert compute_on(None, LEARNS_ON_ONE_BELOW - 1, alone) == ()
    assert torch.get_num_threads() == 1
    assert compute_on(None, LEARNS_ON_ONE_BELOW, one_of_two) == ()
    assert len(compute_on(None, LEARNS_ON_ONE_BELOW, alone)) == 1
