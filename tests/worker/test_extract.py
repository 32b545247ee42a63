"""The text of documents: of every kind, whatever they hold, and why there is none."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pypdf
import pytest

from studio.errors import StudioError
from studio.worker import extract as reader
from studio.worker.extract import extract
from tests.made_documents import HOSTILE, make_docx, make_pdf

PAGE = """<!doctype html><html><head><title>Harbour</title><style>p {{ color: red }}</style>
<script>alert("never said")</script></head><body><h1>Hours</h1><p>Nine &amp; five,
<b>daily</b>.<p>&lt;b&gt;{hostile}</p><svg><text>drawn</text></svg><table><tr><td>Mon</td><td>9</td></tr></table>"""


def test_a_web_page_gives_what_its_reader_sees(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(PAGE.format(hostile="${alert(1)} {{7*7}}"), encoding="utf-8")
    text = extract(path, "html")
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    assert paragraphs == ["Harbour", "Hours", "Nine & five, daily.", "<b>${alert(1)} {{7*7}}", "Mon 9"]  # fmt: skip


def test_word_and_pdf_and_plain_text_keep_hostile_text_as_it_is(tmp_path: Path) -> None:
    plain = tmp_path / "plain.md"
    plain.write_text(HOSTILE, encoding="utf-8")
    assert extract(plain, "md") == HOSTILE
    assert HOSTILE in extract(make_pdf(tmp_path / "a.pdf", HOSTILE), "pdf")
    text = extract(make_docx(tmp_path / "a.docx", HOSTILE), "docx")
    assert text == f"# Hours\n\n{HOSTILE}\n\nMonday | nine to five"


def test_a_protected_pdf_asks_for_a_copy(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=make_pdf(tmp_path / "open.pdf", "Hello"))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    with pytest.raises(StudioError, match=r"documents\.locked"):
        extract(tmp_path / "locked.pdf", "pdf")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"no PDF at all", "documents.unreadable"),
        ("a.docx", b"PK\x03\x04 no archive", "documents.unreadable"),
        ("a.txt", b" \n\n ", "documents.no_text"),
        ("a.html", b"<script>only()</script>", "documents.no_text"),
        ("a.txt", b"Hello \x00 there", "data.not_text"),
    ],
)
def test_what_holds_no_text_says_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(StudioError, match=code.replace(".", r"\.")):
        extract(path, path.suffix[1:])


def test_a_word_document_that_unpacks_into_a_huge_one_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LARGEST_UNPACKED_BYTES", 100_000)
    path = make_docx(tmp_path / "bomb.docx", "Hello")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/bomb.xml", b" " * 1_000_000)
    with pytest.raises(StudioError, match=r"documents\.too_hard"):
        extract(path, "docx")


def test_the_process_answers_in_one_object(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "studio.worker.extract", str(make_pdf(tmp_path / "a.pdf", "Hi"))]  # fmt: skip
    done = subprocess.run([*command, "pdf"], capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout)["text"].strip() == "Hi"
