"""Jobs on data sets: one after the other on the same one, beside a training, and told to hurry."""

from studio.domain.dataset_folder import Step
from studio.services.jobs import Handle
from studio.services.workspace import Workspace

HANDLE = Handle(pid=4_000_000, born=1.0)
STEP = Step("drop_row", {"place": 0})


def test_changes_of_one_data_set_run_one_after_the_other(workspace: Workspace) -> None:
    first = workspace.submit_change("quickstart", STEP, "a")
    second = workspace.submit_change("quickstart", STEP, "b")
    other = workspace.submit_change("house-style", STEP, "c")
    claimed = [workspace.jobs.claim(HANDLE) for _ in range(3)]
    assert [job.id if job else None for job in claimed] == [first.id, other.id, None]
    assert workspace.jobs.subjects() == {"quickstart", "house-style"}
    assert workspace.jobs.get(second.id).state == "queued"


def test_a_change_does_not_wait_for_a_training(workspace: Workspace) -> None:
    workspace.jobs.submit("train", "a", {}, key="t")
    assert workspace.jobs.next_kind() == "train"
    workspace.jobs.claim(HANDLE)
    workspace.submit_change("quickstart", STEP, "a")
    assert workspace.jobs.next_kind() == "change"
    assert workspace.jobs.claim(HANDLE, "import") is None
    assert workspace.jobs.claim(HANDLE, "change") is not None


def test_a_check_hurries_when_the_next_change_waits(workspace: Workspace) -> None:
    first = workspace.submit_change("quickstart", STEP, "a")
    workspace.jobs.claim(HANDLE)
    workspace.submit_change("house-style", STEP, "b")
    assert not first.folder.hurry.exists()
    workspace.submit_change("quickstart", STEP, "c")
    assert first.folder.hurry.exists()
