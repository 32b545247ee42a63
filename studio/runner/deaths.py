"""Why a worker is gone that wrote no outcome: what the system knows of it, as the outcome of its job."""

import signal
from dataclasses import dataclass
from pathlib import Path

from studio.domain.full_disk import has_no_room
from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.machine import out_of_memory_kills
from studio.services.processes import Handle, has_restarted_since

LOG_TAIL_BYTES = 600


@dataclass(frozen=True, slots=True)
class Death:
    """What is seen of a worker's end. `exit_code` is None for the child of a runner that is gone, negative for a signal."""

    exit_code: int | None
    has_restarted: bool = False
    """The machine was started anew since."""
    ran_out_of_memory: bool = False
    """The kernel ended some process of ours for want of memory since the job began."""

    @classmethod
    def look(cls, handle: Handle, exit_code: int | None, kills_before: int) -> "Death":
        """Give what the system says now; `kills_before` had been ended for want of memory when the job began."""
        was_killed = exit_code in (None, -signal.SIGKILL)
        return cls(
            exit_code,
            has_restarted_since(handle),
            was_killed and out_of_memory_kills() > kills_before,
        )


def explain_death(job: Job, death: Death) -> Outcome:
    """Give the outcome of a job whose worker left none: cancelled if that was asked, else failed with the reason."""
    if job.folder.cancel.exists():
        return Outcome("cancelled", None, {})
    if death.has_restarted:
        error = StudioError("worker.restarted")
    elif death.ran_out_of_memory:
        error = StudioError("worker.out_of_memory")
    elif death.exit_code == -signal.SIGKILL:
        error = StudioError("worker.killed", signal=-death.exit_code)
    elif has_no_room(job.folder.path.parent):
        error = StudioError("worker.disk_full")
    else:
        tail = log_tail(job.folder.log)
        error = StudioError("worker.died", exit_code=death.exit_code, log=tail)
    return Outcome("failed", error, {})


def log_tail(log: Path) -> str:
    """Give the last words of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""
