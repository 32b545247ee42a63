"""Hold a GGUF file that another converter has written against the run: only llama.cpp knows how such a family is to be read.

Shapes: logits are (places, words).
"""

from pathlib import Path

import torch

from studio.domain.proof import CLEAR_LEAD, TIE_LEAD, Proof
from studio.worker.comparing import ANSWER_TOKENS, Tally
from studio.worker.gguf_reading import GgufFile
from studio.worker.llama_cpp import Likely, look_closely
from studio.worker.proving import CHATS, Run, Said, chats_of, ends_as, proof_of
from studio.worker.threads import ALL_THREADS

# Less than this is rounding.
LEAST_SHARE = 1e-9


def prove_converted(run: Run, said: Said, file: Path) -> Proof:
    """Have llama.cpp answer from a file, and compare answers, first choices and probabilities with the run's.

    An answer is the run's where llama.cpp's first choice is at every place of it, or where two words were as likely.

    Raises:
        StudioError: `export.llama_cpp_fails`.
    """
    read, chats, asked = GgufFile(file), chats_of(run, said)[:CHATS], said.asked[:CHATS]
    behind = [
        [*one.prompt, *one.answer[:place]] for one in asked for place in range(len(one.logits))
    ]
    look, likely = look_closely(file, chats, behind, ANSWER_TOKENS, ALL_THREADS)
    tally, told = Tally(), iter(likely)
    for one in asked:
        pairs = [(wanted, found) for wanted in one.logits if (found := next(told))]
        # llama.cpp says nothing of what is no text by itself, such as half a letter.
        if pairs:
            tally.questions += 1
            tally.equal_answers += all([count(tally, *pair) for pair in pairs])
    same_template = read.template_fills_as(run.tokenizer)
    return proof_of(tally, same_template, ends_as(run.tokenizer, read, "eot", "eos"), look)


def count(tally: Tally, wanted: torch.Tensor, found: Likely) -> bool:
    """Add one place: the run's logits (words), and what llama.cpp holds likely there; tell whether the word would be the same."""
    want = wanted.log_softmax(-1)
    first, second = wanted.topk(2).values.tolist()
    ids = torch.tensor([*found])
    ours, theirs = want[ids], torch.tensor([*found.values()])
    # All words that are not listed are one.
    rest = [(1 - one.exp().sum()).clamp(min=LEAST_SHARE).log() for one in (ours, theirs)]
    is_same = int(wanted.argmax()) == max(found, key=found.__getitem__)
    is_clear = first - second > CLEAR_LEAD
    tally.places += 1
    tally.clear += is_clear
    tally.agreed += is_clear and is_same
    tally.divergence += float((ours.exp() * (ours - theirs)).sum())
    tally.divergence += float(rest[0].exp() * (rest[0] - rest[1]))
    return is_same or first - second < TIE_LEAD
