"""Find what data is about: TF-IDF of words, clusters of rows, their words, and a map of the rows.

For worker processes only: scikit-learn takes a second and a hundred MB to load.
"""

import itertools
import re
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import minmax_scale, normalize
from threadpoolctl import threadpool_limits

from studio.domain.dataset_folder import Version
from studio.domain.languages import SMALL_WORDS
from studio.domain.near_duplicates import FILLERS
from studio.domain.topic_map import Topic, Topics
from studio.domain.watching import Watch, report
from studio.domain.wording import UNSPACED, answered, asked

STAGE = "topics"
SEED = 7
MOST_ROWS = 20_000
# Topics grow with the square root of the rows: 100 rows have 3, 1,000 have 11; more than 24 nobody reads.
TOPICS_PER_ROOT = 1 / 3
MOST_TOPICS = 24
LEAST_ROWS = 8
# Fewer words than this stand for the whole row; what comes later in a long answer says little that is new.
READ_LETTERS = 1_500
MOST_WORDS = 20_000
# A word in more than a third of the rows tells nothing apart; one in a single row neither.
MOST_ROWS_RATIO = 1 / 3
DIMENSIONS = 40
SHOWN_WORDS = 6
STARTS = 2
# On the map a topic's rows lie around its middle; at this share of the distance between topics they just touch.
SPREAD = 0.45
WORD = re.compile(r"[^\W\d_]+")
# What is short for "not", "will", "are" goes with its word.
SHORT_FORM = re.compile(r"\w+['’](?:t|m|s|re|ve|ll|d)\b")
STOP_WORDS = frozenset({*ENGLISH_STOP_WORDS, *FILLERS, *SMALL_WORDS})
# Pairs of Chinese letters that stand in texts about anything.
STOP_LETTERS = frozenset(
    "的了是在我你他她它们这那有和与及或也就都而着吗呢吧啊一个不以可为之其所被把让对从到会能要请"
)


