"""The playground's process: `python -m studio.worker.chat`, JSON lines in and out.

One copy of a base model answers for itself and for everything that was learned beside it, in one batch, so no column can
ever answer with another's weights (P10). What has weights of its own answers after it. Visitors take turns.

    in   {"id": 1, "op": "ask", "visitor": "…", "columns": [{"base": "…/starter", "tuned": null | "…/jobs/000001/adapter",
          "documents": null | "…/documents", "embedder": null | "…/minilm",
          "conversation": [{"role": "user", "content": "Hi"}],
          "options": {"temperature": 0, "top_p": 1, "max_new_tokens": 200, "seed": 0}}, …]}
         {"id": 2, "op": "weigh", "visitor": "…", "columns": […], "text": "Hello"}
         {"id": 1, "op": "stop"}
    out  {"id": 0, "phase": "ready"}                                    once, when the imports are done
         {"id": 1, "phase": "waiting", "ahead": 2}                      when others come first
         {"id": 1, "phase": "loading", "read_bytes": 1048576, "total_bytes": 17000000}
         {"id": 1, "phase": "preparing"} {"id": 1, "phase": "loading_adapter"}
         {"id": 1, "phase": "reading", "read_passages": 16, "total_passages": 120}   passages of documents that a model has not read yet
         {"id": 1, "column": 0, "passages": [{"document": "hours.pdf", "text": "…", "is_cut": false}]}
         {"id": 1, "phase": "answering", "columns": [0, 1]}             when the next columns begin
         {"id": 1, "column": 0, "text": "Hel", "tokens": 2, "prompt_tokens": 9, "seconds": 0.1, "first_seconds": 0.05}    the answer so far
         {"id": 1, "column": 0, "text": "Hello", "tokens": 3, …, "reason": "end", "ties": []}
                                                                        end | length | stopped; `ties` (characters) are words
                                                                        that rounding decided
         {"id": 1, "column": 0, "reason": "failed", "problem": {"code": "…", "values": {…}}}
         {"id": 2, "column": 0, "pieces": [{"start": 0, "end": 5, "share": 0.93, "likeliest": "Hi", "likeliest_share": 0.4}]}
         {"id": 1, "done": true}
         {"id": 1, "error": {"code": "…", "values": {…}}}
"""

# ruff: noqa: E402  what the environment says, and how bitsandbytes is imported, comes before all that imports torch.
import os
import sys
import traceback
from functools import partial
from typing import Any

from studio.worker.environment import ENVIRONMENT, import_bitsandbytes

os.environ.update(ENVIRONMENT)
import_bitsandbytes()

from studio.errors import StudioError
from studio.worker.answering import Answerer, Column
from studio.worker.inbox import Inbox
from studio.worker.pipe import Pipe


def main() -> int:
    """Do one request after the other until the input ends."""
    pipe = Pipe()
    inbox = Inbox(pipe)
    answerer = Answerer()
    inbox.start()
    pipe.send(id=0, phase="ready")
    while (request := inbox.take()) is not None:
        do(pipe, inbox, answerer, request)
    return 0


def do(pipe: Pipe, inbox: Inbox, answerer: Answerer, request: dict[str, Any]) -> None:
    """Do one request for all its columns."""
    tell = partial(pipe.send, id=request["id"])
    try:
        columns = [
            Column.from_json(place, stored) for place, stored in enumerate(request["columns"])
        ]
        if request["op"] == "weigh":
            answerer.weigh(columns, request["text"], tell, inbox.is_stopped)
        else:
            answerer.answer(columns, tell, inbox.is_stopped)
        tell(done=True)
    except StudioError as error:
        tell(error=error.as_dict())
    except (RuntimeError, ValueError, OSError) as error:
        traceback.print_exc()
        code = "chat.out_of_memory" if "memory" in str(error) else "chat.failed"
        tell(error=StudioError(code, reason=str(error)[:200]).as_dict())


if __name__ == "__main__":
    sys.exit(main())
