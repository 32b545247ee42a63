"""Texts that say the same in nearly the same words.

Two texts are near duplicates when they differ in nothing but filler words and spelling: "How do I locate my card?" and
"how can i locate the card". One other word of content, number or negation is another question ("turn on", "turn off"),
so no share of equal letters decides. Candidates come from MinHash bands: texts that share many words meet in a bucket.

Source: Broder, On the resemblance and containment of documents (1997), https://doi.org/10.1109/SEQUEN.1997.666900
"""

import math
import zlib
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Levenshtein

from studio.domain.wording import words_of

# 16 bands of 3 smallest hashes: texts with half of their words in common meet with 88 %, with two thirds 99.7 %.
BANDS = 16
ROWS_PER_BAND = 3
# In a bucket each text is compared with the three before it; more only matters for texts that are nearly all alike.
NEIGHBOURS = 3
# Below this share of common letters no two texts pass the test of words; it spares the slower test.
LEAST_LETTERS_PERCENT = 70
# Words that may differ: three, or a fifth of a long text.
MOST_OTHER_WORDS = 3
MOST_OTHER_RATIO = 0.2
# Shorter words are other words when one letter differs (cost, cast).
LEAST_SPELLED_LETTERS = 6
ENDINGS = ("s", "es", "d", "ed", "ing", "ly")
# Words that ask nothing. No negations, no pronouns that change who is meant, no pairs such as on/off, in/out, before/after.
FILLER_WORDS = (
    "a an the please pls plz just so well hi hello hey ok okay thanks thank really very some is are was were do does did "
    "can could will would have has s there to of for and also now i it me how "
    "的 了 请 问 吗 呢 吧 啊 呀 一 个 下 是 我 们 您 你 么 就 都 把 地 得"
)
FILLERS = frozenset(FILLER_WORDS.split())
# `t` is what is left of n't.
NEGATION_WORDS = (
    "not no never none without t nicht kein keine nie pas jamais sin nunca non 不 没 无 非 未 别"
)
NEGATIONS = frozenset(NEGATION_WORDS.split())
HASHED_TEXTS = 2_000
SEED = 7


def near_pairs(texts: Sequence[str], other_ratio: float = 0.0) -> list[tuple[int, int]]:
    """Give the pairs of places whose `bare` texts are near duplicates; equal texts are pairs with the first of them.

    Args:
        other_ratio: the share of words of content that may differ (numbers and negations never).
    """
    first: dict[str, int] = {}
    pairs = []
    for place, text in enumerate(texts):
        if first.setdefault(text, place) != place:
            pairs.append((first[text], place))
    places = list(first.values())
    distinct = list(first)
    left, right = candidates(distinct)
    likeness = process.cpdist(
        [distinct[i] for i in left],
        [distinct[i] for i in right],
        scorer=fuzz.ratio,
        score_cutoff=LEAST_LETTERS_PERCENT,
    )
    for i in np.flatnonzero(likeness):
        one, other = int(left[i]), int(right[i])
        if is_near(distinct[one], distinct[other], other_ratio):
            pairs.append((places[one], places[other]))
    return pairs


def near_groups(texts: Sequence[str], other_ratio: float = 0.0) -> np.ndarray:
    """Give for every text the place of the first text of its group of near duplicates."""
    root = np.arange(len(texts))
    for one, other in near_pairs(texts, other_ratio):
        a, b = find(root, one), find(root, other)
        root[max(a, b)] = min(a, b)
    return np.array([find(root, place) for place in range(len(texts))], dtype=np.int64)


def find(root: np.ndarray, place: int) -> int:
    """Give the first of a group, and shorten the way to it."""
    while root[place] != place:
        root[place] = root[root[place]]
        place = int(root[place])
    return place


