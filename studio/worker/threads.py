"""How many threads compute on a CPU: small models have one, others as many as there are cores that nothing else uses.

Threads that share a product wait for each other, and spin meanwhile; one that has to share its core with anything else holds
up all of them. Beside one busy core of two, two threads make half of what one makes, with 387 million weights as with 6.
"""

import time
from dataclasses import dataclass
from typing import Any, Self

import psutil
import torch
from transformers import TrainerCallback

# As many as the machine's owner allows (OMP_NUM_THREADS), else one per core.
ALL_THREADS = torch.get_num_threads()
# A second thread saves the starter a twelfth of a step and a model of 6 million weights a fifth, so that only the smallest
# learn on one, whatever else runs: they repeat to the last digit.
LEARNS_ON_ONE_BELOW = 5_000_000
# One word at a time is less to share.
ANSWERS_ON_ONE_BELOW = 50_000_000
LOOK_SECONDS = 2.0
# What others may use of a core before it is left to them: with 0.15 two threads are still faster than one, with 0.3 no longer.
TOLERATED_CORES = 0.25


def learns_on_one(parameters: int) -> bool:
    """Tell whether a model of so many weights is so small that it always learns on one thread."""
    return parameters < LEARNS_ON_ONE_BELOW


def use_threads(parameters: int) -> None:
    """Have a model of so many weights answer on one thread or on all of them."""
    torch.set_num_threads(1 if parameters < ANSWERS_ON_ONE_BELOW else ALL_THREADS)


@dataclass(frozen=True, slots=True)
class Clocks:
    """What has passed since some moment in the past, in seconds: by the wall, idle on all cores, computed by this process."""

    wall: float
    idle: float
    own: float

    @classmethod
    def read(cls) -> Self:
        """Give what they say now."""
        machine, own = psutil.cpu_times(), psutil.Process().cpu_times()
        # Linux keeps waiting for a disk apart; the core is free all the same.
        idle = machine.idle + getattr(machine, "iowait", 0.0)
        return cls(time.monotonic(), idle, own.user + own.system)


def count_free_cores(earlier: Clocks, later: Clocks) -> float:
    """Give how many cores this process has had or could have had between two moments."""
    seconds = later.wall - earlier.wall
    return (later.idle - earlier.idle + later.own - earlier.own) / seconds


def threads_for(free_cores: float) -> int:
    """Give how many threads compute best on so many free cores."""
    return max(1, min(ALL_THREADS, int(free_cores + TOLERATED_CORES)))


class FollowLoad(TrainerCallback):
    """Leaves cores to whatever else computes on them, and takes them back; a look costs some tenths of a millisecond."""

    def __init__(self) -> None:
        self.earlier = Clocks.read()

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Begin to look; what was before was no training."""
        self.earlier = Clocks.read()

    def on_substep_end(self, *_: Any, **__: Any) -> None:
        """Look, where the last look was some time ago."""
        if time.monotonic() - self.earlier.wall < LOOK_SECONDS:
            return
        now = Clocks.read()
        threads = threads_for(count_free_cores(self.earlier, now))
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)
        self.earlier = now

    on_step_end = on_prediction_step = on_substep_end


def compute_on(wanted: int | None, parameters: int, is_one_cpu: bool) -> tuple[FollowLoad, ...]:
    """Set how many threads a training computes on: `wanted`, or what its model has; give what changes them on the way."""
    on_one = learns_on_one(parameters)
    torch.set_num_threads(wanted or (1 if on_one else ALL_THREADS))
    return () if wanted or on_one or not is_one_cpu else (FollowLoad(),)
