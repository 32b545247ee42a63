"""What a training is asked before it starts and at each check, so that one can watch the answers change."""

from collections.abc import Sequence

from studio.domain.records import Row

MOST_PROMPTS = 5
# Longer questions would fill the strip and take long to answer.
LONGEST_CHARACTERS = 400
# Of a text the model is given the beginning.
TEXT_WORDS = 12


def pick_prompts(goal: str, rows: Sequence[Row]) -> list[str]:
    """Give up to five questions: of each category one where categories are learned, else evenly spread."""
    if goal == "text":
        asked = [" ".join(row.text.split()[:TEXT_WORDS]) for row in rows if row.kind == "text"]
    elif goal == "categories":
        asked = [row.question() for row in one_per_label(rows)]
    else:
        asked = [row.question() for row in rows]
    fitting = [text for text in dict.fromkeys(asked) if 0 < len(text) <= LONGEST_CHARACTERS]
    count = min(MOST_PROMPTS, len(fitting))
    return [fitting[place * len(fitting) // count] for place in range(count)]


def one_per_label(rows: Sequence[Row]) -> list[Row]:
    """Give the first example of each category; what is always answered alike is one, too."""
    return [*{row.label or row.answer(): row for row in reversed(rows)}.values()][::-1]
