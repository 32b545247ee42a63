"""Any file in: recognised by its content, and read without losing a row silently."""

import datetime as dates
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studio.domain.formats import RawRow, read_file
from studio.domain.records import Row
from studio.domain.shapes import convert_rows, detect_shape

ROWS = "question,answer\r\nWie spät ist es?,Es ist früh.\r\nUnd nun?,NA\r\n"
PAIR = '{"prompt": "a", "completion": "b"}'
TURNS = '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]'
CHINESE = "问题,答案\n你们几点开门？,我们早上九点开门。\n在哪里？,在市中心。\n"
TRADITIONAL = "問題,答案\n你們幾點開門？,我們早上九點開門。\n在哪裡？,在市中心。\n"
RUSSIAN = "question,answer\nКогда вы открываетесь?,Мы открываемся в девять.\nА где вы?,В центре.\n"
JAPANESE = "question,answer\n何時に開きますか,九時に開きます。\nどこですか,駅の前です。\n"
SENTENCES = "When do you open today?,We open at nine.\nWhere are you now?,In the city centre.\n"

READABLE = {
    "utf16.csv": (ROWS.encode("utf-16"), "csv", "question-answer", ["encoding"]),
    "utf16_without_mark.csv": (ROWS.encode("utf-16-le"), "csv", "question-answer", ["encoding"]),
    "bom.csv": (ROWS.encode("utf-8-sig"), "csv", "question-answer", []),
    "latin.csv": (ROWS.encode("cp1252"), "csv", "question-answer", ["encoding_guessed"]),
    "chinese.csv": (CHINESE.encode("gb18030"), "csv", "question-answer", ["encoding_guessed"]),
    "big5.csv": (TRADITIONAL.encode("big5"), "csv", "question-answer", ["encoding_guessed"]),
    "russian.csv": (RUSSIAN.encode("cp1251"), "csv", "question-answer", ["encoding_guessed"]),
    "japanese.csv": (JAPANESE.encode("cp932"), "csv", "question-answer", ["encoding_guessed"]),
    "excel.csv": (("\ufeff" + ROWS.replace(",", ";").replace("question", " User Question ")).encode(), "csv", "question-answer", []),
    "bars.txt": (ROWS.replace(",", "|").encode(), "csv", "question-answer", []),
    "tabs.tsv": (ROWS.replace(",", "\t").encode(), "tsv", "question-answer", []),
    "comma_inside.csv": (b'prompt;completion\nyes, no;a, b, c\n"a;b";c\n', "csv", "prompt-completion", []),
    "backslash.csv": (b'prompt,completion\n"say \\"hi\\"",b\n"c, d",e\n', "csv", "prompt-completion", []),
    "no_names.csv": (SENTENCES.encode(), "csv", None, ["no_header"]),
    "excel_says.csv": (b"sep=;\nquestion;answer\na;b\nc;d\n", "csv", "question-answer", []),
    "title.csv": (b"My report\n\nquestion,answer\na,b\nc,d\n", "csv", "question-answer", ["above_header"]),
    "wide_title.csv": (b"My report,,\nquestion,answer,nr\na,b,1\nc,d,2\n", "csv", "question-answer", ["above_header"]),
    "one_column.csv": (b"text\na, b\nc\n", "csv", "text", []),
    "wrapped.json": (f'{{"data": [{PAIR}, {PAIR}]}}'.encode(), "json", "prompt-completion", []),
    "wrapped_lines.json": (f'{{"about": ["x"],\n "train": [{PAIR}],\n "test": [{PAIR}]}}'.encode(), "json", "prompt-completion", []),
    "list.json": (f"[{PAIR},\n {PAIR}]".encode(), "json", "prompt-completion", []),
    "no_comma.json": (f"[{PAIR}\n {PAIR}]".encode(), "json", "prompt-completion", []),
    "one_after_the_other.json": ((json.dumps(json.loads(PAIR), indent=2) * 2).encode(), "json", "prompt-completion", []),
    "by_column.json": (b'{"question": ["a", "c"], "answer": ["b", "d"]}', "json", "question-answer", []),
    "by_number.json": (b'{"question": {"0": "a", "1": "c"}, "answer": {"0": "b", "1": "d"}}', "json", "question-answer", []),
    "by_name.json": (f'{{"x1": {PAIR}, "x2": {PAIR}}}'.encode(), "json", "prompt-completion", []),
    "lists.jsonl": (f"{TURNS}\n{TURNS}\n".encode(), "json", "messages", []),
    "lies.txt": (f"{PAIR}\n\n{PAIR}\n".encode(), "jsonl", "prompt-completion", []),
    "lies.csv": (f"{PAIR},\n{PAIR}".encode(), "jsonl", "prompt-completion", []),
    "lies.json": (b"prompt,completion\na,b\nc,d\n", "csv", "prompt-completion", []),
    "cell.csv": (b'prompt,completion\n"two\nlines",b\nc,d\n', "csv", "prompt-completion", []),
}  # fmt: skip


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows_of(path: Path) -> list[RawRow]:
    return list(read_file(path).rows)


@pytest.mark.parametrize("name", READABLE)
def test_a_readable_file_is_recognised_by_its_content(name: str, tmp_path: Path) -> None:
    content, file_format, shape_name, notices = READABLE[name]
    raw = read_file(write(tmp_path, name, content))
    rows = list(raw.rows)
    shape = detect_shape(rows, raw.columns)
    assert (raw.format, shape and shape.name, len(rows)) == (file_format, shape_name, 2)
    assert [notice.code for notice in raw.notices] == notices
    if shape:
        assert all(isinstance(row, Row) for row in convert_rows(rows, shape))


