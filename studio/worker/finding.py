"""Which passages of somebody's documents help with a question: found by their words and by what a model makes of them.

Shapes: vectors are (passages, width), each of length 1.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import bm25s
import numpy as np

from studio.domain.passages import Document, Passage, fuse, read_documents, search_words
from studio.errors import StudioError
from studio.worker.embedding import BaseStates, Embedder, EmbeddingModel, unit
from studio.worker.residents import Tell
from studio.worker.shared_base import SharedBase

BATCH_PASSAGES = 16
# Fewer have no middle that would mean anything.
LEAST_CENTRED = 8


@dataclass(frozen=True, slots=True)
class Library:
    """The folder of the documents, and that of the embedding model (None: the base model makes the vectors)."""

    folder: Path
    embedder: Path | None = None


@dataclass(slots=True)
class Finder:
    """Finds passages. What a model made of a document is kept beside it, so that each is read once by each model."""

    _vectors: dict[Path, np.ndarray] = field(default_factory=dict)
    _embedders: dict[Path, EmbeddingModel] = field(default_factory=dict)

    def find(
        self, library: Library, question: str, base: SharedBase, weights: Path, tell: Tell
    ) -> list[Passage]:
        """Give all passages of the documents, the most helpful first; `weights` is the folder of the base model.

        Raises:
            StudioError: `documents.none`.
            Stopped: where nobody waits any more.
        """
        documents = read_documents(library.folder)
        passages = [Passage(one.name, text) for one in documents for text in one.passages]
        if not passages:
            raise StudioError("documents.none")
        by_words = rank_by_words([passage.text for passage in passages], question)
        embedder = self._embedder(library, base, weights)
        vectors = self._read(library.folder, documents, embedder, tell)
        asked = embedder.embed([question], is_question=True)
        by_meaning = rank_by_meaning(vectors, asked, is_even=embedder.is_even)
        return [passages[place] for place in fuse([by_words, by_meaning])]

    def _embedder(self, library: Library, base: SharedBase, weights: Path) -> Embedder:
        if library.embedder is None:
            return BaseStates(base, weights)
        if library.embedder not in self._embedders:
            self._embedders[library.embedder] = EmbeddingModel(library.embedder)
        return self._embedders[library.embedder]

    def _read(
        self, folder: Path, documents: Sequence[Document], embedder: Embedder, tell: Tell
    ) -> np.ndarray:
        """Give the vectors of all passages; what is not known yet is read now, and told."""
        mark = hashlib.blake2b(str(embedder.folder).encode(), digest_size=8).hexdigest()
        total, done = sum(len(one.passages) for one in documents), 0
        found = []
        for document in documents:
            file = folder / f"{document.id}.{mark}.npy"
            vectors = self._vectors.get(file)
            if vectors is None and file.exists():
                vectors = np.load(file, allow_pickle=False)
            if vectors is None:
                parts = []
                for start in range(0, len(document.passages), BATCH_PASSAGES):
                    tell(phase="reading", read_passages=done + start, total_passages=total)
                    batch = document.passages[start : start + BATCH_PASSAGES]
                    parts.append(embedder.embed(batch))
                vectors = np.concatenate(parts)
                keep(file, vectors, folder / f"{document.id}.json")
            self._vectors[file] = vectors
            found.append(vectors)
            done += len(document.passages)
        return np.concatenate(found)


def keep(file: Path, vectors: np.ndarray, document: Path) -> None:
    """Keep what a model made of a document, as long as the document is there."""
    if not document.exists():
        return
    beside = file.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        np.save(out, vectors, allow_pickle=False)
    beside.replace(file)


def rank_by_words(texts: Sequence[str], question: str) -> list[int]:
    """Give the places of the texts that share words with a question, by BM25, the best first."""
    words, asked = [search_words(text) for text in texts], search_words(question)
    if not asked or not any(words):
        return []
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    scores = index.get_scores(asked)
    order = np.argsort(-scores, kind="stable")
    return [int(place) for place in order if scores[place] > 0]


def rank_by_meaning(vectors: np.ndarray, asked: np.ndarray, *, is_even: bool = False) -> list[int]:
    """Give the places of passages by how near their vectors are to the question's, the nearest first.

    Hidden states of a language model all point the same way; unless they are even, what they share is taken out first.
    """
    if not is_even and len(vectors) >= LEAST_CENTRED:
        middle = vectors.mean(axis=0)
        vectors, asked = unit(vectors - middle), unit(asked - middle)
    return [int(place) for place in np.argsort(-(vectors @ asked[0]), kind="stable")]
