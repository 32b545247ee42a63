"""A training on a disk that is really full: what was stored stays whole, and it goes on when there is room."""

from contextlib import ExitStack
from typing import Any

import pytest

from studio.domain.checkpoint_files import list_checkpoints, newest_step
from studio.domain.job import JobFolder
from studio.i18n import languages, translator
from studio.runner.deaths import Death, explain_death
from studio.services.runs import resume_refusal
from studio.services.workspace import Workspace
from studio.worker.run import perform
from tests.small_disk import SmallDisk, resize, small_disk
from tests.worker.conftest import Train
from tests.worker.test_resuming import LONG, METHOD, break_at, finish, go_on, notes, told

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


def test_a_checkpoint_without_room_ends_the_training_and_it_goes_on_with_room(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = train(training=LONG, method=METHOD)
    tiny_workspace.jobs.request_cancel(whole.id)
    disks: list[SmallDisk] = []

    def on_small_disk(folder: JobFolder) -> None:
        disks.append(stack.enter_context(small_disk(folder.checkpoints, kib=8_000)))

    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        break_at(patch, 4, lambda *_, **__: disks[0].fill())
        job, outcome = train(on_small_disk, training=LONG, method=METHOD)
        assert outcome.error is not None
        assert outcome.error.code == "train.disk_full"
        assert 0 < outcome.error.values["needed_mb"] < 100
        assert [path.name for path in list_checkpoints(job.folder.checkpoints)] == ["checkpoint-3"]
        finish(tiny_workspace, job, outcome)
        disks[0].free()
        assert resume_refusal(tiny_workspace.jobs.get(job.id)) is None
        again, outcome = go_on(tiny_workspace, job)
    assert outcome.state == "done"
    assert notes(again.folder)["resumed"]["step"] == 3
    assert told(again.folder, "log", "loss") == told(whole.folder, "log", "loss")


def test_a_job_that_cannot_even_tell_its_end_is_told_by_the_runner_and_goes_on(
    train: Train, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = tiny_workspace.settings.home.jobs
    with small_disk(jobs, kib=30_000) as disk:
        break_at(monkeypatch, 4, lambda *_, **__: disk.fill())
        # No block is left; what still fits into the last one of a file is written.
        with pytest.raises(OSError, match="No space"):
            train(training={**LONG, "max_steps": 500}, method=METHOD)
        (job,) = tiny_workspace.jobs.list("train")
        assert job.folder.outcome() is None
        outcome = explain_death(job, Death(1))
        finish(tiny_workspace, job, outcome)
        assert outcome.error is not None
        assert outcome.error.code == "worker.disk_full"
        disk.free()
        assert newest_step(job.folder) == 3
        again = tiny_workspace.submit_resume(job.id, key="again")
        assert newest_step(again.folder) == 3


def test_an_export_without_room_leaves_no_file_that_looks_finished(
    train: Train, tiny_workspace: Workspace
) -> None:
    job, outcome = train()
    finish(tiny_workspace, job, outcome)
    export = tiny_workspace.submit_export(job.id, None, key="e")
    with small_disk(export.folder.exports, kib=64) as disk:
        outcome = perform(export.folder)
        assert outcome.error is not None
        assert outcome.error.code == "worker.disk_full"
        assert [path.name for path in disk.folder.iterdir() if path.suffix == ".zip"] == []
        # An export keeps some room on the disk besides its own.
        resize(disk, kib=600_000)
        assert perform(export.folder).state == "done"


@pytest.mark.parametrize("lang", languages())
def test_the_sentence_says_how_much_room_is_needed(lang: str) -> None:
    values: dict[str, Any] = {"needed_mb": 12_345}
    assert "12,345 MB" in translator(lang)("errors.train.disk_full.fix", **values)
