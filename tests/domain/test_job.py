"""Job folders: events without torn lines, outcomes without half files, states that end for good."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.domain.job import (
    FINAL_STATES,
    TRANSITIONS,
    JobFolder,
    Outcome,
    open_events,
    read_events,
    write_by_rename,
)
from studio.errors import StudioError
from tests.small_disk import small_disk


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


@pytest.mark.parametrize("tail", [b"", b"\0" * 4096])
def test_what_is_torn_is_passed_over_and_the_next_event_has_a_line_of_its_own(
    tmp_path: Path, tail: bytes
) -> None:
    path = tmp_path / "events.jsonl"
    lines = [b'{"seq": %d, "time": 1, "kind": "log", "said": "\xc3\xa9"}\n' % i for i in range(3)]
    whole, start = b"".join(lines), len(lines[0])
    for length in range(start, len(whole) + 1):
        path.write_bytes(whole[:length] + tail)
        # A line that lacks nothing but its end is made whole.
        ends = length + 1 in (start + len(lines[1]), len(whole)) and not tail
        complete = whole[:length].count(b"\n") + ends
        file, number = open_events(path)
        file.write(json.dumps({"seq": number, "time": 2, "kind": "next"}) + "\n")
        file.close()
        told = [(event.seq, event.kind) for event in read_events(path, 0)[0]]
        assert told == [*((seq, "log") for seq in range(complete)), (complete, "next")]


# A writer is started again and again and killed at another moment each time; what it leaves is looked at.
KILLER = """
import json, os, signal, sys
from pathlib import Path
from studio.domain.job import write_by_rename
path, seen = Path(sys.argv[1]), set()
for kill in range(200):
    before = path.stat().st_mtime_ns if kill else 0
    writer = os.fork()
    if writer == 0:
        for number in range(10**9):
            write_by_rename(path, json.dumps([kill * 1000 + number] * 2000))
    while not path.exists() or path.stat().st_mtime_ns == before:
        pass
    for _ in range(kill * 50):
        pass
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    numbers = set(json.loads(path.read_text()))
    assert len(numbers) == 1, numbers
    seen |= numbers
print(len(seen))
"""


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLER, str(tmp_path / "status.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert int(done.stdout) == 200


def test_a_full_disk_leaves_the_file_before_and_nothing_beside_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kib=64) as disk:
        path = disk.folder / "result.json"
        write_by_rename(path, '"old"')
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            write_by_rename(path, json.dumps("new" * 4_000))
        assert path.read_text() == '"old"'
        assert {p.name for p in disk.folder.iterdir()} == {"result.json", "ballast"}
        disk.free()
        write_by_rename(path, '"new"')
        assert path.read_text() == '"new"'


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
