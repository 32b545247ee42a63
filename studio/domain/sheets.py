"""Excel files: the first sheet whose names are known, or that holds anything; its first filled row is the header."""

import datetime as dates
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from studio.domain.column_names import find_fields
from studio.domain.raw_rows import LARGEST_FILE_BYTES, Notice, RawRow
from studio.domain.tables import HEAD_ROWS, above_header, find_header, name_columns
from studio.errors import StudioError

WORKBOOK = "xl/workbook.xml"
# These are held in memory as a whole.
HELD_PARTS = ("xl/sharedStrings.xml", "xl/styles.xml", WORKBOOK)
LARGEST_HELD_BYTES = 200_000_000
Cells = tuple[Any, ...]
Found = TypeVar("Found")
# What openpyxl and the archive stumble over.
DAMAGED = (InvalidFileException, zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError,
           ValueError, LookupError, TypeError, AttributeError, RuntimeError)  # fmt: skip


def names_inside(path: Path) -> frozenset[str]:
    """Give the names of a zip archive's files; none where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError):
        return frozenset()


def check_unpacked_size(path: Path) -> None:
    """Refuse a small file that unpacks into a huge one; no part can hold more than the archive says.

    Raises:
        StudioError: `data.too_large`.
    """
    with zipfile.ZipFile(path) as archive:
        sizes = {part.filename: part.file_size for part in archive.infolist()}
    held = max((sizes.get(name, 0) for name in HELD_PARTS), default=0)
    if sum(sizes.values()) > LARGEST_FILE_BYTES or held > LARGEST_HELD_BYTES:
        raise StudioError("data.too_large", gib=round(LARGEST_FILE_BYTES / 1024**3, 1))


def open_workbook(path: Path) -> tuple[tuple[str, ...], tuple[Notice, ...], Iterator[RawRow]]:
    """Give the column names, what was noticed, and the rows of an Excel file.

    Raises:
        StudioError: `data.too_large`, `data.bad_workbook`, `data.empty_file`, `data.header_only`, `data.duplicate_columns`.
    """
    check_unpacked_size(path)
    filled = list(whole(find_sheets(path)))
    if not filled:
        raise StudioError("data.empty_file")
    named = (sheet for sheet in filled if any(find_fields(cells) for cells in sheet[1]))
    name, first = next(named, filled[0])
    place = find_header(first)
    if len(first) == place + 1:
        raise StudioError("data.header_only")
    columns = name_columns([*first[place]])
    others = len(filled) - 1
    notices = (Notice("other_sheets", {"name": name, "n": others}),) if others else ()
    return columns, notices + above_header(place), whole(read_sheet(path, name, columns, place + 1))


def whole(found: Iterator[Found]) -> Iterator[Found]:
    """Give what is found in an Excel file.

    Raises:
        StudioError: `data.bad_workbook` where it is damaged.
    """
    try:
        yield from found
    except DAMAGED as error:
        raise StudioError("data.bad_workbook") from error


def find_sheets(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Give the name and the first filled rows of every sheet that holds anything, as text."""
    book = load(path)
    try:
        for sheet in book.worksheets:
            filled = (row for row in sheet.iter_rows(values_only=True) if is_filled(row))
            first = [[cell_text(cell) for cell in row] for row in islice(filled, HEAD_ROWS)]
            if first:
                yield sheet.title, first
    finally:
        book.close()


def load(path: Path) -> openpyxl.Workbook:
    """Open an Excel file for reading row by row; formulas come as their last result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl leaves out (styles, checks) are no data
        return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)


def is_filled(cells: Cells) -> bool:
    """Tell whether a row holds anything."""
    return any(cell is not None and str(cell).strip() for cell in cells)


def read_sheet(path: Path, name: str, columns: tuple[str, ...], passed: int) -> Iterator[RawRow]:
    """Read the rows of a sheet behind the first `passed` filled ones, with their numbers in the sheet."""
    book = load(path)
    try:
        rows = enumerate(book[name].iter_rows(values_only=True), 1)
        filled = ((number, row) for number, row in rows if is_filled(row))
        for number, cells in islice(filled, passed, None):
            if is_filled(cells[len(columns) :]):
                yield RawRow(number, {}, "too_many_cells", " · ".join(map(cell_text, cells)))
            else:
                yield RawRow(number, dict(zip(columns, map(cell_value, cells), strict=False)))
    finally:
        book.close()


def cell_value(cell: Any) -> Any:
    """Give a cell as a plain value: whole numbers without a point, days without midnight."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, dates.datetime) and cell.time() == dates.time():
        return cell.date().isoformat()
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("_x000D_\n", "\n")
    return cell if cell is None or isinstance(cell, bool | int | float) else str(cell)


def cell_text(cell: Any) -> str:
    """Give a cell of the header as text."""
    value = cell_value(cell)
    return "" if value is None else str(value)
