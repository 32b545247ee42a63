"""File formats: from the bytes that somebody dropped to raw rows with line numbers.

The content decides, never the name: `{` or `[` opens JSON, what has the same number of cells in most lines is a table, other
text is a document. The name only breaks the tie between a text and a table of one column.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from studio.domain.column_names import find_fields
from studio.domain.documents import read_document
from studio.domain.encodings import Encoding, find_encoding
from studio.domain.json_files import read_json, starts_json
from studio.domain.json_scanner import BLANKS
from studio.domain.parquet_files import open_parquet
from studio.domain.raw_rows import (
    LARGEST_FILE_BYTES,
    LONGEST_ROW_CHARACTERS,
    MOST_ROWS,
    Notice,
    Position,
    RawFile,
    RawRow,
    open_text,
)
from studio.domain.sheets import WORKBOOK, names_inside, open_workbook
from studio.domain.spoken_pairs import COLUMNS as PAIR_COLUMNS
from studio.domain.spoken_pairs import holds_pairs, read_pairs
from studio.domain.tables import Dialect, find_dialect, open_table
from studio.errors import StudioError

__all__ = ["Notice", "RawFile", "RawRow", "read_file"]

ZIP = b"PK\x03\x04"
PARQUET = b"PAR1"
ARCHIVES = (
    ZIP,
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
    b"GGUF",
)
# Word, PowerPoint and old Excel; PDF; RTF.
DOCUMENTS = (b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")
PARTS_OF_DOCUMENTS = frozenset(("word/document.xml", "ppt/presentation.xml", "content.xml", "Index/Document.iwa"))  # fmt: skip
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
WEB_PAGE = ("<!doctype", "<html", "<?xml", "<head", "<body")
HEAD_CHARACTERS = 65_536
SAMPLE_ROWS = 20
# So many broken rows at the beginning, and it is not what it seems.
MOST_BROKEN_ROWS = 1_000
TEXT_NAMES = (".txt", ".md", ".markdown", ".text")
JSON_NAMES = (".json", ".jsonl", ".ndjson")
TABLE_NAMES = (".csv", ".tsv", ".tab", ".psv")


def read_file(path: Path, name: str = "") -> RawFile:
    """Recognise `path` by its content and read it; `name` is what the user calls it.

    Raises:
        StudioError: `data.empty_file`, `data.too_large`, `data.is_archive`, `data.is_document`, `data.is_picture`, `data.is_web_page`,
            `data.not_text`, `data.header_only`, `data.bad_json`, `data.not_rows`, `data.bad_quotes` and others of `data.*` that
            say what is wrong with the file as a whole (while rows are read, too).
    """
    with path.open("rb") as file:
        head = file.read(8)
    size = path.stat().st_size
    if not head:
        raise StudioError("data.empty_file")
    if size > LARGEST_FILE_BYTES:
        raise StudioError("data.too_large", gib=round(LARGEST_FILE_BYTES / 1024**3, 1))
    position = Position()
    if head.startswith(PARQUET):
        columns, rows = open_parquet(path, position)
        return RawFile("parquet", (), limited(rows), columns, position)
    if head.startswith(ZIP) and is_workbook(path, name or path.name):
        columns, notices, rows = open_workbook(path)
        return RawFile("xlsx", notices, limited(rows), columns, position)
    refuse_binary(head)
    return read_text(path, (name or path.name).lower(), position)


def is_workbook(path: Path, name: str) -> bool:
    """Tell whether a zip archive is an Excel file.

    Raises:
        StudioError: `data.is_document` for other programs' files, `data.bad_workbook` for one that broke off.
    """
    inside = names_inside(path)
    if inside & PARTS_OF_DOCUMENTS:
        raise StudioError("data.is_document")
    if WORKBOOK not in inside and name.lower().endswith((".xlsx", ".xlsm")):
        raise StudioError("data.bad_workbook")
    return WORKBOOK in inside


def refuse_binary(head: bytes) -> None:
    """Refuse what is known to be no text by its first bytes.

    Raises:
        StudioError: `data.is_archive`, `data.is_document`, `data.is_picture`.
    """
    if head.startswith(ARCHIVES):
        raise StudioError("data.is_archive")
    if head.startswith(DOCUMENTS):
        raise StudioError("data.is_document")
    if head.startswith(PICTURES):
        raise StudioError("data.is_picture")


def read_text(path: Path, name: str, position: Position) -> RawFile:
    """Recognise a text file and read it."""
    encoding = find_encoding(path)
    head = read_head(path, encoding.name)
    if not head:
        raise StudioError("data.empty_file")
    if head[:200].lower().startswith(WEB_PAGE):
        raise StudioError("data.is_web_page")
    if starts_json(head) or (head[0] in "[{" and name.endswith(JSON_NAMES)):
        file_format, rows = read_json(path, encoding.name, position)
        if file_format == "jsonl" and encoding.lines > MOST_ROWS + 1:
            raise StudioError("data.too_many_rows", most=MOST_ROWS)
        return checked(file_format, encoding, rows, position)
    if head.startswith('"') and head.rstrip().endswith('"') and "\n" not in head.strip():
        raise StudioError("data.not_rows", line=1)
    dialect = find_dialect(head)
    if is_document(head, name, dialect):
        is_asked = holds_pairs(head)
        columns = PAIR_COLUMNS if is_asked else ("text",)
        read = (read_pairs if is_asked else read_document)(path, encoding.name, position)
        file_format = "md" if name.endswith((".md", ".markdown")) else "txt"
        return RawFile(file_format, encoding.notices, limited(read), columns, position)
    if encoding.lines > 2 * MOST_ROWS:
        raise StudioError("data.too_many_rows", most=MOST_ROWS)
    columns, notices, rows = open_table(path, encoding.name, dialect, position)
    file_format = "tsv" if dialect.delimiter == "\t" else "csv"
    return RawFile(file_format, encoding.notices + notices, limited(rows), columns, position)


def read_head(path: Path, encoding: str) -> str:
    """Give the first characters that are no blanks."""
    with open_text(path, encoding, "", Position()) as file:
        head = ""
        while not head and (block := file.read(HEAD_CHARACTERS)):
            head = block.lstrip(BLANKS)
        return head


def is_document(head: str, name: str, dialect: Dialect) -> bool:
    """Tell whether a text is to be read as it stands and not as a table."""
    header = head.splitlines()[0]
    known = find_fields(tuple(header.strip('"').split(dialect.delimiter)))
    is_table = dialect.columns > 1 and dialect.is_steady
    if name.endswith(TABLE_NAMES):
        return False
    if name.endswith(TEXT_NAMES):
        return not (is_table and len(known) > 1)
    return not is_table and not known


def checked(
    file_format: str, encoding: Encoding, rows: Iterator[RawRow], position: Position
) -> RawFile:
    """Give a JSON file whose first rows were looked at: their names are its columns.

    Raises:
        StudioError: `data.empty_file`, or what is wrong with the first row, where none can be read.
    """
    first: list[RawRow] = []
    good = 0
    for row in rows:
        first.append(row)
        good += not row.problem
        if good == SAMPLE_ROWS or (not good and len(first) == MOST_BROKEN_ROWS):
            break
    if not first:
        raise StudioError("data.empty_file")
    if not good:
        raise problem_of_file(first[0])
    columns = tuple(dict.fromkeys(name for row in first for name in row.values))
    return RawFile(file_format, encoding.notices, limited(chain(first, rows)), columns, position)


def problem_of_file(row: RawRow) -> StudioError:
    """Give the error of a file whose first rows have a problem each."""
    if row.problem == "not_rows":
        return StudioError("data.not_rows", line=row.line)
    if row.problem == "row_too_long":
        return StudioError("data.row_too_long", line=row.line, most=LONGEST_ROW_CHARACTERS)
    if row.problem == "too_deep":
        return StudioError("data.too_deep", line=row.line)
    if row.problem in ("duplicate_keys", "broken_character"):
        return StudioError("data.no_examples", rows=1, line=row.line, reason=row.problem)
    return StudioError("data.bad_json", line=row.line)


def limited(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    """Give the rows, and refuse to go on where there are too many.

    Raises:
        StudioError: `data.too_many_rows`.
    """
    for count, row in enumerate(rows):
        if count == MOST_ROWS:
            raise StudioError("data.too_many_rows", most=MOST_ROWS)
        yield row
