"""What this machine is, without importing torch."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "datasets", "optuna", "gradio")
GPU_QUESTION_SECONDS = 5
PROBE_SECONDS = 120


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
