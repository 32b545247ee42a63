"""Places to fill in: names only, in every kind of example."""

import pytest

from studio.domain.placeholders import fill_placeholders, find_placeholders
from studio.domain.records import Message, Row

ASKED = Message("user", "Who are you?")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I am {{name}} by {{ author }}.", {"name", "author"}),
        ("我是 {{名字}}。", {"名字"}),
        ("{{7*7}} {{ f(x) }} {{ a: 1 }} {{...}} {{}} {name}", set()),
    ],
)
def test_only_names_are_placeholders(text: str, names: set[str]) -> None:
    said = Row((ASKED, Message("assistant", text)), 1)
    assert find_placeholders(said) == names
    assert find_placeholders(Row((), 1, kind="text", text=text)) == names


def test_names_are_filled_everywhere_and_unknown_ones_stay() -> None:
    texts = Message("assistant", "{{name}} {{other}} {{7*7}}")
    row = Row((ASKED, texts), 1, kind="preference", rejected=(texts,), text="{{ name }}")
    filled = fill_placeholders(row, {"name": r"A\1"})
    assert filled.messages == (ASKED, Message("assistant", r"A\1 {{other}} {{7*7}}"))
    assert filled.rejected == filled.messages[1:]
    assert filled.text == r"A\1"
