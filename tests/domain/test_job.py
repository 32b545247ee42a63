"""Job folders: events without torn lines, outcomes without half files, states that end for good."""

from pathlib import Path

from studio.domain.job import FINAL_STATES, TRANSITIONS, JobFolder, Outcome, read_events
from studio.errors import StudioError


def test_a_final_state_leads_nowhere() -> None:
    assert frozenset({"done", "failed", "cancelled"}) == FINAL_STATES
    assert TRANSITIONS["queued"] == {"running", "cancelled"}


def test_events_are_read_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"seq": 0, "time": 1, "kind": "log", "step": 1}\n{"seq": 1, "time"')
    first, offset = read_events(path, 0)
    assert [event.seq for event in first] == [0]
    with path.open("a") as file:
        file.write(': 2, "kind": "log", "step": 2}\n')
    second, _ = read_events(path, offset)
    assert [(event.seq, event.values) for event in second] == [(1, {"step": 2})]


def test_a_torn_line_is_waited_for_at_every_byte(tmp_path: Path) -> None:
    whole = b'{"seq": 0, "time": 1, "kind": "a"}\n{"seq": 1, "time": 2, "kind": "b"}\n'
    path = tmp_path / "events.jsonl"
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        events, offset = read_events(path, 0)
        path.write_bytes(whole)
        assert [event.seq for event in events + read_events(path, offset)[0]] == [0, 1]


def test_an_outcome_reads_back(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "000001")
    folder.path.mkdir()
    assert folder.outcome() is None
    Outcome("failed", StudioError("train.diverged", step=3), {}).write(folder)
    outcome = folder.outcome()
    assert outcome is not None
    assert (outcome.state, outcome.error.code if outcome.error else None) == (
        "failed",
        "train.diverged",
    )
    assert [path.name for path in folder.path.iterdir()] == ["result.json"]
