"""What this machine is, without importing torch."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "datasets", "optuna", "gradio")
CPU = "cpu"
# Where the driver is not kept loaded, it may take seconds per GPU.
GPU_QUESTION_SECONDS = 30
PROBE_SECONDS = 120
# Where Linux tells a container its limits.
# Source: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
CONTROL_GROUP = Path("/sys/fs/cgroup")
# Source: https://docs.kernel.org/filesystems/proc.html#vmstat
KERNEL_COUNTERS = Path("/proc/vmstat")


@dataclass(frozen=True, slots=True)
class Machine:
    """The hardware that trainings run on. `devices` are names that CUDA knows them by; they are all alike."""

    device: str
    name: str
    cores: int
    memory_bytes: int
    """The memory of each device."""
    devices: tuple[str, ...] = (CPU,)


@dataclass(frozen=True, slots=True)
class Gpu:
    """What the driver says of one GPU."""

    index: str
    uuid: str
    name: str
    memory_bytes: int


@cache
def describe_machine() -> Machine:
    """Give the first NVIDIA GPU that may be used and those like it, else the CPU."""
    cores = os.cpu_count() or 1
    gpus = usable_gpus(list_gpus(), os.environ.get("CUDA_VISIBLE_DEVICES"))
    if not gpus:
        return Machine(CPU, "CPU", cores, psutil.virtual_memory().total)
    first = gpus[0]
    # A slower one would have the others wait in every step.
    alike = [g.uuid for g in gpus if (g.name, g.memory_bytes) == (first.name, first.memory_bytes)]
    return Machine("cuda", first.name, cores, first.memory_bytes, tuple(alike))


def list_gpus() -> list[Gpu]:
    """Give the NVIDIA GPUs that the driver names."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    question = [tool, "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"]
    done = subprocess.run(
        question, capture_output=True, text=True, timeout=GPU_QUESTION_SECONDS, check=False
    )
    if done.returncode != 0:
        return []
    return [read_gpu(line) for line in done.stdout.strip().splitlines()]


def read_gpu(line: str) -> Gpu:
    """Read a line of the driver's answer; names may hold commas."""
    index, uuid, *name, mebibytes = (part.strip() for part in line.split(","))
    return Gpu(index, uuid, ", ".join(name), int(mebibytes) * 2**20)


def usable_gpus(gpus: Sequence[Gpu], visible: str | None) -> list[Gpu]:
    """Give those that the owner has left visible, in the owner's order. As CUDA does, stop at a name that fits none.

    Source: https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#env-vars
    """
    if visible is None:
        return [*gpus]
    usable: list[Gpu] = []
    for name in (part.strip() for part in visible.split(",")):
        fitting = [g for g in gpus if name and (g.index == name or g.uuid.startswith(name))]
        if len(fitting) != 1:
            break
        usable.append(fitting[0])
    return usable


def one_device_environment(machine: Machine) -> dict[str, str]:
    """Give what has a process see the first device only; what it does not see it cannot divide work on by itself."""
    return {} if machine.device == CPU else {"CUDA_VISIBLE_DEVICES": machine.devices[0]}


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


def out_of_memory_kills(group: Path = CONTROL_GROUP, system: Path = KERNEL_COUNTERS) -> int:
    """Give how many processes the kernel has ended for want of memory: of our group where it says so, else of the machine."""
    for file in (group / "memory.events", system):
        with suppress(OSError):
            for line in file.read_text(encoding="ascii").splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0


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
