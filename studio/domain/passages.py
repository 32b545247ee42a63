"""Somebody's own documents as passages: how they are cut, searched by words, ranked, and put before a question."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from studio.domain.documents import HEADING, split_at_sentence
from studio.domain.languages import language_of
from studio.domain.wording import UNSPACED, bare, words_of

# Small enough that a model with room for a few hundred word pieces can read two of them.
LONGEST_PASSAGE_CHARACTERS = 600
# Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", 2009.
RANK_OFFSET = 60
# Said to the model, in the language of the question; documents are data between two fixed sentences.
BEFORE = {
    "en": "Answer the question with the help of these passages.",
    "zh": "请根据以下段落回答问题。",
}
QUESTION = {"en": "Question", "zh": "问题"}


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document, with the document's name; `is_cut`: the model was given less than the whole of it."""

    document: str
    text: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a file in passages; `is_cut`: the file holds more text than is kept."""

    id: str
    name: str
    passages: tuple[str, ...]
    characters: int
    is_cut: bool = False


def write_document(document: Document) -> str:
    """Give a document as JSON."""
    return json.dumps(asdict(document), ensure_ascii=False)


def read_documents(folder: Path) -> list[Document]:
    """Give the documents in a folder, in the order of their names."""
    found = []
    for file in folder.glob("*.json"):
        stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        stored["passages"] = tuple(stored["passages"])
        found.append(Document(**stored))
    return sorted(found, key=lambda document: (document.name.casefold(), document.id))


def split_passages(paragraphs: Iterable[str]) -> Iterator[str]:
    """Put whole paragraphs together as long as they fit; a longer one is cut behind a sentence, else behind a word.

    A heading begins a new passage, so that it stands before what it names.
    """
    held: list[str] = []
    for paragraph in paragraphs:
        for part in split_paragraph(paragraph.strip()):
            is_full = sum(len(one) + 2 for one in held) + len(part) > LONGEST_PASSAGE_CHARACTERS
            if held and (is_full or HEADING.match(part)):
                yield "\n\n".join(held)
                held = []
            held.append(part)
    if held:
        yield "\n\n".join(held)


def split_paragraph(text: str) -> Iterator[str]:
    """Give a paragraph in pieces that are no longer than a passage."""
    while len(text) > LONGEST_PASSAGE_CHARACTERS:
        lines = [text[:LONGEST_PASSAGE_CHARACTERS]]
        rest = split_at_sentence(lines) + text[LONGEST_PASSAGE_CHARACTERS:]
        if piece := lines[0].strip():
            yield piece
        text = rest.strip()
    if text:
        yield text


def search_words(text: str) -> list[str]:
    """Give the words to search by; of scripts without spaces the letters, and the pairs of them."""
    words = words_of(bare(text))
    pairs = [a + b for a, b in pairwise(words) if UNSPACED.match(a) and UNSPACED.match(b)]
    return words + pairs


def fuse(rankings: Iterable[Sequence[int]]) -> list[int]:
    """Give one ranking out of several: what stands high in any of them stands high."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, 1):
            scores[place] = scores.get(place, 0.0) + 1 / (RANK_OFFSET + rank)
    return sorted(scores, key=lambda place: (-scores[place], place))


def with_passages(question: str, passages: Sequence[Passage]) -> str:
    """Give a question behind passages, each with its number and the name of its document."""
    if not passages:
        return question
    language = "zh" if language_of(question) == "zh" else "en"
    parts = [
        f"[{number}] {passage.document}\n{passage.text}"
        for number, passage in enumerate(passages, 1)
    ]
    return "\n\n".join([BEFORE[language], *parts, f"{QUESTION[language]}: {question}"])
