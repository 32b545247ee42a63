"""How well what a model answers agrees with what an example says: the goals' own measures of it, each between 0 and 1."""

from collections.abc import Callable, Sequence

from studio.domain.wording import bare, words_of


def exact_match(answer: str, expected: str) -> float:
    """Give 1 where both are the same, letter by letter; spaces around them do not count."""
    return float(answer.strip() == expected.strip())


def label_match(answer: str, expected: str) -> float:
    """Give 1 where both name the same category, whatever the case and the marks around it."""
    return float(bare(answer) == bare(expected))


def rouge_l(answer: str, expected: str) -> float:
    """Give how much of both is said in the same order: ROUGE-L, the F-measure of the longest common row of words.

    Of scripts without spaces the letters are the words. Source: https://aclanthology.org/W04-1013
    """
    said, wanted = words_of(bare(answer)), words_of(bare(expected))
    common = longest_common(said, wanted)
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Give the length of the longest row of words that both have in this order, others between them left out."""
    lengths = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for place, their in enumerate(other, 1):
            here = lengths[place]
            lengths[place] = before + 1 if word == their else max(here, lengths[place - 1])
            before = here
    return lengths[-1]


# By the names of the goals' measures; of all of them more is better.
MEASURED: dict[str, Callable[[str, str], float]] = {
    "label_accuracy": label_match,
    "exact_match": exact_match,
    "rouge_l": rouge_l,
}
