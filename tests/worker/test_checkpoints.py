"""Checkpoints that were damaged in thirteen ways: the one before is used, and the damage is told."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.domain.checkpoint_files import (
    MANIFEST,
    find_damage,
    newest_step,
    step_of,
    write_manifest,
)
from studio.domain.job import JobFolder, read_events
from studio.worker.checkpoints import Checkpoints
from studio.worker.task import Task
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
WEIGHTS = "adapter_model.safetensors"


class Explodes:
    """A pickle that leaves a mark where it is run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def truncate(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def flip_a_bit(folder: Path) -> None:
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-2] ^= 0x40
    (folder / WEIGHTS).write_bytes(content)


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def put_pickle(folder: Path) -> None:
    torch.save(Explodes(folder.parent / "exploded"), folder / "optimizer.pt")
    write_manifest(folder, step_of(folder) or 0)


def say_another_step(folder: Path) -> None:
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "global_step": 3}))
    write_manifest(folder, step_of(folder) or 0)


def put_nan(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    next(iter(tensors.values())).view(-1)[0] = float("nan")
    save_file(tensors, folder / WEIGHTS)
    write_manifest(folder, step_of(folder) or 0)


# The table of P13 with the two of REL-40 added: thirteen ways, and what each is called.
DAMAGES: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "state missing": (remove("trainer_state.json"), "checkpoint_incomplete"),
    "state truncated": (truncate("trainer_state.json"), "checkpoint_changed"),
    "weights truncated": (truncate(WEIGHTS), "checkpoint_changed"),
    "weights missing": (remove(WEIGHTS), "checkpoint_incomplete"),
    "empty folder": (empty, None),
    "optimizer truncated": (truncate("optimizer.pt"), "checkpoint_changed"),
    "random numbers truncated": (truncate("rng_state.pth"), "checkpoint_changed"),
    "bit flipped in weights": (flip_a_bit, "checkpoint_changed"),
    "optimizer missing": (remove("optimizer.pt"), "checkpoint_incomplete"),
    "schedule missing": (remove("scheduler.pt"), "checkpoint_incomplete"),
    "pickle as optimizer": (put_pickle, "checkpoint_unreadable"),
    "wrong step": (say_another_step, "checkpoint_wrong_step"),
    "weights that are no numbers": (put_nan, "checkpoint_not_finite"),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Keep the folder of one training for all damages."""
    return {"folder": tmp_path_factory.mktemp("trained") / "job"}


@pytest.fixture
def checkpoints(trained: dict[str, Path], train: Train, tmp_path: Path) -> Iterator[Checkpoints]:
    """Give the checkpoints of steps 2 and 4 of a training, fresh for each damage."""
    if not trained["folder"].exists():
        job, _ = train(training={"eval_every_steps": 2})
        shutil.copytree(job.folder.path, trained["folder"])
    copy = tmp_path / "job"
    shutil.copytree(trained["folder"], copy)
    with closing(Task.open(copy)) as task:
        yield Checkpoints(task)


def test_there_are_thirteen_damages() -> None:
    assert len(DAMAGES) == 13


def test_the_newest_whole_checkpoint_is_used(checkpoints: Checkpoints) -> None:
    assert [step_of(path) for path in checkpoints.whole()] == [4, 2]


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_checkpoint_is_passed_over_with_a_note(
    checkpoints: Checkpoints, name: str
) -> None:
    damage, code = DAMAGES[name]
    damage(checkpoints.path(4))
    newest = checkpoints.newest()
    assert newest == checkpoints.path(2)
    assert not checkpoints.path(4).exists()
    assert not (checkpoints.folder / "exploded").exists()
    told = [
        e.values["code"]
        for e in read_events(checkpoints.task.folder.events, 0)[0]
        if e.kind == "note"
    ]
    assert told[1:] == ([code] if code else [])


def test_two_are_kept_and_the_best_one(checkpoints: Checkpoints) -> None:
    checkpoints.best_step = 2
    for step in (6, 8, 10):
        shutil.copytree(checkpoints.path(2), checkpoints.path(step))
        (checkpoints.path(step) / MANIFEST).unlink()
        checkpoints.complete(step)
    assert sorted(p.name for p in checkpoints.folder.glob("checkpoint-*")) == [
        "checkpoint-10", "checkpoint-2", "checkpoint-8",
    ]  # fmt: skip


def test_bad_numbers_never_push_out_the_last_good_checkpoint(checkpoints: Checkpoints) -> None:
    for step in (6, 8, 10):
        shutil.copytree(checkpoints.path(4), checkpoints.path(step))
        put_nan(checkpoints.path(step))
        (checkpoints.path(step) / MANIFEST).unlink()
        checkpoints.complete(step)
    assert [step_of(path) for path in checkpoints.whole()] == [4, 2]


def test_a_manifest_is_the_last_thing_that_is_written(checkpoints: Checkpoints) -> None:
    folder = checkpoints.path(4)
    stored = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MANIFEST}
    (folder / MANIFEST).unlink()
    for name in stored:
        (folder / name).unlink()
    # A save that is killed at each boundary between two files.
    for name, content in stored.items():
        assert find_damage(folder) == "unfinished"
        assert newest_step(JobFolder(checkpoints.folder.parent)) == 2
        (folder / name).write_bytes(content)
    assert checkpoints.newest() == checkpoints.path(2)
