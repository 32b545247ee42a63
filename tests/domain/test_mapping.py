"""Columns by hand: roles make a shape, and a guess is there to start from."""

from typing import Any

import pytest

from studio.domain.mapping import guess_mapping, shape_for_mapping
from studio.domain.raw_rows import RawRow
from studio.domain.records import Row
from studio.domain.shapes import convert_rows
from studio.errors import StudioError
from tests.domain.test_shapes import EXAMPLES

CELLS = {"A": "one", "B": "two", "C": "three", "D": "true"}


@pytest.mark.parametrize(
    ("roles", "name", "said"),
    [
        ("question answer ignore ignore", "question-answer", ["one", "two"]),
        ("question answer system ignore", "question-answer", ["three", "one", "two"]),
        ("context answer question", "question-answer", ["one\n\nthree", "two"]),
        ("text answer", "question-answer", ["one", "two"]),
        ("text label", "text-label", ["one", "two"]),
        ("question label", "text-label", ["one", "two"]),
        ("question chosen rejected", "preference", ["one", "two"]),
        ("question answer ignore label", "thumbs", ["one", "two"]),
        ("question answer input", "alpaca", ["one\nthree", "two"]),
        ("input answer", "question-answer", ["one", "two"]),
        ("ignore text", "text", []),
    ],
)
def test_roles_make_an_example(roles: str, name: str, said: list[str]) -> None:
    shape = shape_for_mapping(dict(zip(CELLS, roles.split(), strict=False)))
    row = next(convert_rows([RawRow(1, dict(CELLS))], shape))
    assert isinstance(row, Row)
    assert (shape.name, [message.content for message in row.messages]) == (name, said)


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        ("question question answer", "data.role_twice"),
        ("question", "data.mapping_incomplete"),
        ("answer", "data.mapping_incomplete"),
        ("question chosen", "data.mapping_incomplete"),
        ("ignore ignore ignore ignore", "data.mapping_incomplete"),
    ],
)
def test_roles_that_make_no_example_say_so(roles: str, code: str) -> None:
    with pytest.raises(StudioError) as caught:
        shape_for_mapping(dict(zip(CELLS, roles.split(), strict=False)))
    assert caught.value.code == code


GUESSES: list[tuple[list[dict[str, Any]], dict[str, str]]] = [
    ([{"Prompt": "a", "Reply": "b", "id": 1}], {"Prompt": "question", "Reply": "answer", "id": "ignore"}),
    ([{"instruction": "a", "input": "b", "output": "c"}], {"instruction": "question", "input": "input", "output": "answer"}),
    ([{"input": "b", "output": "c"}], {"input": "question", "output": "answer"}),
    ([{"Text": "a", "Category": "b"}], {"Text": "text", "Category": "label"}),
    ([{"colour": "red", "size": 3}], {"colour": "text", "size": "ignore"}),
    ([{"nr": n, "x": "What is it?", "y": f"A long reply of many words {n}"} for n in range(3)], {"nr": "ignore", "x": "question", "y": "answer"}),
    ([{"x": f"Something said {n}", "y": "ab"[n % 2]} for n in range(20)], {"x": "text", "y": "label"}),
    ([{"messages": [{"role": "user", "content": "a"}], "tools": "[]"}], {"messages": "turns", "tools": "tools"}),
]  # fmt: skip


@pytest.mark.parametrize(("values", "roles"), GUESSES)
def test_a_first_guess_is_made_from_names_else_from_cells(
    values: list[dict[str, Any]], roles: dict[str, str]
) -> None:
    rows = [RawRow(number, one) for number, one in enumerate(values, 1)]
    assert guess_mapping(tuple(values[0]), rows) == roles


@pytest.mark.parametrize(("name", "values", "wanted"), EXAMPLES)
def test_the_first_guess_gives_just_what_was_recognised(
    name: str, values: dict[str, Any], wanted: Row
) -> None:
    raw = RawRow(7, values)
    shape = shape_for_mapping(guess_mapping(tuple(values), [raw]), [raw])
    assert next(convert_rows([raw], shape)) == wanted
    assert shape.name in (name, "question-answer")
