"""Lengths in tokens: what a limit cuts, what is counted, and what is only a sample."""

from pathlib import Path

import numpy as np
import pytest

from studio.domain.row_lengths import (
    MOST_MEASURED_ROWS,
    LengthFacts,
    describe_lengths,
    nice_width,
    places_to_measure,
    tokenizer_key,
)

# Tokens, tokens until the answer has ended: one text (no limit cuts it) and one row that was no example.
MEASURED = np.array([[10, 20, 30, 40, 99, 0], [9, 18, 29, 40, 0, 0]], dtype=np.uint32)


@pytest.mark.parametrize(
    ("limit", "cut"),
    [(100, (0, 0)), (39, (1, 1)), (30, (1, 1)), (29, (2, 1)), (28, (2, 2)), (5, (4, 4))],
)
def test_a_limit_cuts_rows_and_some_of_them_lose_their_ending(
    limit: int, cut: tuple[int, int]
) -> None:
    assert describe_lengths(MEASURED).cut_at(limit) == cut


def test_the_figures_are_those_of_the_rows_that_could_be_measured() -> None:
    facts = describe_lengths(MEASURED)
    assert (facts.counted_rows, facts.total_rows, facts.failed_rows) == (6, 6, 1)
    assert (facts.median, facts.p95, facts.longest) == (30, 99, 99)
    assert not facts.is_sample


def test_the_curve_moves_as_the_limit_does() -> None:
    facts = describe_lengths(MEASURED)
    assert len(facts.curve) <= 64
    assert facts.curve[0] == (16, 3, 3)
    assert facts.curve[-1][1:] == (0, 0)
    assert all(facts.cut_at(limit) == (cut, losing) for limit, cut, losing in facts.curve)


@pytest.mark.parametrize(
    "lengths", [[1], [5, 5, 5], list(range(1, 1000)), [*range(10, 500), 90_000]]
)
def test_the_bars_count_every_row_once(lengths: list[int]) -> None:
    facts = describe_lengths(np.array([lengths, lengths], dtype=np.uint32))
    bars = facts.histogram
    assert sum(rows for _, _, rows in bars) == len(lengths)
    assert len(bars) <= 33
    assert [bar[0] for bar in bars[1:]] == [bar[1] for bar in bars[:-1]]
    for start, stop, rows in bars:
        assert rows == sum(start <= length < stop for length in lengths)


def test_a_large_data_set_is_measured_by_the_same_sample_each_time() -> None:
    first, second = (places_to_measure(1_000_000) for _ in range(2))
    assert (first == second).all()
    assert len(np.unique(first)) == MOST_MEASURED_ROWS
    assert (np.diff(first) > 0).all()
    measured = np.zeros((2, 1_000_000), dtype=np.uint32)
    measured[:, first] = 7
    assert describe_lengths(measured).is_sample


def test_nothing_measured_has_no_figures() -> None:
    facts = LengthFacts(np.array([], dtype=np.int64), np.array([], dtype=np.int64), 0, 0, 0)
    assert (facts.median, facts.longest, facts.histogram) == (0, 0, ())
    assert facts.cut_at(16) == (0, 0)


@pytest.mark.parametrize(("least", "width"), [(0.1, 1), (1, 1), (1.5, 2), (3, 5), (7, 10), (11, 20), (2_001, 5_000)])  # fmt: skip
def test_bars_are_as_wide_as_people_count(least: float, width: int) -> None:
    assert nice_width(least) == width


def test_another_template_is_another_way_to_count(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    before = tokenizer_key(tmp_path)
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    assert tokenizer_key(tmp_path) != before
    assert before.isalnum()
