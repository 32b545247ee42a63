"""Several devices search together: two processes on the CPU, this one and a real partner, with one study."""

import os
import signal
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.domain.job import JobFolder
from studio.domain.tries import Board, read_board, read_tries
from studio.worker import search as searching
from studio.worker.task import Task
from studio.worker.trying import Asked, Ground
from tests.worker import forked
from tests.worker.conftest import Train
from tests.worker.test_devices import Together, together

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

__all__ = ["together"]
PATIENCE_SECONDS = 60
RATES = [0.02, 0.01, 0.005]
GRID = {"training.learning_rate": RATES, "method.rank": [2, 4]}


@pytest.fixture(scope="module", autouse=True)
def imports() -> None:
    forked.prepare()


def on_two(folder: JobFolder) -> None:
    spec = yaml.safe_load(folder.spec.read_text())
    folder.spec.write_text(yaml.safe_dump({**spec, "devices": ["cpu", "cpu"]}))


def board_of(folder: JobFolder) -> Board:
    return read_board(folder, is_running=False)


@pytest.fixture
def both_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the first device wait in its first try until the second one has begun, too, however long that loads."""
    perform = searching.perform_try

    def wait(task: Task, asked: Asked, ground: Ground) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if any(one.worker == 1 for one in read_tries(task.folder, is_running=True)):
                break
            time.sleep(0.02)
        perform(task, asked, ground)

    monkeypatch.setattr(searching, "perform_try", wait)


@pytest.mark.usefixtures("both_try")
@pytest.mark.parametrize("how", ["grid", "smart"])
def test_no_try_is_done_twice_and_none_is_lost(search: Train, together: Together, how: str) -> None:
    together()
    job, outcome = search(
        on_two,
        search={"vary": GRID, "how": how, "tries": 6, "measure_noise": False, "end_early": "never"},
    )
    board = board_of(job.folder)
    assert outcome.state == "done"
    assert Counter(one.state for one in board.tries) == {"done": 6}
    assert len({str(sorted(one.settings.items())) for one in board.tries}) == 6
    assert {one.worker for one in board.tries} == {0, 1}
    assert board.best is not None
    kept = [one.number for one in board.tries if job.folder.attempt(one.number).tuned]
    assert kept == [board.best.number]


def die_in_the_first_try(place: Path) -> None:
    """Be the second device, whose first process is killed in the middle of a try."""
    from studio.worker import trying  # noqa: PLC0415  in the partner's process
    from studio.worker.team import Team  # noqa: PLC0415
    from studio.worker.train import Ready  # noqa: PLC0415

    train = trying.train_prepared

    def killed(task: Task, team: Team, ready: Ready) -> dict[str, Any]:
        if not place.exists():
            place.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return train(task, team, ready)

    setattr(trying, "train_prepared", killed)  # noqa: B010  a plain assignment is a type error


@pytest.mark.usefixtures("both_try")
def test_a_killed_device_leaves_one_try_that_is_done_again(
    search: Train, together: Together, tmp_path: Path
) -> None:
    together(partial(die_in_the_first_try, tmp_path / "died"))
    job, outcome = search(
        on_two, search={"vary": GRID, "how": "grid", "measure_noise": False, "end_early": "never"}
    )
    tries = board_of(job.folder).tries
    (dead,) = [one for one in tries if not one.is_counted]
    assert (outcome.state, dead.worker) == ("done", 1)
    assert dead.error is not None
    assert dead.error.code == "search.try_died"
    settings = [str(sorted(one.settings.items())) for one in tries if one.is_counted]
    assert len(settings) == len(set(settings)) == 6
