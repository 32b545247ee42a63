"""The playground's process: `python -m studio.worker.chat`, JSON lines in and out.

One copy of a base model answers for itself and for every LoRA trained on it, in one batched generation with
`adapter_names`, so no column can ever answer with another's weights (P10: switching adapters is global state). What
cannot share a batch (`domain/method.py`) answers after them, whole models with weights of their own.

    in   {"id": 1, "op": "ask", "path": "…/starter", "tuned": [null, "…/jobs/000001/adapter"],
          "conversations": [[{"role": "user", "content": "Hi"}], …],
          "options": {"temperature": 0, "top_p": 1, "max_new_tokens": 200, "seed": 0}}
         {"id": 1, "op": "stop"}
    out  {"id": 0, "phase": "ready"}                                once, when the imports are done
         {"id": 1, "phase": "loading"}                              when a model or an adapter is read
         {"id": 1, "phase": "answering"}                            when the next columns begin
         {"id": 1, "column": 0, "text": "Hel", "tokens": 2}         the whole answer so far
         {"id": 1, "column": 0, "text": "Hello", "tokens": 3, "reason": "end"}    end | length | stopped
         {"id": 1, "done": true}
         {"id": 1, "error": {"code": "…", "values": {…}}}
"""

import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from studio.worker.environment import ENVIRONMENT

os.environ.update(ENVIRONMENT)

from studio.errors import StudioError
from studio.worker.answering import Answerer
from studio.worker.pipe import Pipe


class Inbox(threading.Thread):
    """Reads requests while a generation runs, so that a stop acts at once."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__(daemon=True)
        self.pipe = pipe
        self.asked: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.stopped: set[int] = set()

    def run(self) -> None:
        for request in self.pipe.requests():
            if request["op"] == "stop":
                self.stopped.add(request["id"])
            else:
                self.asked.put(request)
        self.asked.put(None)


def main() -> int:
    """Answer requests one after the other until the input ends."""
    pipe = Pipe()
    inbox = Inbox(pipe)
    inbox.start()
    answerer = Answerer()
    pipe.send(id=0, phase="ready")
    while (request := inbox.asked.get()) is not None:
        answer(pipe, inbox, answerer, request)
    return 0


def answer(pipe: Pipe, inbox: Inbox, answerer: Answerer, request: dict[str, Any]) -> None:
    """Answer one request in all its columns."""
    number = request["id"]
    try:
        path = Path(request["path"])
        tuned = [Path(folder) if folder else None for folder in request["tuned"]]
        if not answerer.has(path, tuned):
            pipe.send(id=number, phase="loading")
            answerer.load(path, tuned)
        for update in answerer.stream(
            tuned, request["conversations"], request["options"], lambda: number in inbox.stopped
        ):
            pipe.send(id=number, **update)
        pipe.send(id=number, done=True)
    except StudioError as error:
        pipe.send(id=number, error=error.as_dict())
    except (RuntimeError, ValueError, OSError) as error:
        traceback.print_exc()
        code = "chat.out_of_memory" if "memory" in str(error) else "chat.failed"
        pipe.send(id=number, error=StudioError(code, reason=str(error)[:200]).as_dict())


if __name__ == "__main__":
    sys.exit(main())
