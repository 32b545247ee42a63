"""Why a worker is gone that left no word: by its exit code, the kernel's counters and the disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from studio.domain.job import Job
from studio.i18n import languages, translator
from studio.runner import deaths
from studio.runner.deaths import Death, explain_death
from studio.services.jobs import JobQueue
from studio.services.machine import out_of_memory_kills
from studio.services.processes import Handle
from studio.services.workspace import Workspace
from tests.small_disk import small_disk

KILLED = Death(exit_code=-9)


@pytest.fixture
def job(workspace: Workspace) -> Job:
    return workspace.jobs.submit("train", "a", {}, key="k")


@pytest.mark.parametrize(
    ("death", "code"),
    [
        (KILLED, "worker.killed"),
        (replace(KILLED, ran_out_of_memory=True), "worker.out_of_memory"),
        (Death(None, ran_out_of_memory=True), "worker.out_of_memory"),
        (replace(KILLED, has_restarted=True, ran_out_of_memory=True), "worker.restarted"),
        (Death(1), "worker.died"),
        (Death(None), "worker.died"),
    ],
)
def test_a_death_is_told_by_its_cause(job: Job, death: Death, code: str) -> None:
    outcome = explain_death(job, death)
    assert outcome.error is not None
    assert (outcome.state, outcome.error.code) == ("failed", code)


def test_what_was_to_stop_is_cancelled_whatever_it_died_of(job: Job) -> None:
    job.folder.cancel.touch()
    assert explain_death(job, KILLED).state == "cancelled"


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("code", ["worker.killed", "worker.out_of_memory", "train.device_killed"])
def test_the_memory_that_ran_out_is_named(lang: str, code: str) -> None:
    what = translator(lang)(f"errors.{code}.what", number=2, of=2)
    assert "RAM" in what
    assert "GPU" in what


@pytest.mark.parametrize(("kills", "is_told"), [(4, False), (5, True)])
def test_only_a_kill_for_want_of_memory_since_the_start_counts(
    monkeypatch: pytest.MonkeyPatch, kills: int, is_told: bool
) -> None:
    monkeypatch.setattr(deaths, "out_of_memory_kills", lambda: kills)
    handle = Handle(4_000_000, 1.0)
    assert Death.look(handle, -9, kills_before=4).ran_out_of_memory is is_told
    # A worker that ended by itself did not die of it.
    assert not Death.look(handle, 1, kills_before=4).ran_out_of_memory


def test_the_kernels_count_is_read_where_there_is_one(tmp_path: Path) -> None:
    system = tmp_path / "vmstat"
    assert out_of_memory_kills(tmp_path, system) == 0
    system.write_text("nr_free_pages 12\noom_kill 7\n")
    assert out_of_memory_kills(tmp_path, system) == 7
    (tmp_path / "memory.events").write_text("low 0\noom 4\noom_kill 3\noom_group_kill 0\n")
    assert out_of_memory_kills(tmp_path, system) == 3


def test_a_worker_that_could_not_even_write_its_end_had_no_room(
    workspace: Workspace, job: Job
) -> None:
    with small_disk(job.folder.path.parent, kib=512) as disk:
        again = JobQueue(workspace.settings.home).submit("train", "a", {}, key="k2")
        disk.fill()
        outcome = explain_death(again, Death(1))
    assert outcome.error is not None
    assert outcome.error.code == "worker.disk_full"
