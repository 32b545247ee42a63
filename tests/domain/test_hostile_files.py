"""Hostile and broken files: refused in a sentence with a line number, in little time and memory, and never with a traceback."""

import io
import random
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.domain import formats
from studio.domain.formats import read_file
from studio.domain.raw_rows import LARGEST_FILE_BYTES, LONGEST_ROW_CHARACTERS, RawRow
from studio.domain.shapes import convert_rows, detect_shape
from studio.errors import StudioError

PAIR = '{"prompt": "a", "completion": "b"}'
LONG = "x" * 30_000_000


def archive(**parts: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return held.getvalue()


REFUSED = {
    "empty.jsonl": (b"", "data.empty_file", None),
    "blank.csv": (b"\n\n\n", "data.empty_file", None),
    "blank.json": (b" [ ] ", "data.empty_file", None),
    "header.csv": (b"question,answer\n", "data.header_only", None),
    "page.csv": (b"<!doctype html><html><body>Log in</body></html>", "data.is_web_page", None),
    "deep.json": (b"[" * 5000 + b"]" * 5000, "data.too_deep", 1),
    "deeper.json": (b'[\n{"a": ' + b"[" * 100_000, "data.too_deep", 2),
    "cut.json": (b'[{"prompt": "c", "comp', "data.bad_json", 1),
    "middle.json": (f"[{PAIR},\n{{broken}},\n{PAIR}]".encode(), "data.bad_json", 2),
    "python.json": (b"[{'prompt': 'a'}]", "data.bad_json", 1),
    "every.jsonl": (b"{broken}\n" * 5000, "data.bad_json", 1),
    "nul.jsonl": (b'{"prompt": "a"}\n{"prompt": "a\x00", "completion": "b"}\n', "data.not_text", 2),
    "binary.csv": (bytes(range(256)) * 40, "data.not_text", 2),
    "numbers.json": (b"[1, 2, 3]", "data.not_rows", 1),
    "word.json": (b'"hello"', "data.not_rows", 1),
    "gzip.jsonl": (b"\x1f\x8b\x08\x00rubbish", "data.is_archive", None),
    "any.zip": (archive(data_csv="a,b"), "data.is_archive", None),
    "letter.docx": (archive(word__document_xml="<a/>"), "data.is_document", None),
    "paper.pdf": (b"%PDF-1.7 ...", "data.is_document", None),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "data.is_document", None),
    "cat.png": (b"\x89PNG\r\n\x1a\n", "data.is_picture", None),
    "twice.csv": (b"prompt,prompt\na,b\n", "data.duplicate_columns", None),
    "cut_utf16.csv": ("question,answer\na,b".encode("utf-16")[:-1], "data.not_text", 2),
    "cut.xlsx": (archive(xl__workbook_xml="<a/>")[:-30], "data.bad_workbook", None),
    "bad.xlsx": (archive(xl__workbook_xml="<a"), "data.bad_workbook", None),
    "bomb.xlsx": (archive(xl__workbook_xml="<a/>", xl__sharedStrings_xml=" " * 250_000_000), "data.too_large", None),
    "bad.parquet": (b"PAR1 and nothing else PAR1", "data.bad_parquet", None),
    "long.json": (f'[{{"prompt": "{LONG}"}}]'.encode(), "data.row_too_long", 1),
    "only_long.jsonl": (f'{{"prompt": "{LONG}"}}'.encode(), "data.row_too_long", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    content, code, line = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(StudioError) as caught:
        list(read_file(path).rows)
    assert (caught.value.code, caught.value.values.get("line")) == (code, line)


LONG_ROWS = {
    "long.jsonl": f'{PAIR}\n{{"prompt": "{LONG}", "completion": "b"}}\n{PAIR}\n',
    "long.csv": f"prompt,completion\na,b\na,{LONG}\na,b\n",
}


@pytest.mark.parametrize("name", LONG_ROWS)
def test_one_endless_line_is_left_out_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(LONG_ROWS[name], encoding="utf-8")
    problems = [row.problem for row in read_file(path).rows]
    assert problems == ["", "row_too_long", ""]


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cell.csv"
    path.write_text(f"prompt,completion\na,{'x' * 1_048_576}\n", encoding="utf-8")
    assert len(next(read_file(path).rows).values["completion"]) == 1_048_576 < LONGEST_ROW_CHARACTERS  # fmt: skip


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as file:
        file.write(PAIR.encode())
        file.truncate(LARGEST_FILE_BYTES + 1)
    with pytest.raises(StudioError, match=r"data\.too_large"):
        read_file(path)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv"])
def test_too_many_rows_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(formats, "MOST_ROWS", 5)
    path = tmp_path / name
    path.write_text("prompt,completion\n" + "a,b\n" * 6 if name.endswith("csv") else f"{PAIR}\n" * 7, encoding="utf-8")  # fmt: skip
    with pytest.raises(StudioError, match=r"data\.too_many_rows"):
        list(read_file(path).rows)


def test_text_that_looks_like_a_program_stays_text(tmp_path: Path) -> None:
    texts = ["<script>alert(1)</script>", '=HYPERLINK("http://x.example")', "![x](http://x.example/p)", "<|im_start|>", "{{7*7}}", "\u202eabc\u200b"]  # fmt: skip
    path = tmp_path / "texts.tsv"
    lines = "".join(f"q{n}\t{text}\n" for n, text in enumerate(texts))
    path.write_text(f"prompt\tcompletion\n{lines}", encoding="utf-8")
    assert [row.values["completion"] for row in read_file(path).rows] == texts


def seeds(folder: Path) -> list[tuple[str, bytes]]:
    book = openpyxl.Workbook()
    assert book.active is not None
    for cells in (["question", "answer"], ["a", "b"], ["c", 3.5]):
        book.active.append(cells)
    book.save(folder / "seed.xlsx")
    pq.write_table(pa.table({"text": ["a", "b"], "label": [0, 1]}), folder / "seed.parquet")
    turns = (
        '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}'
    )
    return [
        ("a.jsonl", f"{PAIR}\n{PAIR}\n".encode()),
        ("a.json", f'{{"about": 1, "data": [{turns},\n {turns}]}}'.encode()),
        ("b.json", f"[{turns},\n {turns}]".encode()),
        ("a.csv", b'question,answer\n"a, ""b""",c\r\nd,"e\nf"\n'),
        ("a.md", b"# Title\n\n```\ncode\n```\n\nText.\n"),
        ("a.xlsx", (folder / "seed.xlsx").read_bytes()),
        ("a.parquet", (folder / "seed.parquet").read_bytes()[:200]),
    ]


def spoil(content: bytes, dice: random.Random) -> bytes:
    """Damage a file in a few places: something put in, taken out, changed or cut off."""
    pieces = (b'"', b"{", b"}", b"[", b"]", b",", b"\n", b"\\", b"\xff", b"null", b"1e999", b"\\ud800", b"'", b";", b"```")  # fmt: skip
    for _ in range(dice.randint(1, 5)):
        at = dice.randrange(len(content) + 1)
        rest = content[at + dice.choice((0, 0, 1, 9)) :]
        content = content[:at] + dice.choice((b"", *pieces)) + (b"" if dice.random() < 0.1 else rest)  # fmt: skip
    return content or b"x"


def test_no_damage_gives_anything_but_rows_or_a_sentence(tmp_path: Path) -> None:
    dice = random.Random(3)  # noqa: S311  a seed makes the damage repeat
    originals, path, read = seeds(tmp_path), tmp_path / "damaged", 0
    for _ in range(400):
        name, content = dice.choice(originals)
        path.write_bytes(spoil(content, dice))
        try:
            raw = read_file(path, name)
            rows: list[RawRow] = list(raw.rows)
        except StudioError:
            continue
        if shape := detect_shape(rows, raw.columns):
            read += len(list(convert_rows(rows, shape))) == len(rows)
    assert read > 50
