"""What this machine is, without importing torch."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "datasets", "optuna", "gradio")
GPU_QUESTION_SECONDS = 5
PROBE_SECONDS = 120
# Where Linux tells a container its limits.
# Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
CONTROL_GROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Machine:
    """The hardware that trainings run on."""

    device: str
    name: str
    cores: int
    memory_bytes: int


@cache
def describe_machine() -> Machine:
    """Give the first NVIDIA GPU that the driver names, else the CPU. Memory is the device's own."""
    tool = shutil.which("nvidia-smi")
    cores = os.cpu_count() or 1
    if tool:
        question = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
        done = subprocess.run(
            question, capture_output=True, text=True, timeout=GPU_QUESTION_SECONDS, check=False
        )
        first = done.stdout.strip().splitlines()[:1]
        if done.returncode == 0 and first:
            name, mebibytes = first[0].rsplit(",", 1)
            return Machine("cuda", name.strip(), cores, int(mebibytes) * 2**20)
    return Machine("cpu", "CPU", cores, psutil.virtual_memory().total)


def free_memory_bytes(machine: Machine, ending: Sequence[int] = ()) -> int:
    """Give the memory that a training can have; what the processes `ending` hold will be free by then.

    A GPU counts as a whole: trainings, the playground and exports take turns on it.
    """
    if machine.device == "cuda":
        return machine.memory_bytes
    held = sum(held_bytes(pid) for pid in ending)
    free = min(psutil.virtual_memory().available, container_free_bytes())
    return min(machine.memory_bytes, free + held)


def held_bytes(pid: int) -> int:
    """Give what a process holds; nothing where it has ended."""
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0


def container_free_bytes(group: Path = CONTROL_GROUP) -> int:
    """Give what is left of a container's own limit; without a limit any amount."""
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        lines = (group / "memory.stat").read_text().splitlines()
        # Files that were read count as used, and are given up as soon as memory is wanted.
        reclaimable = sum(
            int(line.split()[1]) for line in lines if line.startswith("inactive_file ")
        )
        return sys.maxsize if limit == "max" else max(0, int(limit) - used + reclaimable)
    except (OSError, ValueError):
        return sys.maxsize


def missing_packages() -> list[str]:
    """Give the packages of the training stack that are not installed."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def free_disk_bytes(folder: Path) -> int:
    """Give the space left on the disk that holds `folder`."""
    return shutil.disk_usage(folder).free


def probe_training() -> dict[str, Any] | None:
    """Ask a process of its own what torch can do here; None where the training stack does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "studio.worker.probe"],
        capture_output=True,
        text=True,
        timeout=PROBE_SECONDS,
        check=False,
    )
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
