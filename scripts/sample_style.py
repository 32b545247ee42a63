"""The house-style sample: plain notes, and the same notes in the style of one house.

The style: greet with "Dear friends," write the short forms out, end with "So says the Mill."
Sentences are composed; nouns of the test set and of the held-out set occur in no training row.
"""

# ruff: noqa: SIM905  # a split string is how a person reads and edits a word list

from random import Random

WORDS = {
    "train": (
        "bakery garden kitchen library market office shop station theatre school museum hotel".split(),
        "clock lamp door window bridge bell gate machine fountain piano kettle printer".split(),
        "closed open new free full quiet clean broken late ready cold warm".split(),
    ),
    "held_out": ("pool park cinema farm".split(), "stove roof radio lift".split(), "small dark busy safe".split()),
    "test": ("church harbour castle cafe".split(), "oven fence mirror heater".split(), "old dry loud empty".split()),
}  # fmt: skip
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
FORMS = (
    ("the {p} isn't {a}", "the {p} is not {a}"),
    ("it's {a} in the {p}", "it is {a} in the {p}"),
    ("the {o} won't work on {d}", "the {o} will not work on {d}"),
    ("we can't open the {p}", "we can not open the {p}"),
    ("the {o} is {a}", "the {o} is {a}"),
    ("we've moved the {o}", "we have moved the {o}"),
    ("the {p} is {a} on {d}", "the {p} is {a} on {d}"),
    ("we're in the {p} on {d}", "we are in the {p} on {d}"),
)
ROWS = {"train": 180, "held_out": 40, "test": 40}


def rewrites(part: str) -> list[tuple[str, str]]:
    """Give the pairs of a note and the note in house style, for one of the three parts."""
    rng = Random(f"house-style-{part}")  # noqa: S311  # text, not secrets
    places, things, states = WORDS[part]
    pairs: dict[str, str] = {}
    while len(pairs) < ROWS[part]:
        note, full = rng.choice(FORMS)
        values = {
            "p": rng.choice(places), "o": rng.choice(things),
            "a": rng.choice(states), "d": rng.choice(DAYS),
        }  # fmt: skip
        note, full = note.format(**values), full.format(**values)
        pairs[f"Rewrite: {note[0].upper()}{note[1:]}."] = f"Dear friends, {full}. So says the Mill."
    return list(pairs.items())
