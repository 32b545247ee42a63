"""From the search to a data set: the job of the light worker, as a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from studio.domain.job import Outcome
from studio.errors import StudioError
from studio.services.workspace import Workspace
from tests.fake_hub import FakeHub
from tests.faulty_server import Fault

TALK = "datasets/shop/talk"
KNOWN = "hf_of_anna_0123456789"
ROWS = "".join(f'{{"question": "What is {n}?", "answer": "It is {n}."}}\n' for n in range(200))


def bring(workspace: Workspace, key: str = "one") -> Outcome:
    """Choose the training part, and do the job in a process of its own."""
    details = workspace.hub.describe("shop/talk")
    choice = workspace.hub.choose(details, "default", "train")
    job = workspace.submit_hub_import(choice, key)
    subprocess.run(
        [sys.executable, "-m", "studio.worker.prepare"],
        input=f"{job.folder.path}\n".encode(),
        check=False,
        timeout=120,
    )
    outcome = job.folder.outcome()
    assert outcome is not None
    return outcome


def test_a_gated_data_set_becomes_one_of_ours_and_the_token_is_written_nowhere(
    hub: FakeHub, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS, "test.jsonl": ROWS, "README.md": "x", "talk.py": "x"})
    hub.accounts[KNOWN] = "anna"
    hub.repos[TALK].guests = {KNOWN}
    hub.faults.append(Fault("/lfs/", cut_after=500, times=1))
    monkeypatch.setenv("HF_TOKEN", KNOWN)
    outcome = bring(workspace)
    assert outcome.error is None
    dataset = workspace.datasets.get(outcome.values["dataset"])
    assert (dataset.used, dataset.rows, dataset.format) == (200, 200, "jsonl")
    assert files_with(workspace.settings.home.root, KNOWN) == []
    assert files_with(workspace.settings.home.root, "X-Amz-Signature") == []


def test_a_refused_data_set_leaves_nothing_but_words(hub: FakeHub, workspace: Workspace) -> None:
    hub.commit(TALK, {"train.jsonl": ROWS})
    hub.repos[TALK].guests = set()
    outcome = bring(workspace)
    assert isinstance(outcome.error, StudioError)
    assert outcome.error.as_dict() == {"code": "hub.gated", "values": {"id": "shop/talk"}}
    assert all(dataset.is_sample for dataset in workspace.datasets.list())


def files_with(folder: Path, text: str) -> list[Path]:
    """Give the files below a folder that hold a text."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert len(found) > 5
    return [path for path in found if text.encode() in path.read_bytes()]
