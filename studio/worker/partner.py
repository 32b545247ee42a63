"""The process of a further device: `python -m studio.worker.partner`, started by `worker/partners.py`.

    in   {"folder": "…/jobs/000012", "rank": 1, "size": 2, "meeting_place": "/tmp/…/store"}
    in   {"folder": "…/jobs/000013", "rank": 1, "dtype": "float32"}                         the job is a search
    out  {"error": null}                                    learned to the end
         {"error": {"code": "…", "values": {…}}}

It does what the first device's worker does, but neither tells nor stores anything. It ends when its input ends, in the
middle of a step if need be: then the worker has ended, or needs nobody any more.
"""

import logging
import os
import queue
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from studio.domain.job import Outcome
from studio.worker.environment import ENVIRONMENT
from studio.worker.pipe import Pipe
from studio.worker.run import outcome_of, warm_up
from studio.worker.task import Task

Orders = queue.SimpleQueue[dict[str, Any]]


def main() -> None:
    """Learn along, as often as asked."""
    os.environ.update(ENVIRONMENT)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    pipe, orders = Pipe(), Orders()
    threading.Thread(target=listen, args=(pipe, orders), daemon=True).start()
    warm_up()
    while True:
        outcome = learn_along(orders.get())
        pipe.send(error=outcome.error.as_dict() if outcome.error else None)


def listen(pipe: Pipe, orders: Orders) -> None:
    """Take orders until nobody gives any more; a device that others are waited for with can only be left like this."""
    for order in pipe.requests():
        orders.put(order)
    os._exit(0)


def learn_along(order: dict[str, Any]) -> Outcome:
    """Do this device's part of a training, or tries of a search."""
    from studio.worker.search import search_along  # noqa: PLC0415  brings torch, too
    from studio.worker.team import join  # noqa: PLC0415  brings torch, after `warm_up` has told what is missing
    from studio.worker.train import train_together  # noqa: PLC0415

    folder = Path(order["folder"])

    def work() -> Outcome:
        with closing(Task.silent(folder)) as task:
            if task.spec["kind"] == "search":
                return Outcome("done", None, search_along(task, order["rank"], order["dtype"]))
            with join(task, Path(order["meeting_place"]), order["rank"], order["size"]) as team:
                return Outcome("done", None, train_together(task, team))

    return outcome_of(work, folder)


if __name__ == "__main__":
    main()
