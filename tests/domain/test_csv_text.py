"""Tables for spreadsheets, in which nothing is a formula."""

import csv
import io

import pytest

from studio.domain.csv_text import write_csv


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =cmd|'/c calc'!A0", "\n-2", "＝1", "－1"],
)
def test_a_cell_that_looks_like_a_formula_becomes_text(cell: str) -> None:
    assert read(write_csv([cell], [[cell]])) == [[f"'{cell}"]] * 2


@pytest.mark.parametrize("cell", ["Yes.", "", "a=b", "1-2", 'He said "no", twice', "两行\n文字"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert read(write_csv(["head"], [[cell]])) == [["head"], [cell]]


def test_a_spreadsheet_knows_that_it_is_utf_8() -> None:
    assert write_csv(["问题"], []).encode().startswith(b"\xef\xbb\xbf")
