"""Kill -9 while a checkpoint is stored: it is whole, or it is no checkpoint."""

import json
import subprocess
import sys
from pathlib import Path

# A saver is started again and again and killed at another moment each time; what it leaves is looked at.
KILLER = """
import json, os, signal, sys, time
from pathlib import Path
from studio.domain.checkpoint_files import MANIFEST, find_damage, newest_step, write_manifest
from studio.domain.job import JobFolder
job = JobFolder(Path(sys.argv[1]))
CONTENT = {
    "adapter_model.safetensors": b"w" * 60_000,
    "optimizer.pt": b"o" * 120_000,
    "scheduler.pt": b"s" * 900,
    "trainer_state.json": b'{"global_step": %d}',
}
def save(step):
    folder = job.checkpoints / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content.replace(b"%d", str(step).encode()))
    write_manifest(folder, step)
save(1)
found = {"whole": 0, "unfinished": 0}
for kill in range(60):
    step = kill + 2
    saver = os.fork()
    if saver == 0:
        save(step)
        os._exit(0)
    folder = job.checkpoints / f"checkpoint-{step}"
    while not folder.exists():
        pass
    time.sleep(kill * 0.0002)
    os.kill(saver, signal.SIGKILL)
    os.waitpid(saver, 0)
    damage = find_damage(folder)
    assert damage in (None, "unfinished"), damage
    found[damage or "whole"] += 1
    assert damage is None or newest_step(job) != step
print(json.dumps(found))
"""


def test_a_save_that_is_killed_leaves_a_whole_checkpoint_or_none(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLER, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sum(found.values()) == 60
    # Some were killed in the middle, else nothing was tried.
    assert found["unfinished"] > 0