def test_answers_that_look_like_gaps_stay_answers(tmp_path: Path) -> None:
    path = write(tmp_path, "words.csv", b"prompt,completion\na,NA\nb,null\nc,None\nd,007\n")
    answers = [row.values["completion"] for row in rows_of(path)]
    assert answers == ["NA", "null", "None", "007"]


def test_a_cell_over_several_lines_counts_from_its_first(tmp_path: Path) -> None:
    path = write(tmp_path, "cells.csv", b'prompt,completion\n"one\r\ntwo",b\nc,d\n')
    assert [(row.line, row.values["prompt"]) for row in rows_of(path)] == [(2, "one\ntwo"), (4, "c")]  # fmt: skip


def test_columns_keep_their_names_and_lose_marks_and_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, "names.csv", "\ufeff My  Question ;Answer;\r\na;b;\r\n".encode())
    raw = read_file(path)
    assert raw.columns == ("My Question", "Answer")
    assert [row.values for row in raw.rows] == [{"My Question": "a", "Answer": "b"}]


BROKEN_ROWS = {
    "cut.jsonl": (f'{PAIR}\n{{"prompt": "c", "comp', [(2, "bad_json")]),
    "cut.json": (f'[{PAIR},\n{{"prompt": "c", "comp', [(2, "bad_json")]),
    "cut_wrapped.json": (f'{{"data": [{PAIR},\n{{"prompt": "c', [(2, "bad_json")]),
    "middle.jsonl": (f"{PAIR}\n{{broken}}\n{PAIR}\n5\n", [(2, "bad_json"), (4, "not_rows")]),
    "twice.jsonl": (f'{PAIR}\n{{"prompt": "a", "prompt": "b"}}\n', [(2, "duplicate_keys")]),
    "half.jsonl": (f'{PAIR}\n{{"prompt": "\\ud83d"}}\n{{"prompt": "\\ud83d\\ude00"}}', [(2, "broken_character")]),
    "deep.jsonl": (f"{PAIR}\n" + "[" * 100_000, [(2, "too_deep")]),
    "wide.csv": ("prompt,completion\na,b\na,b,c\nd,e,\n", [(3, "too_many_cells")]),
    "quote.csv": ('prompt,completion\na,b\n"open,c\nd,e\nf,g\n', [(3, "bad_quotes")]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_a_broken_row_comes_through_with_its_line_and_the_others_are_read(
    name: str, tmp_path: Path
) -> None:
    content, problems = BROKEN_ROWS[name]
    rows = rows_of(write(tmp_path, name, content.encode()))
    assert [(row.line, row.problem) for row in rows if row.problem] == problems
    assert any(not row.problem for row in rows)


def test_rows_of_a_list_on_one_line_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, "line.json", f"[{PAIR}, {PAIR}, 7]".encode())
    assert [(row.line, row.problem) for row in rows_of(path)] == [(1, ""), (2, ""), (3, "not_rows")]


def test_numbers_are_read_without_loss_and_what_is_no_number_is_nothing(tmp_path: Path) -> None:
    digits = "9" * 6000
    path = write(tmp_path, "n.json", f'[{{"a": {digits}, "b": NaN, "c": 7}}]'.encode())
    assert rows_of(path)[0].values == {"a": digits, "b": None, "c": 7}


@pytest.mark.parametrize("write_text", [lambda pair: f"[{pair * 9000}]", lambda pair: f'{{"data": [{pair * 9000}]}}'])  # fmt: skip
def test_a_long_list_is_read_in_pieces(write_text: Callable[[str], str], tmp_path: Path) -> None:
    pair = '{"prompt": "' + "x" * 300 + '", "completion": "b"}\n'
    raw = read_file(write(tmp_path, "long.json", write_text(pair).encode()))
    assert raw.position() < 2_000_000
    assert sum(not row.problem for row in raw.rows) == 9000
    assert raw.position() > 2_900_000


def test_an_excel_file_gives_days_and_whole_numbers_as_people_read_them(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Remarks").append(["nothing here"])
    sheet = book.create_sheet("Data")
    day, hour = dates.datetime(2026, 5, 1), dates.datetime(2026, 5, 1, 13, 30)
    for cells in (["Our FAQ"], [], ["Question ", "Answer"], ["a", day], ["b", 3.0], ["c", hour], ["d", True], ["e", "f", "g"]):  # fmt: skip
        sheet.append(cells)
    book.save(tmp_path / "book.xlsx")
    raw = read_file(tmp_path / "book.xlsx")
    assert (raw.format, raw.columns) == ("xlsx", ("Question", "Answer"))
    assert [notice.values for notice in raw.notices] == [{"name": "Data", "n": 1}, {"n": 1}]
    answers = [row.values.get("Answer", row.problem) for row in raw.rows]
    assert answers == ["2026-05-01", 3, "2026-05-01 13:30:00", True, "too_many_cells"]


def test_a_parquet_file_gives_lists_of_turns_and_categories_by_name(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}
    table = pa.table({"messages": [json.loads(TURNS)] * 2, "label": [1, 0], "price": [0.5, float("nan")]})  # fmt: skip
    noted = table.replace_schema_metadata({b"huggingface": json.dumps(features).encode()})
    pq.write_table(noted, tmp_path / "rows.parquet")
    raw = read_file(tmp_path / "rows.parquet")
    rows = [row.values for row in raw.rows]
    assert (raw.format, raw.columns) == ("parquet", ("messages", "label", "price"))
    assert rows[0] == {"messages": json.loads(TURNS), "label": "yes", "price": 0.5}
    assert rows[1]["price"] is None
