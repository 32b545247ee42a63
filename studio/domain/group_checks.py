"""What is found by comparing examples with each other: copies, repeated answers, overlap, languages, labels."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from studio.domain.dataset_folder import PARTS, Index, Version
from studio.domain.languages import LATIN, WORDS_BY_LANGUAGE
from studio.domain.near_duplicates import near_groups
from studio.domain.row_checks import Looked
from studio.domain.wording import content_hash, words_of

# Where a row came from is no part of what it says.
ORIGIN = re.compile(rb', "(?:line|source)": \d+')
# An answer is said "over and over" from five times on, if that is one row in twenty and five times as often as answers
# in this data usually are. Several wordings of each question with its one answer are how data should be.
SAME_ANSWER_ROWS = 5
SAME_ANSWER_RATIO = 0.05
SAME_ANSWER_TIMES = 5
# Answers of few words that repeat in most rows are categories, though nobody said so.
CATEGORY_WORDS = 4
CATEGORIES_RATIO = 0.5
DIFFERENT_RATIO = 0.1
LEAST_CATEGORIES = 2
# In a long answer one word in twenty may differ, and it is still the same answer.
OTHER_WORDS_RATIO = 0.05
# A question asked in one row of twenty is a standing instruction; there the answers tell the rows apart.
STANDING_RATIO = 0.05
STANDING_ROWS = 20
# The main language of data is known from so many rows on.
LEAST_ROWS_OF_LANGUAGE = 5
MOST_FOREIGN_RATIO = 0.3


def exact_hashes(lines: Iterable[bytes], total: int) -> np.ndarray:
    """Give 64 bits per stored line that stand for what the row says, wherever it came from."""
    hashes = (content_hash_of_line(line) for line in lines)
    return np.fromiter(hashes, dtype=np.uint64, count=total)


def content_hash_of_line(line: bytes) -> int:
    """Give the hash of a stored row without its origin."""
    return content_hash(ORIGIN.sub(b"", line).decode())


def copies(*columns: np.ndarray) -> np.ndarray:
    """Give for every row the place of the first row that is equal in all columns; its own where it is that row."""
    keys = np.column_stack([column.astype(np.int64, casting="unsafe") for column in columns])
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first[inverse.ravel()]


def question_groups(looked: Sequence[Looked]) -> np.ndarray:
    """Give the first row of each row's group of (nearly) equal questions."""
    return near_groups([one.asked for one in looked])


def answer_groups(looked: Sequence[Looked]) -> np.ndarray:
    """Give the first row of each row's group of (nearly) equal answers."""
    return near_groups([one.answered for one in looked], OTHER_WORDS_RATIO)


def pair_keys(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give one number for each pair of group numbers."""
    return one.astype(np.uint64) * np.uint64(2**32) + other.astype(np.uint64)


def asked_keys(questions: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Give the number of each row's question; of a standing instruction with the answer."""
    counts = np.bincount(questions, minlength=len(questions))[questions]
    is_standing = counts > max(STANDING_ROWS, STANDING_RATIO * len(questions))
    return pair_keys(questions, np.where(is_standing, answers + 1, 0))


def overlapping(keys: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Tell of every row whether it is held out while a learned row has the same key."""
    is_held_out = parts == PARTS.index("held_out")
    return is_held_out & np.isin(keys, keys[~is_held_out])


def repeated_answers(looked: Sequence[Looked]) -> np.ndarray:
    """Give the places of the rows with an answer that is given to far more questions than others; not of its first."""
    places_by_answer: dict[str, list[int]] = {}
    for place, one in enumerate(looked):
        if one.answered:
            places_by_answer.setdefault(one.answered, []).append(place)
    # How often an answer is given on average; a single one has nothing to compare with.
    different = len(places_by_answer)
    usual = len(looked) / different if different > 1 else 1
    least = max(SAME_ANSWER_ROWS, SAME_ANSWER_RATIO * len(looked), SAME_ANSWER_TIMES * usual)
    found: list[int] = []
    for places in places_by_answer.values():
        if len({looked[place].asked for place in places}) >= least:
            found += places[1:]
    return np.array(sorted(found), dtype=np.int64)


def have_categories(looked: Sequence[Looked]) -> bool:
    """Tell whether answers are the names of categories, said or not: few different ones of few words."""
    short = Counter(one.answered for one in looked if len(words_of(one.answered)) <= CATEGORY_WORDS)
    is_most = short.total() > CATEGORIES_RATIO * len(looked)
    return is_most and LEAST_CATEGORIES <= len(short) <= DIFFERENT_RATIO * len(looked)


def other_languages(looked: Sequence[Looked]) -> tuple[np.ndarray, str, list[str]]:
    """Give the places of rows with sides in two languages, or in another one than most; the main one, and the others.

    Where many rows are in another language, the data is meant to have several.
    """
    languages = [answer or question for question, answer in (one.languages for one in looked)]
    main, known = main_language(looked, languages)
    if known < LEAST_ROWS_OF_LANGUAGE:
        return np.empty(0, dtype=np.int64), main, []
    is_foreign = np.array([language is not None and language != main for language in languages])
    if is_foreign.sum() > MOST_FOREIGN_RATIO * known:
        is_foreign[:] = False
    places = np.flatnonzero(is_foreign | np.array([has_two(one.languages) for one in looked]))
    others = Counter(
        next((lang for lang in looked[place].languages if lang and lang != main), main)
        for place in places
    )
    return places, main, [language for language, _ in others.most_common()]


def main_language(looked: Sequence[Looked], languages: Sequence[str | None]) -> tuple[str, int]:
    """Give the language of most rows, and the rows that have any; short texts in Latin letters count to theirs."""
    counts = Counter(language for language in languages if language)
    unknown = sum(
        one.is_latin and language is None for one, language in zip(looked, languages, strict=True)
    )
    latin = max(WORDS_BY_LANGUAGE, key=lambda language: counts[language])
    counts[latin if counts[latin] else LATIN] += unknown
    return counts.most_common(1)[0][0], counts.total()


def has_two(languages: tuple[str | None, str | None]) -> bool:
    """Tell whether question and answer are in two languages."""
    question, answer = languages
    return bool(question and answer and question != answer)


def contradictions(looked: Sequence[Looked], labels: np.ndarray) -> np.ndarray:
    """Give the places of rows that ask the same words and have different labels."""
    labels_by_question: dict[str, set[int]] = {}
    for one, label in zip(looked, labels.tolist(), strict=True):
        if label >= 0:
            labels_by_question.setdefault(one.asked, set()).add(label)
    return np.array(
        [
            place
            for place, one in enumerate(looked)
            if len(labels_by_question.get(one.asked, ())) > 1
        ],
        dtype=np.int64,
    )


def learned_labels(version: Version, index: Index) -> dict[str, int]:
    """Give the learned rows by label, those without any included."""
    names = list(version.facts().labels)
    numbers = index["label"][index["part"] == PARTS.index("train")]
    counts = np.bincount(numbers[numbers >= 0], minlength=len(names))
    return dict(zip(names, counts.tolist(), strict=True))
