"""Ask a run's model and its export the same questions, one model in memory at a time.

Shapes: logits are (places, words): of a question those behind its last token and behind every token of the run's answer, as
far as there is room for them.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from transformers import GenerationConfig, PreTrainedModel

from studio.domain.proof import CLEAR_LEAD, TIE_LEAD
from studio.domain.watching import Watch, report
from studio.worker.greedy import pad_left

if TYPE_CHECKING:
    from transformers._typing import GenerativePreTrainedModel

STAGE = "proving"
QUESTIONS = 64
ANSWER_TOKENS = 48
AT_ONCE = 32
# The run's own answers may take so long; then fewer questions have to do.
MOST_SECONDS = 90.0
# Numbers of logits that are kept until the export is loaded: half a gigabyte.
MOST_KEPT = 2**27


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as token ids, the run's answer to it (with its end mark), and the logits of its first places."""

    prompt: list[int]
    answer: list[int]
    logits: torch.Tensor


@dataclass(slots=True)
class Tally:
    """What is counted while an export is compared."""

    questions: int = 0
    equal_answers: int = 0
    places: int = 0
    clear: int = 0
    agreed: int = 0
    divergence: float = 0.0


def ask_run(
    model: PreTrainedModel, prompts: Sequence[list[int]], stop_ids: Sequence[int], watch: Watch
) -> list[Asked]:
    """Give what the run's model says; where it takes long, to the first questions only.

    Raises:
        Cancelled: the work was called off.
    """
    words = int(model.get_output_embeddings().weight.shape[0])
    kept = max(1, MOST_KEPT // (words * max(1, len(prompts))))
    asked: list[Asked] = []
    until = time.monotonic() + MOST_SECONDS
    for start in range(0, len(prompts), AT_ONCE):
        if asked and time.monotonic() > until:
            break
        report(watch, STAGE, start, 2 * len(prompts))
        batch = list(prompts[start : start + AT_ONCE])
        for prompt, answer in zip(batch, answers(model, batch, stop_ids), strict=True):
            asked.append(Asked(prompt, answer, places(model, prompt, answer, kept)))
    return asked


def ask_export(
    model: PreTrainedModel, asked: Sequence[Asked], stop_ids: Sequence[int], watch: Watch
) -> Tally:
    """Give how an export compares with what the run's model has said.

    Raises:
        Cancelled: the work was called off.
    """
    tally = Tally(questions=len(asked))
    for start in range(0, len(asked), AT_ONCE):
        report(watch, STAGE, len(asked) + start, 2 * len(asked))
        batch = asked[start : start + AT_ONCE]
        said = answers(model, [one.prompt for one in batch], stop_ids)
        for one, answer in zip(batch, said, strict=True):
            tally.equal_answers += is_same_answer(one, answer)
            count(tally, one.logits, places(model, one.prompt, one.answer, len(one.logits)))
    return tally


@torch.inference_mode()
def answers(
    model: PreTrainedModel, prompts: Sequence[list[int]], stop_ids: Sequence[int]
) -> Iterator[list[int]]:
    """Give the likeliest answer to each question, up to its end mark."""
    input_ids, mask = pad_left(prompts, stop_ids[0], model.device)
    config = GenerationConfig(
        do_sample=False,
        max_new_tokens=ANSWER_TOKENS,
        eos_token_id=list(stop_ids),
        pad_token_id=stop_ids[0],
    )
    # PyTorch's own annotations hide it.
    speaking = cast("GenerativePreTrainedModel", model)
    whole = speaking.generate(input_ids=input_ids, attention_mask=mask, generation_config=config)
    for row in cast("torch.Tensor", whole)[:, input_ids.shape[1] :].tolist():
        end = next((place for place, token in enumerate(row) if token in stop_ids), len(row))
        yield row[: end + 1]


@torch.inference_mode()
def places(model: PreTrainedModel, prompt: list[int], answer: list[int], most: int) -> torch.Tensor:
    """Give the logits (places, words) of the first places of an answer, in float32 on the CPU."""
    ids = torch.tensor([[*prompt, *answer[:-1]]], device=model.device)
    found = model(input_ids=ids, logits_to_keep=len(answer)).logits[0, :most]
    return found.float().cpu()


def is_same_answer(asked: Asked, answer: list[int]) -> bool:
    """Tell whether an answer is the run's, or parts from it where two words were as likely."""
    if answer == asked.answer:
        return True
    pairs = zip(asked.answer, answer, strict=False)
    place = next((at for at, (one, other) in enumerate(pairs) if one != other), -1)
    if not 0 <= place < len(asked.logits):
        return False
    first, second = asked.logits[place].topk(2).values.tolist()
    return first - second < TIE_LEAD


def count(tally: Tally, wanted: torch.Tensor, found: torch.Tensor) -> None:
    """Add the places of one answer: both are logits (places, words)."""
    # A model may have more rows than its file has words.
    width = min(wanted.shape[1], found.shape[1])
    want, have = wanted[:, :width].log_softmax(-1), found[:, :width].log_softmax(-1)
    lead = want.topk(2).values
    is_clear = lead[:, 0] - lead[:, 1] > CLEAR_LEAD
    tally.places += len(want)
    tally.clear += int(is_clear.sum())
    tally.agreed += int((is_clear & (want.argmax(-1) == have.argmax(-1))).sum())
    tally.divergence += float((want.exp() * (want - have)).sum())
