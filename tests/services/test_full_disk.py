"""A disk that is really full, or closed: nothing is half done, nobody falls over, and with room it goes on."""

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.domain.importing import ImportOrder, Source
from studio.domain.job import Outcome
from studio.errors import StudioError
from studio.i18n import languages, translator
from studio.runner.runner import Runner
from studio.services.database import migrate
from studio.services.jobs import JobQueue
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings
from studio.ui.page import error_markup
from studio.worker.run import perform
from tests.runner.test_runner import FakeExecutor
from tests.small_disk import SmallDisk, resize, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", kib=1_024) as disk:
        yield disk


@pytest.fixture
def jobs(disk: SmallDisk) -> JobQueue:
    home = Home(disk.folder / "home").create()
    migrate(home.database)
    return JobQueue(home)


def test_a_list_of_jobs_without_room_stays_as_it_was(disk: SmallDisk, jobs: JobQueue) -> None:
    first = jobs.submit("train", "a", {"x": 1}, key="a")
    disk.fill()
    with pytest.raises(StudioError, match=r"home\.disk_full"):
        jobs.submit("train", "b", {"x": 1}, key="b")
    with pytest.raises(StudioError, match=r"home\.disk_full"):
        jobs.request_cancel(first.id)
    assert [job.id for job in jobs.list()] == [first.id]
    disk.free()
    assert jobs.submit("train", "b", {"x": 1}, key="b").state == "queued"
    with sqlite3.connect(jobs.home.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_home_that_cannot_be_written_to_is_refused_in_words(
    disk: SmallDisk, jobs: JobQueue
) -> None:
    remount = ["mount", "-o", "remount,ro", str(disk.folder)]
    subprocess.run(remount, check=True)
    with pytest.raises(StudioError, match=r"home\.not_writable"):
        open_workspace(Settings(home=jobs.home))
    with pytest.raises(StudioError, match=r"home\.not_writable"):
        jobs.submit("train", "a", {}, key="k")
    with pytest.raises(StudioError, match=r"home\.not_writable"):
        open_workspace(Settings(home=Home(disk.folder / "another")))
    assert jobs.list() == []


def test_an_end_that_cannot_be_stored_is_stored_when_there_is_room(
    disk: SmallDisk, jobs: JobQueue
) -> None:
    executor = FakeExecutor()
    runner = Runner(jobs.home, executor, keeps_standby=False)
    job = jobs.submit("import", "a", {}, key="k")
    runner.tick()
    Outcome("done", None, {}).write(job.folder)
    executor.alive.clear()
    disk.fill()
    with pytest.raises(StudioError, match=r"home\.disk_full"):
        runner.tick()
    assert jobs.get(job.id).state == "running"
    disk.free()
    runner.tick()
    assert jobs.get(job.id).state == "done"


@pytest.mark.parametrize("lang", languages())
def test_a_full_disk_is_said_in_plain_words(lang: str) -> None:
    t = translator(lang)
    for error in (OSError(28, "No space left on device"), StudioError("home.disk_full")):
        assert t("errors.home.disk_full.title") in error_markup(t, error)


def test_an_import_without_room_leaves_nothing_and_comes_again_with_room(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "question,answer\n" + "".join(f"What is {i}?,It is {i}.\n" for i in range(9_000))
    )
    with small_disk(workspace.settings.home.datasets, kib=256) as disk:
        outcomes = []
        for key in "ab":
            order = ImportOrder((Source(path, path.name),))
            job = workspace.submit_import(order, path.name, key)
            outcomes.append(perform(job.folder))
            left = [p for p in disk.folder.iterdir() if p.name != "lost+found"]
            assert bool(left) is (key == "b")
            workspace.jobs.request_cancel(job.id)
            resize(disk, kib=16_000)
    failed, done = outcomes
    assert failed.error is not None
    assert (failed.error.code, done.state) == ("worker.disk_full", "done")
