"""How often each family of dialogues occurs, and endless seeded streams of them."""

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from starter_text import facts_en, families_zh, service_en, talk_en, tasks_en
from starter_text.wordings import Dialogue
from starter_text.words import NOUNS

Family = Callable[[Random, bool], Dialogue]

# Weight of each family that draws more than one answer; a weight is a share of dialogues.
WEIGHTED: dict[str, tuple[float, Family]] = {
    "capital": (4, facts_en.capital),
    "colour": (4, facts_en.colour),
    "sound": (2.5, facts_en.sound),
    "opposite": (4, facts_en.opposite),
    "order": (3, facts_en.order),
    "sum": (2.5, facts_en.small_sum),
    "yes_no": (4, facts_en.yes_no),
    "list": (2, facts_en.short_list),
    "group": (4, facts_en.group),
    "opinion": (3, facts_en.opinion),
    "copy": (4, tasks_en.copy_words),
    "scene": (6, tasks_en.scene),
    "extract": (3, tasks_en.extract),
    "polite": (2, tasks_en.polite),
    "manner": (3, tasks_en.manner),
    "service": (9, service_en.service_unknown),
    "facts": (6, service_en.service_facts),
    "unknown": (9, talk_en.unknown),
    "name": (3, talk_en.name_memory),
    "met": (1, talk_en.met),
    "zh_fact": (7, families_zh.fact_zh),
    "zh_copy": (3, families_zh.copy_zh),
    "zh_name": (2, families_zh.name_zh),
    "zh_unknown": (3, families_zh.unknown_zh),
}
TALK_WEIGHT = 0.9
TALK_ZH_WEIGHT = 0.5
COPY_PIECES_WEIGHT = 20.0
# Families whose answer is made of words from the question: they are learned last.
USES_TEXT = {
    "copy_pieces", "copy", "scene", "extract", "facts", "manner", "name", "met", "polite",
    "zh_copy", "zh_name",
}  # fmt: skip
# The factor of every family in a mix, and those of the families that differ.
MIXES: dict[str, tuple[float, dict[str, float]]] = {
    "balanced": (1.0, {}),
    "copying": (0.5, dict.fromkeys(USES_TEXT, 2.5)),
    "settling": (1.0, {**dict.fromkeys(USES_TEXT, 1.6), "copy_pieces": 0.6}),
    "polishing": (
        1.0,
        {
            "copy_pieces": 0.7, "copy": 1.6, "facts": 1.8, "manner": 2.0, "scene": 1.8,
            "extract": 1.4, "yes_no": 2.2, "opinion": 1.8, "sum": 2.0, "order": 1.4, "service": 0.8,
            "zh_fact": 0.8,
        },
    ),
}  # fmt: skip
PLAIN_PIECES = tuple(f" {noun}" for noun in NOUNS)


def families(pieces: tuple[str, ...]) -> dict[str, tuple[float, Family]]:
    """Give every family by name with its weight."""
    every = dict(WEIGHTED)
    for name in talk_en.SMALL_TALK:
        every[name] = (TALK_WEIGHT, partial(talk_en.small_talk, name=name))
    for name in families_zh.TALK:
        every[name] = (TALK_ZH_WEIGHT, partial(families_zh.talk_zh, name=name))
    every["copy_pieces"] = (COPY_PIECES_WEIGHT, partial(tasks_en.copy_pieces, pieces=pieces))
    return every


def mixed_weight(name: str, weight: float, mix: str) -> float:
    """Give the weight of a family in a mix.

    `balanced` is as the table says, `copying` drills the use of text, `settling` leans towards it,
    `polishing` leans towards what was weakest after that.
    """
    usual, factors = MIXES[mix]
    return weight * factors.get(name, usual)


def stream(
    seed: str, pieces: tuple[str, ...] = PLAIN_PIECES, mix: str = "balanced"
) -> Iterator[Dialogue]:
    """Give training dialogues without end; the same seed gives the same dialogues."""
    rng = Random(zlib.crc32(seed.encode()))  # noqa: S311  # text, not secrets
    every = families(pieces)
    makers = [maker for _, maker in every.values()]
    weights = [mixed_weight(name, weight, mix) for name, (weight, _) in every.items()]
    while True:
        yield rng.choices(makers, weights)[0](rng, False)
