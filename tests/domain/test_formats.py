"""Any file in: recognised by content, or refused in a sentence with a line number."""

from pathlib import Path

import pytest

from studio.domain.formats import read_file
from studio.errors import StudioError
from studio.services.datasets import check_file

ROWS = "question,answer\r\nWie spät ist es?,Es ist früh.\r\nUnd nun?,NA\r\n"
PAIR = '{"prompt": "a", "completion": "b"}'

READABLE = {
    "utf16.csv": (ROWS.encode("utf-16"), "csv", "question-answer", ["encoding"]),
    "bom.csv": (ROWS.encode("utf-8-sig"), "csv", "question-answer", []),
    "latin.csv": (ROWS.encode("cp1252"), "csv", "question-answer", ["encoding_guessed"]),
    "semicolon.csv": (ROWS.replace(",", ";").encode(), "csv", "question-answer", []),
    "tabs.tsv": (ROWS.replace(",", "\t").encode(), "csv", "question-answer", []),
    "wrapped.json": (f'{{"data": [{PAIR}, {PAIR}]}}'.encode(), "json", "prompt-completion", []),
    "list.json": (f"[{PAIR},\n {PAIR}]".encode(), "json", "prompt-completion", []),
    "lies.txt": (f"{PAIR}\n\n{PAIR}\n".encode(), "jsonl", "prompt-completion", []),
    "cell.csv": (b'prompt,completion\n"two\nlines",b\nc,d\n', "csv", "prompt-completion", []),
}

REFUSED = {
    "empty.jsonl": (b"", "data.empty_file", None),
    "blank.csv": (b"\n\n\n", "data.empty_file", None),
    "header.csv": (b"question,answer\n", "data.header_only", None),
    "page.csv": (b"<!doctype html><html><body>Log in</body></html>", "data.is_web_page", None),
    "cut.jsonl": (f'{PAIR}\n{{"prompt": "c", "comp'.encode(), "data.bad_json", 2),
    "cut.json": (f'[{PAIR},\n{{"prompt": "c", "comp'.encode(), "data.bad_json", 2),
    "deep.json": (b"[" * 5000 + b"]" * 5000, "data.bad_json", 1),
    "nul.jsonl": (b'{"prompt": "a\x00", "completion": "b"}\n', "data.not_text", 1),
    "binary.csv": (bytes(range(256)) * 40, "data.not_text", 1),
    "numbers.json": (b"[1, 2, 3]", "data.not_rows", 1),
    "word.json": (b'"hello"', "data.not_rows", None),
    "gzip.jsonl": (b"\x1f\x8b\x08\x00rubbish", "data.is_archive", None),
    "nan.json": (b'[{"prompt": NaN, "completion": Infinity}]', "data.no_examples", 1),
    "quote.csv": (b'prompt,completion\na,b\n"open,c\nd,e\n', "data.bad_quotes", 4),
    "wide.csv": (b"prompt,completion\na,b\na,b,c\n", "data.bad_table", 3),
    "twice.csv": (b"prompt,prompt\na,b\n", "data.duplicate_columns", None),
    "strange.csv": (b"colour,size\nred,3\n", "data.unknown_columns", None),
    "truncated_utf16.csv": ("question,answer\na,b".encode("utf-16")[:-1], "data.not_text", 2),
}


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", READABLE)
def test_a_readable_file_is_recognised_by_its_content(name: str, tmp_path: Path) -> None:
    content, file_format, shape, notices = READABLE[name]
    checked = check_file(write(tmp_path, name, content))
    assert (checked.format, checked.shape, len(checked.rows)) == (file_format, shape, 2)
    assert [notice.code for notice in checked.notices] == notices


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    content, code, line = REFUSED[name]
    with pytest.raises(StudioError) as caught:
        check_file(write(tmp_path, name, content))
    assert caught.value.code == code
    assert caught.value.values.get("line") == line


def test_answers_that_look_like_gaps_stay_answers(tmp_path: Path) -> None:
    path = write(tmp_path, "words.csv", b"prompt,completion\na,NA\nb,null\nc,None\nd,007\n")
    assert [row.answer() for row in check_file(path).rows] == ["NA", "null", "None", "007"]


def test_a_cell_over_several_lines_counts_from_its_first(tmp_path: Path) -> None:
    path = write(tmp_path, "cells.csv", b'prompt,completion\n"one\ntwo",b\nc,d\n')
    assert [row.line for row in read_file(path).rows] == [2, 4]


def test_a_row_without_answer_is_skipped_aloud(tmp_path: Path) -> None:
    path = write(tmp_path, "gap.csv", b"question,answer\na,b\nc,\nd,e\n")
    checked = check_file(path)
    assert len(checked.rows) == 2
    assert [(skip.line, skip.reason) for skip in checked.skipped] == [(3, "empty_answer")]
