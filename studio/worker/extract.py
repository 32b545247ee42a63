"""The text of one document: `python -m studio.worker.extract FILE KIND`, one JSON object out.

Documents come from anywhere, so each is read in a process of its own, with limits on memory and time.

    out  {"text": "…"}
    or   {"error": {"code": "documents.locked", "values": {}}}
"""

import io
import json
import logging
import resource
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pypdf
from docx import Document
from docx.document import Document as OpenDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from pypdf.errors import DependencyError, PyPdfError

from studio.domain.encodings import find_encoding
from studio.errors import StudioError

MEMORY_LIMIT_BYTES = 1 << 30
WORK_LIMIT_SECONDS = 40
# More text than all documents together may have.
MOST_CHARACTERS = 2_000_000
# A document unpacks to a few times its size; a bomb to a thousand times.
LARGEST_UNPACKED_BYTES = 200 << 20
# What is no text for readers, and what begins a new paragraph.
UNREAD = frozenset(("script", "style", "template", "noscript", "svg", "math"))
BLOCKS = frozenset(("p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "ul", "ol", "li", "dl", "dt",
                    "dd", "table", "tr", "blockquote", "pre", "figure", "figcaption", "form", "fieldset", "hr", "title",
                    "h1", "h2", "h3", "h4", "h5", "h6"))  # fmt: skip
# What the readers stumble over in a damaged file.
DAMAGED = (PyPdfError, PackageNotFoundError, SyntaxError, zipfile.BadZipFile, OSError, ValueError, LookupError, TypeError,
           AttributeError, RuntimeError, EOFError)  # fmt: skip


class PageText(HTMLParser):
    """Collects what a reader of a web page sees; marks become paragraphs, and text that looks like marks stays text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNREAD:
            self._unread.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in BLOCKS:
            self.parts.append("\n\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in UNREAD:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unread:
            # Whatever was left open inside ends with it.
            while self._unread.pop() != tag:
                pass
        elif tag in BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            # Line ends in the source are spaces to a reader.
            self.parts.append(data.replace("\r", " ").replace("\n", " "))


def read_plain(path: Path) -> str:
    """Give the text of a TXT or Markdown file.

    Raises:
        StudioError: `data.not_text`.
    """
    return path.read_text(encoding=find_encoding(path).name)


def read_html(path: Path) -> str:
    """Give what a reader of a web page sees; nothing in it is run or fetched."""
    reader = PageText()
    reader.feed(read_plain(path))
    reader.close()
    lines = ("".join(reader.parts)).split("\n")
    return "\n".join(" ".join(line.split()) for line in lines)


def read_pdf(path: Path) -> str:
    """Give the text of a PDF, page by page.

    Raises:
        StudioError: `documents.locked`.
    """
    reader = pypdf.PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise StudioError("documents.locked")
    pages, characters = [], 0
    for page in reader.pages:
        pages.append(page.extract_text())
        characters += len(pages[-1])
        if characters > MOST_CHARACTERS:
            break
    return "\n\n".join(pages)


def read_docx(path: Path) -> str:
    """Give the paragraphs and the rows of tables of a Word document, in their order.

    Raises:
        StudioError: `documents.too_hard` where it unpacks into a huge one.
    """
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED_BYTES:
            raise StudioError("documents.too_hard")
    return "\n\n".join(blocks(Document(io.BytesIO(path.read_bytes()))))


def blocks(document: OpenDocument) -> Iterator[str]:
    """Give the blocks of a Word document as text; a heading is marked as Markdown marks one."""
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            rows = (" | ".join(cell.text.strip() for cell in row.cells) for row in block.rows)
            yield "\n".join(rows)
        elif text := block.text.strip():
            style = block.style.name if block.style is not None else ""
            yield f"# {text}" if (style or "").startswith(("Heading", "Title")) else text


READERS = {"txt": read_plain, "md": read_plain, "html": read_html, "pdf": read_pdf, "docx": read_docx}  # fmt: skip


def extract(path: Path, kind: str) -> str:
    """Give the text of a document.

    Raises:
        StudioError: `documents.locked`, `documents.unreadable`, `documents.too_hard`, `documents.no_text`, `data.not_text`.
    """
    try:
        text = READERS[kind](path)
    except (DependencyError, NotImplementedError) as error:
        raise StudioError("documents.locked") from error
    except (MemoryError, RecursionError) as error:
        raise StudioError("documents.too_hard") from error
    except DAMAGED as error:
        raise StudioError("documents.unreadable") from error
    # Lone halves of letters can be written to no file.
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    if not text.strip():
        raise StudioError("documents.no_text")
    return text[: MOST_CHARACTERS + 1]


def main() -> int:
    """Write the text of one document, or why there is none."""
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (WORK_LIMIT_SECONDS, WORK_LIMIT_SECONDS))
    try:
        result = {"text": extract(Path(sys.argv[1]), sys.argv[2])}
    except StudioError as error:
        result = {"error": error.as_dict()}
    sys.stdout.buffer.write(json.dumps(result, ensure_ascii=False).encode("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
