"""A chat process without a model: it says made-up words, each at its time, and writes down when it said them.

    python -m tests.browser.speaker       speaks as `studio.worker.chat` does, with the same inbox and the same pipe

`SPEAKER_LOG` names the file: a line for each token with the question's number and the time in Unix seconds.
"""

import os
import time
from functools import partial
from typing import Any

from studio.worker.inbox import Inbox
from studio.worker.pipe import Pipe

SECONDS_PER_TOKEN = 0.02
# A model looks whether it is to stop within each of its layers.
SECONDS_PER_LAYER = 0.002
# As `studio.worker.answering` does.
TELL_SECONDS = 0.03
# A question with these words is answered for a minute.
ON_AND_ON = "on and on"
MOST_TOKENS = 3_000
# A model may say anything.
NASTY = ("<b>bold</b>", "<img src=x onerror=alert(1)>", "${alert(2)}", "{{7*7}}")
WORDS = ("We", "open", "at", "nine", "on", "Sundays", *NASTY, "and", "then", "we", "rest")


def main() -> None:
    """Do one request after the other until the input ends."""
    pipe = Pipe()
    inbox = Inbox(pipe)
    inbox.start()
    pipe.send(id=0, phase="ready")
    with open(os.environ["SPEAKER_LOG"], "a", encoding="utf-8", buffering=1) as log:  # noqa: PTH123 - line by line
        while (request := inbox.take()) is not None:
            speak(request, inbox, partial(pipe.send, id=request["id"]), log)


def speak(request: dict[str, Any], inbox: Inbox, tell: Any, log: Any) -> None:
    """Say as many words in every column as are wanted, all columns at once."""
    places = range(len(request["columns"]))
    column = request["columns"][0]
    is_long = ON_AND_ON in column["conversation"][-1]["content"]
    most = MOST_TOKENS if is_long else column["options"]["max_new_tokens"]
    tell(phase="answering", columns=list(places))
    started, told, said = time.monotonic(), 0.0, 0
    while said < most and wait_until(started + (said + 1) * SECONDS_PER_TOKEN, inbox):
        said += 1
        log.write(f"{request['id']} {time.time()}\n")
        now = time.monotonic() - started
        if now - told >= TELL_SECONDS and said < most:
            told = now
            for place in places:
                tell(column=place, **answer(place, said, now))
    reason = "length" if said == most else "stopped"
    for place in places:
        tell(
            column=place, **answer(place, said, time.monotonic() - started), reason=reason, ties=[]
        )
    tell(done=True)


def wait_until(when: float, inbox: Inbox) -> bool:
    """Compute until then; False where nobody wants it any more."""
    while not inbox.is_stopped():
        if (left := when - time.monotonic()) <= 0:
            return True
        time.sleep(min(left, SECONDS_PER_LAYER))
    return False


def answer(place: int, said: int, seconds: float) -> dict[str, Any]:
    """Give an answer so far; each column puts its words in an order of its own."""
    words = " ".join(WORDS[(at * (place + 1)) % len(WORDS)] for at in range(said))
    return {
        "text": words,
        "tokens": said,
        "prompt_tokens": 9,
        "seconds": seconds,
        "first_seconds": 0.02,
    }


if __name__ == "__main__":
    main()
