"""The processes of further devices: gone when nobody needs them, and told when they are gone too early."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.domain.job import JobFolder

# A worker whose main thread waits for a device that never answers, as in the middle of an exchange on a GPU.
STUCK = """
import sys, time
from pathlib import Path
from studio.domain.job import JobFolder
from studio.worker import partners

partners.PARTNER = (sys.executable, "-c", sys.argv[2])
partners.GRACE_SECONDS = 0.2
partners.Partners(JobFolder(Path(sys.argv[1])), ["cpu"], Path("nowhere"))
time.sleep(60)
"""
ENDS = {
    "killed": ("import os; input(); os.kill(os.getpid(), 9)", "train.device_killed"),
    "ended": ("import sys; input(); sys.exit(3)", "train.device_died"),
    "failed": ("input(); print('{\"error\": {\"code\": \"train.out_of_memory\", \"values\": {}}}', flush=True); input()", "train.out_of_memory"),
    "dead before it is asked": ("import sys; sys.exit(4)", "train.device_died"),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_a_lost_device_ends_a_worker_that_waits_for_it(tmp_path: Path, end: str) -> None:
    program, code = ENDS[end]
    command = [sys.executable, "-c", STUCK, str(tmp_path), program]
    done = subprocess.run(command, timeout=30, check=False)
    outcome = JobFolder(tmp_path).outcome()
    assert done.returncode == 1
    assert outcome is not None
    assert outcome.error is not None
    assert (outcome.state, outcome.error.code) == ("failed", code)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_partners_end_with_their_worker(tmp_path: Path, number: signal.Signals) -> None:
    # Says its number once it is asked, then waits for the end of its input.
    program = f"import os; input(); open(r'{tmp_path}/pid', 'w').write(str(os.getpid())); input()"
    with subprocess.Popen([sys.executable, "-c", STUCK, str(tmp_path), program]) as worker:
        while not (written := tmp_path / "pid").exists() or not written.read_text():
            assert worker.poll() is None
        partner = os.pidfd_open(int(written.read_text()))
        worker.send_signal(number)
        worker.wait(10)
    ended, _, _ = select.select([partner], [], [], 10)
    os.close(partner)
    assert ended


def test_a_partner_ends_when_nobody_can_ask_it_any_more() -> None:
    command = [sys.executable, "-m", "studio.worker.partner"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == 0
