"""Do a job in the foreground of a terminal: with the runner of this home if there is one, else as its runner."""

import signal
import sys
import time
from types import FrameType, TracebackType

from studio.domain.job import Job
from studio.i18n import Translator
from studio.runner.local import LocalExecutor
from studio.runner.runner import TICK_SECONDS, Runner, take_lock
from studio.services.workspace import Workspace


class Foreground:
    """Waits for a job while showing how it goes. Its worker's imports begin on entry, before the job is known."""

    def __init__(self, workspace: Workspace, t: Translator) -> None:
        self.workspace = workspace
        self.t = t
        self.lock = take_lock(workspace.settings.home)
        self.runner: Runner | None = None
        self.job_id: int | None = None

    def __enter__(self) -> "Foreground":
        if self.lock is not None:
            home = self.workspace.settings.home
            executor = LocalExecutor(home.runner_log)
            executor.ready("train")
            self.runner = Runner(home, executor, keeps_standby=False)
        self.previous = signal.signal(signal.SIGINT, self.cancel)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self.previous)
        if self.runner is not None:
            self.runner.executor.close()
        if self.lock is not None:
            self.lock.release()
        if self.workspace.jobs.has_work():
            # Jobs of others that we had begun to look after, or that wait.
            self.workspace.ensure_runner()

    def cancel(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C: stop the job and keep what it has learned."""
        if self.job_id is not None:
            self.workspace.jobs.request_cancel(self.job_id)

    def finish(self, job: Job) -> Job:
        """Wait until the job is finished and give it."""
        self.job_id = job.id
        while not job.is_final:
            if self.runner is not None:
                self.runner.tick()
            else:
                self.workspace.ensure_runner()
            self.show(job)
            time.sleep(TICK_SECONDS)
            job = self.workspace.jobs.get(job.id)
        self.show(job)
        return job

    def show(self, job: Job) -> None:
        """Draw the progress line, on a terminal only."""
        if job.kind != "train" or not sys.stderr.isatty():
            return
        now = self.workspace.runs.snapshot(job.id)
        stage = self.t(f"stages.{now.stage}") if now.stage else self.t(f"states.{job.state}")
        total = now.total_steps or 1
        filled = round(24 * now.step / total)
        loss = "" if now.loss is None else f" {self.t('cli.loss')} {now.loss:.3f}"
        line = f"\r\x1b[K{stage} [{'#' * filled}{'.' * (24 - filled)}] {now.step}/{total}{loss}"
        sys.stderr.write(line + ("\n" if job.is_final else ""))
        sys.stderr.flush()
