"""Values inside a cell: lists and objects that a table holds as text, and everything as text again."""

import ast
import json
import math
import re
import warnings
from typing import Any

from studio.domain.json_scanner import read_whole_number

# A printed numpy array has no comma between its entries.
ENTRIES_WITHOUT_COMMA = re.compile(r"\}\s+\{")


class UnusableRowError(ValueError):
    """A single row cannot be converted; its text is the reason code."""


def as_text(value: object) -> str:
    """Give a cell as text: numbers and truth values as JSON writes them, nothing as an empty text."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return json.dumps(value, ensure_ascii=False)


def is_nested(text: str) -> bool:
    """Tell whether a text begins as a list or an object that holds something."""
    return text.lstrip()[:1] in ("[", "{")


def parse_nested(text: str) -> Any:
    """Give the list or object that a text is in JSON or in Python's spelling, or None where it is none."""
    try:
        return json.loads(text, strict=False, parse_int=read_whole_number)
    except RecursionError:
        return None
    except ValueError:
        pass
    for spelled in (text, ENTRIES_WITHOUT_COMMA.sub("}, {", text)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an unknown escape such as "\d" is kept as it is
                return ast.literal_eval(spelled.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None