def is_near(one: str, other: str, other_ratio: float = 0.0) -> bool:
    """Tell whether two `bare` texts differ in filler words and spelling only, and in so many words of content."""
    a, b = words_of(one), words_of(other)
    longer = max(len(a), len(b))
    most = max(MOST_OTHER_WORDS, int(MOST_OTHER_RATIO * longer))
    if abs(len(a) - len(b)) > most:
        return False
    differing = 0
    content_left = math.floor(other_ratio * longer)
    for step in Levenshtein.opcodes(a, b):
        if step.tag == "equal":
            continue
        mine, theirs = a[step.src_start : step.src_end], b[step.dest_start : step.dest_end]
        differing += max(len(mine), len(theirs))
        content_left -= other_content(mine, theirs)
        if differing > most or content_left < 0:
            return False
    return differing < longer


def other_content(mine: list[str], theirs: list[str]) -> float:
    """Give in how many words of content two runs of words differ; infinitely many where one says the opposite."""
    mine = [word for word in mine if word not in FILLERS]
    theirs = [word for word in theirs if word not in FILLERS]
    if len(mine) == len(theirs) and all(map(is_spelled_alike, mine, theirs)):
        return 0
    if any(word in NEGATIONS or not word.isalpha() for word in (*mine, *theirs)):
        return math.inf
    return max(len(mine), len(theirs))


def is_spelled_alike(one: str, other: str) -> bool:
    """Tell whether a word is another form of a word or a slip of the pen; numbers never are."""
    short, long = sorted((one, other), key=len)
    if not (short.isalpha() and long.isalpha() and short[0] == long[0]):
        return False
    if len(short) > 2 and any(short + ending == long for ending in ENDINGS):
        return True
    return (
        len(short) >= LEAST_SPELLED_LETTERS
        and short[-1] == long[-1]
        and OSA.distance(short, long, score_cutoff=1) <= 1
    )


def candidates(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Give pairs of places that share many words: the left and the right ones."""
    bands = band_hashes(texts)
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for band in bands.T:
        order = np.argsort(band, kind="stable")
        for distance in range(1, NEIGHBOURS + 1):
            early, late = order[:-distance], order[distance:]
            meet = band[early] == band[late]
            pairs.append(np.column_stack((early[meet], late[meet])))
    left, right = np.unique(np.concatenate(pairs), axis=0).T
    return left, right


def band_hashes(texts: Sequence[str]) -> np.ndarray:
    """Give the bands of every text, (texts, BANDS): equal numbers are a bucket."""
    rng = np.random.default_rng(SEED)
    factors = rng.integers(1, 2**63, BANDS * ROWS_PER_BAND, dtype=np.uint64) | np.uint64(1)
    mixers = rng.integers(1, 2**63, ROWS_PER_BAND, dtype=np.uint64) | np.uint64(1)
    bands = np.empty((len(texts), BANDS), dtype=np.uint64)
    for start in range(0, len(texts), HASHED_TEXTS):
        hashes, starts = word_hashes(texts[start : start + HASHED_TEXTS])
        smallest = np.empty((len(starts), BANDS * ROWS_PER_BAND), dtype=np.uint64)
        for number, factor in enumerate(factors):
            mixed = (hashes * factor) >> np.uint64(16)
            smallest[:, number] = np.minimum.reduceat(mixed, starts)
        rows = smallest.reshape(len(starts), BANDS, ROWS_PER_BAND)
        bands[start : start + HASHED_TEXTS] = (rows * mixers).sum(axis=2)
    return bands


def word_hashes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Give one hash per different word of content, text after text, and where each text starts."""
    hashes: list[int] = []
    starts = []
    for text in texts:
        starts.append(len(hashes))
        words = words_of(text)
        content = {word for word in words if word not in FILLERS} or set(words) or {""}
        hashes.extend(zlib.crc32(word.encode("utf-8", "replace")) for word in content)
    # Spread over 64 bits, so that products with odd factors order the words anew each time.
    spread = np.array(hashes, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    spread ^= spread >> np.uint64(29)
    return spread, np.array(starts, dtype=np.int64)
