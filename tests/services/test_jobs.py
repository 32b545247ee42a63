"""The job table: nothing is lost, nothing is done twice, an end is an end."""

import threading

import pytest

from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace

HANDLE = Handle(pid=4_000_000, born=1.0)


def submit(workspace: Workspace, key: str, kind: str = "train") -> Job:
    return workspace.jobs.submit(
        "export" if kind == "export" else "train", "a name", {"x": 1}, key=key
    )


def test_a_double_click_gives_one_job(workspace: Workspace) -> None:
    jobs = []
    threads = [
        threading.Thread(target=lambda: jobs.append(submit(workspace, "same"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {job.id for job in jobs} == {1}
    assert len(workspace.jobs.list()) == 1


def test_a_job_is_complete_before_it_is_visible(workspace: Workspace) -> None:
    def fail(_folder: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        workspace.jobs.submit("train", "a", {}, key="k", fill=fail)
    assert workspace.jobs.list() == []
    assert submit(workspace, "k").folder.spec.read_text().startswith("kind: train")


def test_one_training_at_a_time_the_others_wait_in_order(workspace: Workspace) -> None:
    first, second, third = (submit(workspace, key) for key in "abc")
    assert workspace.jobs.claim(HANDLE) == workspace.jobs.get(first.id)
    assert workspace.jobs.claim(HANDLE) is None
    assert [workspace.jobs.get(job.id).queue_place for job in (first, second, third)] == [
        None,
        1,
        2,
    ]
    assert workspace.jobs.finish(first.id, Outcome("done", None, {}))
    claimed = workspace.jobs.claim(HANDLE)
    assert claimed is not None
    assert claimed.id == second.id


def test_an_export_does_not_wait_for_a_training(workspace: Workspace) -> None:
    submit(workspace, "a")
    export = submit(workspace, "b", "export")
    workspace.jobs.claim(HANDLE)
    claimed = workspace.jobs.claim(HANDLE)
    assert claimed is not None
    assert claimed.id == export.id


def test_no_job_is_claimed_twice(workspace: Workspace) -> None:
    for number in range(60):
        submit(workspace, str(number), "export")
    claimed: list[int] = []

    def work() -> None:
        while (job := workspace.jobs.claim(HANDLE)) is not None:
            claimed.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == list(range(1, 61))


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_final_state_never_changes(workspace: Workspace, state: str) -> None:
    job = submit(workspace, "a")
    workspace.jobs.claim(HANDLE)
    error = StudioError("train.diverged", step=3) if state == "failed" else None
    first = Outcome(
        "failed" if state == "failed" else "done" if state == "done" else "cancelled", error, {}
    )
    assert workspace.jobs.finish(job.id, first)
    assert not workspace.jobs.finish(job.id, Outcome("done", None, {}))
    workspace.jobs.request_cancel(job.id)
    assert workspace.jobs.get(job.id).state == state
    assert not job.folder.cancel.exists()


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(workspace: Workspace) -> None:
    job = submit(workspace, "a")
    assert workspace.jobs.request_cancel(job.id).state == "cancelled"
    assert workspace.jobs.claim(HANDLE) is None


def test_a_running_job_is_asked_to_stop(workspace: Workspace) -> None:
    job = submit(workspace, "a")
    workspace.jobs.claim(HANDLE)
    assert workspace.jobs.request_cancel(job.id).state == "running"
    assert job.folder.cancel.exists()


def test_an_unknown_job_is_unknown_and_not_done(workspace: Workspace) -> None:
    with pytest.raises(StudioError, match=r"job\.unknown"):
        workspace.jobs.get(42)
    with pytest.raises(StudioError, match=r"job\.unknown"):
        workspace.jobs.request_cancel(42)
