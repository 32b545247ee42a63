"""Ask a trained model the held-out questions, and measure how well its answers agree with the examples'."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from studio.domain.agreement import MEASURED
from studio.domain.records import read_rows
from studio.domain.sample_prompts import SamplePrompt, asked, spread
from studio.worker.greedy import Limits, Speaker

# More questions tell little more, and every try is asked all of them.
MOST_QUESTIONS = 100
AT_ONCE = 16
# An answer may be longer than the example's by this much before it is cut; nobody waits for one that never ends.
SPARE_TOKENS = 8
MOST_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Exam:
    """The same questions for every try, and one of the `agreement.MEASURED` by which the answers are judged."""

    prompts: Sequence[SamplePrompt]
    measure: str

    def grade(self, speaker: Speaker) -> float:
        """Give the mean over all questions; what finds no room in the model's context counts as answered wrong."""
        longest = max(len(speaker.tokenizer(one.reference)["input_ids"]) for one in self.prompts)
        limits = Limits(min(longest + SPARE_TOKENS, MOST_TOKENS), math.inf)
        encoded = [(one, speaker.encode(one, limits.tokens)) for one in self.prompts]
        fitting = [(one, ids) for one, ids in encoded if ids]
        grades = [0.0] * (len(encoded) - len(fitting))
        for start in range(0, len(fitting), AT_ONCE):
            batch = fitting[start : start + AT_ONCE]
            said = speaker.answer([ids for _, ids in batch], limits)
            grades += [
                MEASURED[self.measure](answer.text, one.reference)
                for (one, _), answer in zip(batch, said, strict=True)
            ]
        return round(fmean(grades), 4)


def set_exam(path: Path, measure: str) -> Exam | None:
    """Give the exam on a file of rows; None where none of them asks anything, or nothing is to be asked."""
    if measure not in MEASURED:
        return None
    prompts = spread([prompt for _, prompt in asked(read_rows(path))], MOST_QUESTIONS)
    return Exam(prompts, measure) if prompts else None
