"""The runner: claims jobs, starts workers, notices how they end. Its only state is in the job table."""

import logging
import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Protocol

from studio.domain.job import Job, JobKind
from studio.domain.tries import count_vain_starts
from studio.runner.deaths import Death, explain_death
from studio.services.export_times import ExportTimes
from studio.services.jobs import JobQueue
from studio.services.locks import FileLock, is_held
from studio.services.machine import out_of_memory_kills
from studio.services.processes import Handle
from studio.services.speeds import Speeds
from studio.settings import Home

TICK_SECONDS = 0.25
# After a stop was asked: the worker's own time to save, then a request by signal, then force.
GENTLE_AFTER_SECONDS = 60.0
FIRM_AFTER_SECONDS = 75.0
# Without a page and without jobs the runner stays this long, for a page that is being restarted.
IDLE_SECONDS = 10.0
# As many workers may die on a search without one try coming to its end.
MOST_VAIN_STARTS = 3

logger = logging.getLogger(__name__)


class Executor(Protocol):
    """Where workers run."""

    def ready(self, kind: JobKind) -> Handle: ...

    def start(self, handle: Handle, folder: Path) -> None: ...

    def is_alive(self, handle: Handle) -> bool: ...

    def exit_code(self, handle: Handle) -> int | None: ...

    def stop(self, handle: Handle, *, firmly: bool) -> None: ...

    def close(self) -> None: ...


class Runner:
    """Looks after the jobs of one home. `keeps_standby`: have a worker wait before there is a job for it."""

    def __init__(self, home: Home, executor: Executor, *, keeps_standby: bool) -> None:
        self.home = home
        self.jobs = JobQueue(home)
        self.speeds = Speeds(home)
        self.export_times = ExportTimes(home)
        self.executor = executor
        self.keeps_standby = keeps_standby
        self.is_stopping = False
        self.kills_before = out_of_memory_kills()

    def tick(self) -> None:
        """Look once: settle what ended, stop what shall stop, start what may start."""
        running = self.jobs.running()
        for job, handle in running:
            self.settle(job, handle)
        while (kind := self.jobs.next_kind()) and (
            job := self.jobs.claim(handle := self.executor.ready(kind), kind)
        ):
            logger.info("job %d goes to process %d", job.id, handle.pid)
            self.kills_before = out_of_memory_kills()
            self.executor.start(handle, job.folder.path)
            running.append((job, handle))
        # Imports for the next job would slow this one down: they take a core for ten seconds.
        if self.keeps_standby and not running:
            self.executor.ready("train")

    def settle(self, job: Job, handle: Handle) -> None:
        """Finish a running job whose worker wrote its outcome or is gone; stop one that was asked to stop."""
        is_alive = self.executor.is_alive(handle)
        # Looked at after the look at the process: it may have finished between the two.
        outcome = job.folder.outcome()
        if outcome is None and is_alive:
            self.enforce_cancel(job, handle)
            return
        exit_code = self.executor.exit_code(handle)
        if outcome is None and self.goes_on(job):
            logger.warning("the worker of search %d is gone; another one goes on", job.id)
            self.jobs.requeue(job.id)
            return
        if outcome is None:
            outcome = explain_death(job, Death.look(handle, exit_code, self.kills_before))
        if self.jobs.finish(job.id, outcome):
            logger.info("job %d is %s", job.id, outcome.state)
            self.speeds.learn(job)
            self.export_times.learn(self.jobs.get(job.id))

    def goes_on(self, job: Job) -> bool:
        """Tell whether a job whose worker has died is done further by another one: a search, a few times in vain."""
        is_wanted = job.kind == "search" and not job.folder.cancel.exists()
        return is_wanted and count_vain_starts(job.folder) < MOST_VAIN_STARTS

    def enforce_cancel(self, job: Job, handle: Handle) -> None:
        """Stop a worker that does not see its cancel file: first by a request, then by force."""
        if not job.folder.cancel.exists():
            return
        waited = time.time() - job.folder.cancel.stat().st_mtime
        if waited > GENTLE_AFTER_SECONDS:
            self.executor.stop(handle, firmly=waited > FIRM_AFTER_SECONDS)

    def serve_forever(self) -> None:
        """Work until told to stop, or until there is neither a page nor a job for a while."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.request_stop)
        wanted = time.monotonic()
        while not self.is_stopping:
            try:
                self.tick()
            except Exception:  # an edge: one bad job must not end the service for the others
                logger.exception("tick failed")
                time.sleep(TICK_SECONDS * 8)
            if is_held(self.home.server_lock) or self.jobs.has_work():
                wanted = time.monotonic()
            elif time.monotonic() - wanted > IDLE_SECONDS:
                break
            time.sleep(TICK_SECONDS)
        self.executor.close()

    def request_stop(self, number: int, frame: FrameType | None) -> None:
        """End after this tick; running workers go on and are adopted by the next runner."""
        self.is_stopping = True


def take_lock(home: Home) -> FileLock | None:
    """Become the runner of this home, or give None where there is one."""
    lock = FileLock(home.runner_lock)
    return lock if lock.acquire(str(os.getpid())) else None
