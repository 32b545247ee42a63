"""Does the tuned model end its answers by itself? Asked after training, on examples that it has learned (P4).

Where it does not, its answers ramble on until a limit cuts them off, however good the loss looked.
"""

import logging

from studio.domain.records import read_rows
from studio.domain.sample_prompts import pick_short_answers
from studio.worker.greedy import Limits, Speaker
from studio.worker.task import Task

QUESTIONS = 5
# Room for an answer that is worded otherwise than the example's.
ROOM_FACTOR, ROOM_TOKENS = 2, 16
MOST_SECONDS = 20.0

logger = logging.getLogger(__name__)


def try_stopping(task: Task, speaker: Speaker) -> dict[str, int] | None:
    """Give `asked` and how many of them `ended` by themselves, also as an event; None where there is nothing to ask.

    Plain texts are not answers: nobody expects one to end soon. Where time ran out only those that ended were asked.
    """
    if task.recipe.is_in_chunks or task.is_cancelled:
        return None
    task.enter("testing")
    prompts = pick_short_answers(read_rows(task.folder.train_rows), QUESTIONS)
    lengths = [len(speaker.tokenizer(prompt.reference)["input_ids"]) for prompt in prompts]
    limit = ROOM_FACTOR * max(lengths, default=0) + ROOM_TOKENS
    asked = [ids for prompt in prompts if (ids := speaker.encode(prompt, limit))]
    try:
        said = speaker.answer(asked, Limits(limit, MOST_SECONDS)) if asked else []
    except (RuntimeError, ValueError, TypeError, IndexError, MemoryError) as error:
        # What was learned is stored already; that it could not be asked is no reason to lose it.
        logger.warning("the stop test failed", exc_info=error)
        return None
    known = [one for one in said if one.has_ended or one.tokens >= limit]
    if not known:
        return None
    result = {"asked": len(known), "ended": sum(one.has_ended for one in known)}
    task.emit("stop_test", **result)
    return result
