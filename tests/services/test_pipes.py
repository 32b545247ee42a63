"""The pipes to helper processes: prints do no harm, deaths are told, a dead process comes back."""

import os
import signal
from pathlib import Path

import pytest

from studio.errors import StudioError
from studio.services.pipes import WorkerPipe

# Speaks the protocol, prints rubbish on stdout in Python and natively, and dies on request.
ECHO = """
import os, sys
from studio.errors import StudioError
from studio.worker.pipe import Pipe
pipe = Pipe()
print("rubbish")
os.write(1, b"native rubbish\\n")
pipe.send(id=0, phase="ready")
for request in pipe.requests():
    if request["op"] == "die": os._exit(3)
    if request["op"] == "fail": pipe.send(id=request["id"], error=StudioError("chat.failed", reason="x").as_dict())
    pipe.send(id=request["id"], said=request["op"], pid=os.getpid())
"""


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerPipe:
    (tmp_path / "echo_worker.py").write_text(ECHO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return WorkerPipe("echo_worker", tmp_path / "echo.log")


def test_prints_of_a_library_do_not_corrupt_the_protocol(pipe: WorkerPipe) -> None:
    reply = pipe.ask(op="狐狸").read(20)
    assert reply is not None
    assert reply["said"] == "狐狸"
    assert "rubbish" in pipe.log.read_text()
    pipe.close()


def test_an_error_of_the_process_is_raised_here(pipe: WorkerPipe) -> None:
    with pytest.raises(StudioError, match=r"chat\.failed"):
        pipe.ask(op="fail").read(20)
    pipe.close()


def test_a_death_is_told_and_the_next_question_starts_it_again(pipe: WorkerPipe) -> None:
    with pytest.raises(StudioError, match=r"chat\.died"):
        pipe.ask(op="die").read(20)
    reply = pipe.ask(op="hello").read(20)
    assert reply is not None
    assert reply["said"] == "hello"
    pipe.close()


def test_the_process_ends_with_its_owner(pipe: WorkerPipe) -> None:
    reply = pipe.ask(op="hello").read(20)
    assert reply is not None
    pipe.close()
    with pytest.raises(ProcessLookupError):
        os.kill(reply["pid"], signal.SIG_DFL)