def find_topics(version: Version, watch: Watch) -> Topics:
    """Give the topics of a version, of 20,000 rows by chance where there are more; none for a handful of rows.

    Raises:
        Cancelled: the watch called it off.
    """
    total = len(version.index())
    places = np.arange(total)
    if total > MOST_ROWS:
        places = np.sort(np.random.default_rng(SEED).choice(total, MOST_ROWS, replace=False))
    report(watch, STAGE, 0, len(places))
    texts = [subject(*sides) for sides in sides_of(version, places)]
    report(watch, STAGE, len(places) // 4, len(places))
    weights, words = weigh(texts)
    is_told = np.diff(weights.indptr) > 0
    if is_told.sum() < LEAST_ROWS or len(words) < LEAST_ROWS:
        return Topics((), np.empty(0, np.int64), np.empty((0, 2)), np.empty(0, np.int16))
    weights, places = weights[is_told], places[is_told]
    # Several threads wait for each other longer than they work: 4.3 seconds of CPU for 10,000 rows instead of 0.9.
    with threadpool_limits(1):
        vectors = condense(weights)
        report(watch, STAGE, len(places) // 2, len(places))
        clusters = cluster(vectors)
        report(watch, STAGE, 3 * len(places) // 4, len(places))
        points = lay_out(vectors, clusters)
    return Topics(
        tuple(
            Topic(number, words_of_topic(weights, words, clusters == number), int(rows))
            for number, rows in enumerate(np.bincount(clusters))
        ),
        places,
        points,
        clusters.astype(np.int16),
    )


def sides_of(version: Version, places: np.ndarray) -> Iterator[tuple[str, str]]:
    """Give question and answer of the rows; the name of a category is no part of the text."""
    for row in version.rows(places):
        yield asked(row), "" if row.label is not None else answered(row)


def subject(question: str, answer: str) -> str:
    """Give the text that says what a row is about: the question, and the answer's beginning."""
    return f"{question[:READ_LETTERS]}\n{answer[: max(0, READ_LETTERS - len(question))]}"


def words_in(text: str) -> list[str]:
    """Give the words of a text without those that say nothing; of scripts without spaces pairs of letters."""
    words: list[str] = []
    for word in WORD.findall(SHORT_FORM.sub(" ", text.casefold())):
        if word.isascii() or not UNSPACED.search(word):
            if len(word) > 2 and word not in STOP_WORDS:
                words.append(word)
            continue
        for one, other in itertools.pairwise(word):
            if not {one, other} & STOP_LETTERS:
                words.append(one + other)
    return words


def weigh(texts: list[str]) -> tuple[csr_matrix, np.ndarray]:
    """Give the weight of every word in every text, (rows, words), and the words."""
    vectorizer = TfidfVectorizer(
        analyzer=words_in,
        min_df=2 if len(texts) >= LEAST_ROWS else 1,
        max_df=MOST_ROWS_RATIO,
        max_features=MOST_WORDS,
        sublinear_tf=True,
        dtype=np.float32,
    )
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:
        # No word stands in two texts.
        return csr_matrix((len(texts), 0), dtype=np.float32), np.empty(0, dtype=object)
    return csr_matrix(weights), vectorizer.get_feature_names_out()


def condense(weights: csr_matrix) -> np.ndarray:
    """Give every row as a vector of length one in few dimensions, (rows, dimensions)."""
    dimensions = min(DIMENSIONS, weights.shape[1] - 1, weights.shape[0] - 1)
    condensed = TruncatedSVD(dimensions, random_state=SEED).fit_transform(weights)
    return normalize(condensed)


def cluster(vectors: np.ndarray) -> np.ndarray:
    """Give the number of every row's topic; the largest topic is 0."""
    wanted = min(MOST_TOPICS, max(2, round(TOPICS_PER_ROOT * len(vectors) ** 0.5)))
    distinct = len(np.unique(vectors.round(6), axis=0))
    found = KMeans(min(wanted, distinct), n_init=STARTS, random_state=SEED).fit_predict(vectors)
    _, numbers, counts = np.unique(found, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    return rank[numbers]


def words_of_topic(
    weights: csr_matrix, words: np.ndarray, is_inside: np.ndarray
) -> tuple[str, ...]:
    """Give the words that set the rows of a topic apart from all others, the strongest first."""
    inside = np.asarray(weights[is_inside].mean(axis=0)).ravel()
    overall = np.asarray(weights.mean(axis=0)).ravel()
    # Frequent inside, and more frequent than elsewhere: the product of both.
    strength = inside * np.log1p(inside / np.maximum(overall, np.finfo(np.float32).tiny))
    chosen: list[str] = []
    for place in np.argsort(-strength, kind="stable"):
        word = str(words[place])
        if strength[place] <= 0 or len(chosen) == SHOWN_WORDS:
            break
        if not any(is_part(word, other) for other in chosen):
            chosen.append(word)
    return tuple(chosen)


def is_part(word: str, other: str) -> bool:
    """Tell whether two words are forms of one (card, cards) or overlapping pairs of letters."""
    if UNSPACED.match(word):
        return word[0] == other[-1] or word[-1] == other[0]
    return word.rstrip("s") == other.rstrip("s")


def lay_out(vectors: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Give a point for every row, (rows, 2) from 0 to 1: topics beside each other, rows around their topic's middle."""
    count = int(clusters.max()) + 1
    middles = np.stack([vectors[clusters == number].mean(axis=0) for number in range(count)])
    around = vectors - middles[clusters]
    centres = spread_out(flat(middles))
    points = np.empty((len(vectors), 2))
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) + np.eye(count) * 2
    radius = SPREAD * np.minimum(gaps.min(axis=1), np.median(gaps.min(axis=1)))
    for number in range(count):
        inside = clusters == number
        offsets = flat(around[inside])
        reach = np.quantile(np.linalg.norm(offsets, axis=1), 0.9) or 1.0
        distance = np.linalg.norm(offsets, axis=1, keepdims=True) / reach
        points[inside] = (
            centres[number] + offsets / reach / np.maximum(1, distance) * radius[number]
        )
    return np.clip(minmax_scale(points), 0, 1)


def flat(vectors: np.ndarray) -> np.ndarray:
    """Give vectors in the two dimensions in which they differ most, (rows, 2)."""
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    found = centred @ directions[:2].T
    return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))


def spread_out(points: np.ndarray) -> np.ndarray:
    """Push points apart until none are too close, so that topics do not hide each other."""
    wanted = 0.9 / len(points) ** 0.5
    # Ranks fill the map evenly; distances would leave it to the one topic that is unlike all others.
    points = points.argsort(axis=0).argsort(axis=0) / max(1, len(points) - 1)
    for _ in range(200):
        between = points[:, None] - points[None]
        distance = np.linalg.norm(between, axis=2) + np.eye(len(points)) * 2
        push = np.maximum(0, wanted - distance) / distance
        if not push.any():
            break
        points = points + 0.25 * (between * push[:, :, None]).sum(axis=1)
    return points
