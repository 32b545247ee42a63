"""The worker process: one process, one job.

`python -m studio.worker.run` imports the training stack, waits on its standard input for the folder of a job, and does
it. The runner keeps one such process ready, so that a click need not wait for the imports. It touches no GPU before
it has a job, and ends when its input ends.
"""

import gc
import importlib
import logging
import os
import select
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from studio.domain.job import JobFolder, JobState, Outcome
from studio.domain.watching import Cancelled
from studio.errors import StudioError
from studio.worker.environment import ENVIRONMENT, import_bitsandbytes
from studio.worker.failures import name_error
from studio.worker.task import Task

Handler = Callable[[Task], dict[str, Any]]
# What does which kind of job. Imported by name, since "train" takes seconds that the others need not wait for.
HANDLERS = {
    "train": ("studio.worker.train", "train"),
    "search": ("studio.worker.search", "search"),
    "export": ("studio.worker.export", "export"),
    "import": ("studio.worker.prepare", "import_dataset"),
    "change": ("studio.worker.prepare", "change_dataset"),
    "download": ("studio.worker.models", "download_model"),
    "push": ("studio.worker.pushing", "push"),
}

WITH_TORCH = {"train", "search", "export"}


def load_handler(kind: str) -> Handler:
    """Import what does this kind of job."""
    module, function = HANDLERS[kind]
    if kind in WITH_TORCH:
        import_bitsandbytes()
    return getattr(importlib.import_module(module), function)


def main() -> int:
    """Get ready for a training, then do the job that comes."""
    os.environ.update(ENVIRONMENT)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    is_asked, _, _ = select.select([sys.stdin], [], [], 0)
    if not is_asked:
        warm_up()
    return do_job()


def do_job() -> int:
    """Wait for a folder, do its job, write how it ended."""
    line = sys.stdin.readline().strip()
    if not line:
        return 0
    folder = JobFolder(Path(line))
    redirect_output(folder.log)
    outcome = perform(folder)
    outcome.write(folder)
    return 0 if outcome.state != "failed" else 1


def warm_up() -> None:
    """Import the training stack ahead of the job; what is missing is told by the job that needs it."""
    try:
        load_handler("train")
        # What was imported stays to the end. Looking through it for garbage, as each training does at its start, takes a
        # third of a second.
        gc.freeze()
    except ImportError:
        logging.getLogger(__name__).exception("the training stack is incomplete")


def redirect_output(log: Path) -> None:
    """Send everything this process prints, native libraries included, to the job's own log file."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, sys.stdout.fileno())
    os.dup2(descriptor, sys.stderr.fileno())
    os.close(descriptor)


def perform(folder: JobFolder) -> Outcome:
    """Do the job in `folder` and give its outcome, whatever happens."""

    def work() -> Outcome:
        with closing(Task.open(folder.path)) as task:
            task.enter("starting")
            values = load_handler(task.spec["kind"])(task)
            state: JobState = "cancelled" if task.is_cancelled else "done"
            task.enter(state)
            return Outcome(state, None, values)

    return outcome_of(work, folder.path)


def outcome_of(work: Callable[[], Outcome], folder: Path) -> Outcome:
    """Give what `work` gives, or how it failed."""
    try:
        return work()
    except Cancelled:
        return Outcome("cancelled", None, {})
    except StudioError as error:
        traceback.print_exc()
        return Outcome("failed", error, {})
    except ImportError as error:
        traceback.print_exc()
        return Outcome("failed", StudioError("worker.package_missing", reason=str(error)), {})
    except Exception as error:  # noqa: BLE001  an edge: whatever a library raises must reach the user as an outcome
        traceback.print_exc()
        return Outcome("failed", name_error(error, folder), {})


if __name__ == "__main__":
    sys.exit(main())
