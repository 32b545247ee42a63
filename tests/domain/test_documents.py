"""Texts as they stand: whole paragraphs on pages."""

from pathlib import Path

import pytest

from studio.domain.documents import LONGEST_PAGE_CHARACTERS
from studio.domain.formats import RawFile, read_file

CODE = "# Title\n\nText\n\n```python\nx = 1\n\n\ny = 2\n```\n\nMore\n"


def read(folder: Path, name: str, text: str) -> RawFile:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_file(path)


def pages(folder: Path, name: str, text: str) -> list[tuple[int, str]]:
    return [(row.line, row.values["text"]) for row in read(folder, name, text).rows]


@pytest.mark.parametrize(
    ("name", "text", "file_format"),
    [
        ("prose.txt", "Dear reader, this is a story.\nIt goes on, and on, and on.\n", "txt"),
        ("links.md", "[A link](http://x.example) stands here.\n", "md"),
        ("names.txt", "{{name}} says hello.\n", "txt"),
        ("table.txt", "question\tanswer\na\tb\n", "tsv"),
        ("pasted", "Only a sentence.\n", "txt"),
        ("one.csv", "remark\nvery good\n", "csv"),
    ],
)
def test_the_content_tells_a_text_from_a_table_and_the_name_breaks_the_tie(
    name: str, text: str, file_format: str, tmp_path: Path
) -> None:
    assert read(tmp_path, name, text).format == file_format


def test_a_block_of_code_keeps_its_blank_lines(tmp_path: Path) -> None:
    assert pages(tmp_path, "code.md", CODE) == [(1, CODE.strip())]


def test_a_heading_goes_with_what_follows(tmp_path: Path) -> None:
    long = "word " * 700
    found = pages(tmp_path, "book.md", f"Start. {long}\n\n## Next\n\n{long}\n")
    assert [line for line, _ in found] == [1, 3]
    assert found[1][1].startswith("## Next\n\nword")


def test_a_text_without_paragraphs_is_cut_at_sentences_and_nothing_is_lost(tmp_path: Path) -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(1000))
    found = pages(tmp_path, "long.txt", text)
    assert max(len(page) for _, page in found) <= LONGEST_PAGE_CHARACTERS
    assert all(page.rstrip().endswith(".") for _, page in found)
    assert "".join(page for _, page in found).replace(" ", "") == text.replace(" ", "")


ASKED = """**Q1:** When do you open?
**A:** At nine.

Even on Sundays: yes.

Q: Where are you?
At the harbour?
A: No, in the centre.
问：有茶吗？
答：有。
Q: And then?
"""


def test_questions_and_answers_written_as_a_text_are_read_as_such(tmp_path: Path) -> None:
    rows = read(tmp_path, "faq.txt", ASKED).rows
    assert [(row.line, *row.values.values()) for row in rows] == [
        (1, "When do you open?", "At nine.\n\nEven on Sundays: yes."),
        (6, "Where are you?\nAt the harbour?", "No, in the centre."),
        (9, "有茶吗？", "有。"),
        (11, "And then?", ""),
    ]


@pytest.mark.parametrize(
    "text", ["Q: alone\n", "A: first\nQ: then\n", "Quite: so\nAll: good\n", "Text.\nQ: a\nA: b\n"]
)
def test_other_texts_stay_texts(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "text.txt", text).columns == ("text",)
