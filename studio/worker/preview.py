"""Show what a model would see: `python -m studio.worker.preview`, JSON lines in and out.

Starts in seconds: it loads tokenizers, never torch. A chat template is other people's program, so it is rendered here
and not in the web process, with a limit on memory and time.

    out  {"id": 0, "phase": "ready"}                                                  once, when the imports are done
    in   {"id": 1, "op": "preview", "path": "…/starter", "row": {"messages": [{"role": "user", "content": "Hi"}, …]},
          "limit": 512, "too_long": "drop", "overlap": 64}
    out  {"id": 1, "is_last": true, "spans": [["<|im_start|>user\\nHi…", "read", false, [12, 16, 17]], ["Hello", "learned", false, []],
          ["<|im_end|>", "learned", true, []]], "tokens": 12, "learned": 3, "cut": 0, "chunks": 1, …}
    in   {"id": 2, "op": "lengths", "path": "…/starter", "dataset": "…/quickstart", "version": 3, "places": [0, 7, …]}
    out  {"id": 2, "lengths": [31, 25, …], "endings": [30, 24, …]}     tokens; how many until the last answer has ended
         {"id": 2, "is_last": true, "failure": null}
    or   {"id": 1, "error": {"code": "model.template_unclear", "values": {}}}
"""

import os
import resource
import signal
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", USE_TORCH="0")

from transformers import PreTrainedTokenizerBase

from studio.domain.dataset_folder import Version
from studio.domain.records import Row, row_from_json
from studio.errors import StudioError
from studio.worker.fitting import Limit, fit_row, marked_text, token_starts
from studio.worker.pipe import Pipe
from studio.worker.rendering import encode_row
from studio.worker.templates import has_our_template, is_timeout, load_tokenizer

MEMORY_LIMIT_BYTES = 2 * 2**30
# Of work, not of waiting: a busy machine must not make a good template fail.
TIME_LIMIT_SECONDS = 5
# More of one example helps nobody, and makes the page slow.
MOST_SHOWN_CHARACTERS = 40_000
ROWS_PER_REPLY = 250
# Single rows may be huge; a template that never ends is slow on every one.
MOST_SLOW_ROWS = 2


@lru_cache(maxsize=8)
def tokenizer_at(path: Path) -> PreTrainedTokenizerBase:
    """Keep the last tokenizers; a model's folder does not change."""
    return load_tokenizer(path)


def answer(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the replies to one request, errors included."""
    try:
        yield from OPERATIONS[request["op"]](request)
    except (StudioError, TimeoutError, MemoryError) as error:
        yield {"error": name_failure(error).as_dict()}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def name_failure(error: Exception) -> StudioError:
    """Give the code for what went wrong with an example."""
    if isinstance(error, StudioError):
        return error
    return StudioError("model.template_fails", reason=str(error)[:200])


def preview(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give one example as the trainer gets it, with its text in spans of (text, kind, closes an answer, cuts).

    Kinds are those of `token_kinds`, and "break" between two sequences of one example. Cuts are the places inside a span
    where another token begins.
    """
    signal.setitimer(signal.ITIMER_PROF, TIME_LIMIT_SECONDS)
    tokenizer = tokenizer_at(Path(request["path"]))
    limit = Limit(request["limit"], request["too_long"], request["overlap"])
    fitted = fit_row(tokenizer, row_from_json(request["row"]), limit)
    spans: list[tuple[str, str, bool, list[int]]] = []
    shown = tokens = cut = 0
    for sequence, pieces in zip(fitted.example.sequences, fitted.pieces, strict=True):
        spans += [("", "break", False, [])] if spans else []
        starts, at = token_starts(sequence), 0
        for text, kind, is_end in marked_text(sequence, pieces):
            part = text[: MOST_SHOWN_CHARACTERS - shown]
            cuts = starts[bisect_right(starts, at) : bisect_left(starts, at + len(part))]
            spans.append((part, kind, is_end, [place - at for place in cuts]))
            at += len(text)
            shown = min(MOST_SHOWN_CHARACTERS, shown + len(text))
        seen = {place for piece in pieces for place in range(piece.first, piece.first + len(piece.input_ids))}  # fmt: skip
        tokens += len(sequence.input_ids)
        cut += len(sequence.input_ids) - len(seen)
    yield {
        "is_last": True,
        "spans": [span for span in spans if span[0] or span[1] == "break"],
        "tokens": tokens,
        "learned": sum(sum(piece.is_learned) for pieces in fitted.pieces for piece in pieces),
        "cut": cut,
        "chunks": sum(map(len, fitted.pieces)),
        "is_shortened": sum(len(sequence.text) for sequence in fitted.example.sequences) > shown,
        "own_template": has_our_template(tokenizer),
        "tools_as_text": fitted.example.tools_as_text,
    }


def lengths(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Measure the rows at some places of a version, in replies of a few hundred rows each."""
    tokenizer = tokenizer_at(Path(request["path"]))
    rows = Version(Path(request["dataset"]), request["version"]).rows(request["places"])
    failure: StudioError | None = None
    slow_rows = 0
    while batch := list(islice(rows, ROWS_PER_REPLY)):
        measured = []
        for row in batch:
            signal.setitimer(signal.ITIMER_PROF, TIME_LIMIT_SECONDS)
            try:
                measured.append(measure(tokenizer, row))
            except (StudioError, TimeoutError, MemoryError) as error:
                failure = failure or name_failure(error)
                slow_rows += is_timeout(error)
                if slow_rows > MOST_SLOW_ROWS:
                    raise failure from error
                measured.append((0, 0))
        yield {"lengths": [m[0] for m in measured], "endings": [m[1] for m in measured]}
    yield {"is_last": True, "failure": failure.as_dict() if failure else None}


def measure(tokenizer: PreTrainedTokenizerBase, row: Row) -> tuple[int, int]:
    """Give the tokens of an example's longest sequence, and how many there are until its last learned token.

    The second is 0 where no length cuts anything off: a text is split, and a bad answer is not learned.
    """
    sequences = encode_row(tokenizer, row).sequences
    most = max(len(sequence.input_ids) for sequence in sequences)
    if row.kind == "text":
        return most, 0
    ends = [
        max((place for place, learned in enumerate(s.is_learned, 1) if learned), default=0)
        for s in sequences
    ]
    return most, max(ends)


OPERATIONS = {"preview": preview, "lengths": lengths, "stop": lambda _: iter(())}


def give_up(number: int, frame: FrameType | None) -> None:
    """End a template that never ends."""
    raise TimeoutError(f"longer than {TIME_LIMIT_SECONDS} seconds")


def main() -> int:
    """Answer requests until the input ends."""
    pipe = Pipe()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    signal.signal(signal.SIGPROF, give_up)
    pipe.send(id=0, phase="ready")
    for request in pipe.requests():
        for reply in answer(request):
            pipe.send(id=request["id"], **reply)
    return 0


if __name__ == "__main__":
    sys.exit(main())
