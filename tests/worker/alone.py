"""Run scripts as if the studio was not installed, without paying for torch's import once more: in a copy of this process."""

import os
import runpy
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import torch

# Ours, and what we change: TRL is imported anew, as it comes.
NOT_KEPT = ("studio", "trl")


class NoStudio(MetaPathFinder):
    """Refuses to import the studio."""

    def find_spec(self, name: str, *_: Any) -> None:
        """Refuse, or leave it to the others."""
        if name.partition(".")[0] == "studio":
            raise ModuleNotFoundError(name)


def run_alone(scripts: Sequence[tuple[Path, list[str]]], output: Path) -> list[str]:
    """Run each script with its arguments, in its folder, and give what each has printed; a failure fails here."""
    child = os.fork()
    if child == 0:
        os._exit(in_child(lambda: [run(script, words) for script, words in scripts], output))
    _, status = os.waitpid(child, 0)
    said = output.read_text(encoding="utf-8")
    assert status == 0, said
    return said.split(">>>\n")[1:]


def in_child(work: Callable[[], Any], output: Path) -> int:
    """Do the work with its output in a file; nothing may come back from here into pytest."""
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(descriptor, 1)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    try:
        # The threads of the process that this one is a copy of are not here.
        torch.set_num_threads(1)
        for name in [one for one in sys.modules if one.partition(".")[0] in NOT_KEPT]:
            del sys.modules[name]
        sys.meta_path.insert(0, NoStudio())
        work()
    except BaseException:  # noqa: BLE001  the end of a process of its own
        traceback.print_exc(file=sys.stdout)
        return 1
    finally:
        sys.stdout.flush()
    return 0


def run(script: Path, words: list[str]) -> None:
    """Run one script as Python does."""
    os.chdir(script.parent)
    sys.modules.pop("same_numbers", None)
    sys.argv = [str(script), *words]
    sys.stdout.write(">>>\n")
    runpy.run_path(str(script), run_name="__main__")
