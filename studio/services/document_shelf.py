"""Somebody's own documents: files whose text is kept in passages, for columns that answer with their help."""

import json
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from studio.domain.documents import read_paragraphs
from studio.domain.job import write_by_rename
from studio.domain.passages import Document, read_documents, split_passages, write_document
from studio.domain.raw_rows import Position
from studio.errors import StudioError
from studio.services.pipes import environment_without_tokens

KINDS: Mapping[str, str] = MappingProxyType(
    {".pdf": "pdf", ".docx": "docx", ".txt": "txt", ".md": "md", ".markdown": "md", ".html": "html", ".htm": "html"}
)  # fmt: skip
MOST_DOCUMENTS = 50
LARGEST_FILE_BYTES = 20 << 20
# A model reads every passage once before it answers.
MOST_PASSAGES = 2_000
LONGEST_NAME_CHARACTERS = 120
TIME_LIMIT_SECONDS = 60
ID_BYTES = 8
ID = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class DocumentShelf:
    """Owns the documents of one home; they are everybody's who uses this studio, like its data sets.

    Of a file only its text is kept. What models made of the passages lies beside it, and goes with it.
    """

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def list(self) -> list[Document]:
        """Give all documents, in the order of their names."""
        return read_documents(self.folder)

    def is_empty(self) -> bool:
        """Tell whether there is no document."""
        return next(self.folder.glob("*.json"), None) is None

    def add(self, path: Path, name: str) -> Document:
        """Keep the text of a file, in the place of an earlier one with its name. Of a long one the beginning is kept.

        Raises:
            StudioError: `documents.*`, `data.not_text`.
        """
        name = " ".join(name.split())[-LONGEST_NAME_CHARACTERS:]
        kind = KINDS.get(Path(name).suffix.lower())
        if kind is None:
            raise StudioError("documents.unknown_kind")
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise StudioError("documents.too_large", mib=LARGEST_FILE_BYTES >> 20)
        passages = cut(extract(path, kind))
        with self._lock:
            there = self.list()
            earlier = [one for one in there if one.name == name]
            others = [one for one in there if one.name != name]
            if len(others) >= MOST_DOCUMENTS:
                raise StudioError("documents.too_many", most=MOST_DOCUMENTS)
            room = MOST_PASSAGES - sum(len(one.passages) for one in others)
            if room < 1:
                raise StudioError("documents.full", most=MOST_PASSAGES)
            kept = tuple(passages[:room])
            document = Document(
                secrets.token_hex(ID_BYTES), name, kept, sum(map(len, kept)), len(passages) > room
            )
            self._write(document)
            for one in earlier:
                self.delete(one.id)
        return document

    def delete(self, document_id: str) -> None:
        """Forget a document; one that is not there is forgotten already."""
        if ID.fullmatch(document_id):
            for file in self.folder.glob(f"{document_id}.*"):
                file.unlink(missing_ok=True)

    def _write(self, document: Document) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        write_by_rename(self.folder / f"{document.id}.json", write_document(document), mode=0o600)


def cut(text: str) -> list[str]:
    """Give a text in passages, its paragraphs as the reader of training texts finds them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_text(text, encoding="utf-8")
        return list(split_passages(p for _, p in read_paragraphs(path, "utf-8", Position())))


def extract(path: Path, kind: str) -> str:
    """Give the text of a document, read in a process that has limits.

    Raises:
        StudioError: `documents.*`, `data.not_text`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "studio.worker.extract", str(path.absolute()), kind],
            capture_output=True,
            timeout=TIME_LIMIT_SECONDS,
            check=True,
            env=environment_without_tokens(),
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise StudioError("documents.too_hard") from error
    result = json.loads(done.stdout)
    if "error" in result:
        raise StudioError.from_dict(result["error"])
    return str(result["text"])
