"""What the events say, read once and summed up."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from studio.services.jobs import Handle
from studio.services.runs import MOST_POINTS, thin
from studio.services.workspace import Workspace


def write(path: Path, *events: dict[str, object]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps(event) + "\n")


def test_a_snapshot_adds_up_what_came_since_the_last(workspace: Workspace) -> None:
    job = workspace.jobs.submit("train", "a", {}, key="k")
    workspace.jobs.claim(Handle(4_000_000, 1.0))
    write(
        job.folder.events,
        {"seq": 0, "time": 100.0, "kind": "stage", "stage": "training", "total_steps": 10},
        {"seq": 1, "time": 102.0, "kind": "log", "step": 1, "loss": 3.0, "tokens_per_second": 5.0},
    )
    first = workspace.runs.snapshot(job.id)
    assert (first.stage, first.step, first.total_steps, first.remaining_seconds) == (
        "training",
        1,
        10,
        18.0,
    )
    write(
        job.folder.events,
        {"seq": 2, "time": 104.0, "kind": "log", "step": 2, "loss": 2.0},
        {"seq": 3, "time": 105.0, "kind": "eval", "step": 2, "held_out_loss": 2.5},
        {"seq": 4, "time": 105.0, "kind": "note", "code": "rows_too_long", "values": {"count": 3}},
    )
    second = workspace.runs.snapshot(job.id)
    assert (second.loss, second.held_out_loss, second.events) == (2.0, 2.5, 5)
    assert second.train_points == [(1, 3.0), (2, 2.0)]
    assert [note.code for note in second.notes] == ["rows_too_long"]


def test_many_that_look_on_leave_no_file_open(workspace: Workspace) -> None:
    job = workspace.jobs.submit("train", "a", {}, key="k")
    write(job.folder.events, {"seq": 0, "time": 1.0, "kind": "log", "step": 1, "loss": 3.0})

    def look(_: int) -> int:
        workspace.jobs.list("train", 50)
        return workspace.runs.snapshot(job.id).events

    look(0)
    process, before = psutil.Process(), psutil.Process().num_fds()
    with ThreadPoolExecutor(20) as sessions:
        assert set(sessions.map(look, range(200))) == {1}
    assert process.num_fds() <= before


def test_a_curve_is_thinned_but_keeps_its_ends() -> None:
    points = [(step, 1.0) for step in range(1, 10_001)]
    kept = thin(points)
    assert len(kept) <= MOST_POINTS + 1
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert thin(points[:3]) == points[:3]
    assert thin([]) == []
