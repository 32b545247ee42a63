"""Wordings: patterns that expand to question cores, split into trained and held-out ones.

A pattern such as `[what is|what's] the capital of {x}?` expands to one core per choice of the
square brackets. One core in eight is held out by a hash of its text, so that the split depends on
nothing but the wording. Held-out cores are never trained on: they measure paraphrase.
"""

import itertools
import re
import zlib
from dataclasses import dataclass
from functools import cache
from random import Random

HELD_OUT_ONE_IN = 8

OPENERS = (
    "Tell me: ", "Please tell me: ", "Hey, ", "Quick question: ", "A question: ", "So, ",
    "Hi, ", "Excuse me, ", "Hello, ", "One more thing: ", "Ok, ", "Well, ", "I have a question. ",
    "Can you help me? ", "I wonder: ", "Now, ", "Please, ",
)  # fmt: skip
CLOSERS = (
    " Please.", " Thanks.", " Thank you.", " Please answer.", " I want to know.", " Can you help?",
    " Answer please.", " Thanks a lot.", " Do you know?", " Tell me.",
)  # fmt: skip


@dataclass(frozen=True)
class Dialogue:
    """One conversation, the family it was drawn from and the last answer that is expected."""

    family: str
    messages: tuple[dict[str, str], ...]

    @property
    def expect(self) -> str:
        """Give the last assistant text."""
        return self.messages[-1]["content"]


def dialogue(family: str, *texts: str, system: str = "") -> Dialogue:
    """Build a dialogue from alternating user and assistant texts."""
    roles = itertools.cycle(("user", "assistant"))
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    return Dialogue(family, tuple(messages))


def is_held_out(core: str) -> bool:
    """Say whether this wording is kept from training."""
    return zlib.crc32(core.encode()) % HELD_OUT_ONE_IN == 0


def expand(pattern: str) -> list[str]:
    """Give every text that the square brackets of a pattern stand for."""
    parts = re.split(r"\[([^\]]*)\]", pattern)
    choices = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    return [re.sub(r" +", " ", "".join(words)).strip() for words in itertools.product(*choices)]


@cache
def cores(patterns: tuple[str, ...], held_out: bool) -> tuple[str, ...]:
    """Give the trained or the held-out cores of some patterns, in a stable order.

    A family with too few cores to hold one out falls back on all of them, and is not measured.
    """
    every = tuple(dict.fromkeys(core for pattern in patterns for core in expand(pattern)))
    chosen = tuple(core for core in every if is_held_out(core) == held_out)
    return chosen or every


def swap_letters(rng: Random, text: str) -> str:
    """Swap two neighbouring letters, as hurried fingers do; placeholders stay whole."""
    places = [i for i in range(1, len(text) - 1) if text[i : i + 2].isalpha()]
    places = [i for i in places if "{" not in text[max(0, i - 3) : i + 4]]
    if not places:
        return text
    i = rng.choice(places)
    return text[:i] + text[i + 1] + text[i] + text[i + 2 :]


def wrap(rng: Random, core: str) -> str:
    """Put an opener before, or a closer behind, a question; text to work on keeps the last word."""
    opener = rng.choice(OPENERS) if rng.random() < 0.6 else ""
    closer = rng.choice(CLOSERS) if not opener or rng.random() < 0.2 else ""
    if opener.endswith((", ", ": ")) and not core.startswith(("I ", "I'")):
        core = core[0].lower() + core[1:]
    return opener + core + ("" if core.endswith("}") else closer)


def ask(
    rng: Random, held_out: bool, patterns: tuple[str, ...], is_bare: bool = False, **values: str
) -> str:
    """Write one question: a core of the right split, filled in, with everyday untidiness.

    A bare one, such as a greeting, gets no opener and no closer.
    """
    core = rng.choice(cores(patterns, held_out))
    roll = rng.random()
    if roll < 0.3 and not is_bare:
        core = wrap(rng, core[0].upper() + core[1:])
    elif roll < 0.62:
        core = core.rstrip("?.!")
    elif roll < 0.72:
        core = core.lower().rstrip("?.!") if rng.random() < 0.5 else core.lower()
    elif roll < 0.76:
        core = swap_letters(rng, core[0].upper() + core[1:])
    else:
        core = core[0].upper() + core[1:]
    return core.format(**values)


def fold(rng: Random, word: str) -> str:
    """Write a name without its capital letter now and then, as people do."""
    return word.lower() if rng.random() < 0.2 else word


def fix_articles(text: str) -> str:
    """Write "an" before a vowel; the patterns say "a" everywhere."""
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
