"""Locks that die with their holder."""

import subprocess
import sys
from pathlib import Path

from studio.services.locks import FileLock, is_held


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = FileLock(path), FileLock(path)
    assert not is_held(path)
    assert first.acquire("http://127.0.0.1:1")
    assert not second.acquire()
    assert is_held(path)
    assert path.read_text() == "http://127.0.0.1:1"
    first.release()
    assert not is_held(path)
    assert second.acquire()
    second.release()


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = f"from studio.services.locks import *; l = FileLock(Path({str(path)!r})); print(l.acquire(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        assert is_held(path)
        holder.kill()
        holder.wait()
        assert not is_held(path)
