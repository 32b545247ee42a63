"""What a training is asked before it starts and at each check, so that one can watch the answers change."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from studio.domain.records import Message, Row, check_row

# Longer questions fill the strip; they are asked only where there are no others.
LONGEST_CHARACTERS = 400
# Of a text the model is given the beginning; what comes next is shown beside what it says.
TEXT_WORDS, REFERENCE_WORDS = 12, 40
# So many examples are enough to choose from.
MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class SamplePrompt:
    """A question, and the answer of the example that it is from (`reference`).

    `messages` are the turns before that answer; of a text there are none, it begins with `question`.
    """

    question: str
    messages: tuple[Message, ...]
    reference: str


def pick_prompts(rows: Iterable[Row], most: int) -> list[SamplePrompt]:
    """Give up to `most` questions, evenly spread over examples that are answered differently.

    Where categories are learned this is one of each; of what is always answered alike it is one, too.
    """
    found: dict[str, SamplePrompt] = {}
    for row, prompt in asked(rows):
        found.setdefault(row.label or prompt.reference, prompt)
    unlike = list({prompt.question: prompt for prompt in found.values()}.values())
    short = [prompt for prompt in unlike if len(prompt.question) <= LONGEST_CHARACTERS]
    return spread(short or unlike, most)


def pick_short_answers(rows: Iterable[Row], most: int) -> list[SamplePrompt]:
    """Give up to `most` questions from the half of the examples that is answered in fewer words."""
    prompts = sorted((prompt for _, prompt in asked(rows)), key=lambda one: len(one.reference))
    return spread(prompts[: max(most, len(prompts) // 2)], most)


def asked(rows: Iterable[Row]) -> Iterator[tuple[Row, SamplePrompt]]:
    """Give the examples that ask something good, with what they ask."""
    for row in islice(rows, MOST_ROWS):
        prompt = prompt_of(row)
        if prompt is not None:
            yield row, prompt


def prompt_of(row: Row) -> SamplePrompt | None:
    """Give what an example asks first and how it answers; None where there is nothing good to ask.

    Functions on offer are no part of a question here, so examples with some are passed over.
    """
    if check_row(row) is not None or row.tools or row.is_good is False:
        return None
    if row.kind == "text":
        words = row.text.split()
        beginning, rest = words[:TEXT_WORDS], words[TEXT_WORDS : TEXT_WORDS + REFERENCE_WORDS]
        return SamplePrompt(" ".join(beginning), (), " ".join(rest)) if rest else None
    place = next(i for i, message in enumerate(row.messages) if message.role == "assistant")
    answer = row.messages[place]
    if answer.tool_calls:
        return None
    return SamplePrompt(row.question(), row.messages[:place], answer.content)


def spread(prompts: Sequence[SamplePrompt], most: int) -> list[SamplePrompt]:
    """Give at most so many of `prompts`, evenly spread."""
    count = min(most, len(prompts))
    return [prompts[place * len(prompts) // count] for place in range(count)]
