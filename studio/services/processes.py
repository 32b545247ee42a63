"""Which process is meant, beyond doubt: numbers are used again, clocks are set, machines start anew."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

SMALLEST_PID = 2
# Another text after every start of the machine.
# Source: https://docs.kernel.org/admin-guide/sysctl/kernel.html#random
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Place of the moment of birth behind the name in parentheses, in clock ticks since the start of the machine.
# Source: https://docs.kernel.org/filesystems/proc.html, table 1-4 (start_time is field 22, the name field 2)
START_TIME_PLACE = 22 - 3


@dataclass(frozen=True, slots=True)
class Handle:
    """A process: its number, its birth in seconds after the start of the machine, and which start that was.

    A time of day would not do: when the clock is set, every birth moves. Only where the system tells nothing else (`boot`
    is empty) it is one.
    """

    pid: int
    born: float
    boot: str = ""


def identify(pid: int) -> Handle:
    """Give the process that has this number now.

    Raises:
        psutil.NoSuchProcess: there is none.
    """
    boot = boot_id()
    if not boot:
        return Handle(pid, psutil.Process(pid).create_time())
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(pid) from error
    ticks = int(stat.rpartition(")")[2].split()[START_TIME_PLACE])
    return Handle(pid, ticks / os.sysconf("SC_CLK_TCK"), boot)


def boot_id() -> str:
    """Name this start of the machine; empty where the system does not."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def find_process(handle: Handle) -> psutil.Process | None:
    """Give the process if it is the one meant, and not dead."""
    if handle.pid < SMALLEST_PID:
        return None
    try:
        process = psutil.Process(handle.pid)
        is_same = identify(handle.pid) == handle
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def has_restarted_since(handle: Handle) -> bool:
    """Tell whether the machine, or the container that the process was in, has been started anew since its birth."""
    if not handle.boot:
        return False
    if handle.boot != boot_id():
        return True
    try:
        return handle.born < identify(1).born
    except psutil.NoSuchProcess:
        # The owner of the machine hides what is not one's own.
        return False
