"""Who answers, written as one word."""

import pytest

from studio.domain.column import Column, parse_column


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("3", Column(run_id=3)),
        ("3@40", Column(run_id=3, step=40)),
        ("starter", Column(model_id="starter")),
        ("owner/name@0123abc", Column(model_id="owner/name@0123abc")),
        ("docs:owner/name@0123abc", Column(model_id="owner/name@0123abc", has_documents=True)),
        ("3@x", Column(model_id="3@x")),
    ],
)
def test_a_word_names_one_column_and_the_column_gives_it_back(key: str, column: Column) -> None:
    assert parse_column(key) == column
    assert column.key == key
    assert column.is_base == (column.run_id is None)
