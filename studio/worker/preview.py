"""Show what a model would see: `python -m studio.worker.preview`, JSON lines in and out.

Starts in seconds: it loads tokenizers, never torch. A chat template is other people's program, so it is rendered here
and not in the web process, with a limit on memory and time.

    in   {"id": 1, "path": "…/starter", "messages": [{"role": "user", "content": "Hi"}, …]}
    out  {"id": 1, "spans": [["<|im_start|>user\\nHi…", false], ["Hello<|im_end|>", true]], "tokens": 12, "learned": 3}
    or   {"id": 1, "error": {"code": "model.template_unclear", "values": {}}}
"""

import os
import resource
import signal
import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", USE_TORCH="0")

from transformers import PreTrainedTokenizerBase

from studio.domain.records import Message
from studio.errors import StudioError
from studio.worker.pipe import Pipe
from studio.worker.rendering import encode, load_tokenizer, marked_text

MEMORY_LIMIT_BYTES = 2 * 2**30
TIME_LIMIT_SECONDS = 5


@lru_cache(maxsize=8)
def tokenizer_at(path: Path) -> PreTrainedTokenizerBase:
    """Keep the last tokenizers; a model's folder does not change."""
    return load_tokenizer(path)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Give the reply to one request, errors included."""
    signal.alarm(TIME_LIMIT_SECONDS)
    try:
        tokenizer = tokenizer_at(Path(request["path"]))
        encoded = encode(tokenizer, [Message(m["role"], m["content"]) for m in request["messages"]])
    except StudioError as error:
        return {"error": error.as_dict()}
    finally:
        signal.alarm(0)
    return {
        "spans": marked_text(encoded),
        "tokens": len(encoded.input_ids),
        "learned": sum(encoded.is_learned),
    }


def give_up(number: int, frame: FrameType | None) -> None:
    """End a template that never ends."""
    raise TimeoutError(f"longer than {TIME_LIMIT_SECONDS} seconds")


def main() -> int:
    """Answer requests until the input ends."""
    pipe = Pipe()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    signal.signal(signal.SIGALRM, give_up)
    for request in pipe.requests():
        pipe.send(id=request["id"], **answer(request))
    return 0


if __name__ == "__main__":
    sys.exit(main())
