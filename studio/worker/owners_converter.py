"""GGUF by the converter that the owner of this machine has named: a `convert_hf_to_gguf.py`, in a process of its own.

It is a program of somebody else's. It gets the folder of a whole model and the name of a file to write, no token, no network
of the Hub, no home; it is stopped with the job, and what it has written is looked at as if it came from anywhere.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from studio.domain.watching import Cancelled, Watch
from studio.errors import StudioError
from studio.worker.gguf_reading import GgufFile

LOOK_SECONDS = 0.2
# What a program of its own needs of this one's surroundings.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "OMP_NUM_THREADS")
MAGIC = b"GGUF"
LAST_WORDS = 200


def convert(converter: Path, model: Path, file: Path, form: str, watch: Watch) -> None:
    """Have the model in a folder written as one GGUF file in a number format.

    Raises:
        Cancelled: the work was called off; the program is gone.
        StudioError: `export.converter_missing`, `export.converter_fails`.
    """
    if not converter.is_file():
        raise StudioError("export.converter_missing", file=converter.name)
    home = file.with_suffix(".home")
    home.mkdir()
    command = [
        sys.executable,
        str(converter),
        str(model),
        "--outfile",
        str(file),
        "--outtype",
        form,
    ]
    log = file.with_suffix(".log")
    with log.open("wb") as said:
        program = subprocess.Popen(
            command, cwd=home, env=surroundings(home), stdin=subprocess.DEVNULL,
            stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
        try:
            wait(program, watch)
        finally:
            end(program)
    words = log.read_text(encoding="utf-8", errors="replace")
    sys.stderr.write(words)
    if program.returncode != 0 or not is_gguf(file):
        last = next((line for line in reversed(words.splitlines()) if line.strip()), "?")
        raise StudioError("export.converter_fails", reason=last.strip()[-LAST_WORDS:])


def surroundings(home: Path) -> dict[str, str]:
    """Give the environment of the program: no account, no home but an empty one, and nothing of the Hub."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "HOME": str(home), "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}


def wait(program: subprocess.Popen[bytes], watch: Watch) -> None:
    """Wait for the end of the program, or of the work."""
    while program.poll() is None:
        if watch.is_cancelled:
            raise Cancelled
        time.sleep(LOOK_SECONDS)


def end(program: subprocess.Popen[bytes]) -> None:
    """See to it that nothing of the program goes on, whatever it has started."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def is_gguf(file: Path) -> bool:
    """Tell whether a file is a whole GGUF file with tensors, words and a chat template."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            return False
    try:
        read = GgufFile(file)
    except (ValueError, IndexError, KeyError):
        return False
    needed = ("tokenizer.ggml.tokens", "tokenizer.chat_template")
    return bool(read.tensors) and all(read.value(key) for key in needed)
