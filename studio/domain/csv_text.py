"""A table as CSV text that a spreadsheet opens without running anything.

A cell that begins like a formula is one to a spreadsheet, whoever wrote it; an apostrophe in front makes it text.
Source: OWASP, CSV Injection (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
from collections.abc import Iterable, Sequence

# Full-width signs count as well; a spreadsheet with a Chinese or Japanese input method reads them alike.
FORMULA_MARKS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
# Without it a spreadsheet takes UTF-8 for something else.
BYTE_ORDER_MARK = "\ufeff"


def write_csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table as CSV, with the mark that has spreadsheets read it as UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([safe_cell(head) for head in heads])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return BYTE_ORDER_MARK + text.getvalue()


def safe_cell(text: str) -> str:
    """Give a cell that no spreadsheet takes for a formula; spaces in front of one do not save it."""
    return (
        f"'{text}"
        if text.startswith(FORMULA_MARKS) or text.lstrip().startswith(FORMULA_MARKS)
        else text
    )
