"""What becomes of an example that is too long: left out, cut, or split; nothing is learned twice, nothing silently."""

from itertools import pairwise

import pytest

from studio.domain.records import Message, Row
from studio.worker.fitting import Limit, fit, fit_row, marked_text, token_kinds
from studio.worker.rendering import Encoded, encode_row
from tests.worker.template_families import FAMILIES

CHATML = FAMILIES["chatml"].tokenizer()
LONG = Row((Message("user", "abc"), Message("assistant", "x" * 40)), 1)
TEXT = Row((), 1, kind="text", text="y" * 100)
BAD = Row(LONG.messages, 1, kind="thumbs", is_good=False)


def sequence(learned: str) -> Encoded:
    """Give a sequence of which the places with an x are learned."""
    flags = [letter == "x" for letter in learned]
    numbers = list(range(len(learned)))
    return Encoded(learned, numbers, flags, [False] * len(learned), [(i, i + 1) for i in numbers])


@pytest.mark.parametrize(
    ("learned", "limit", "kinds"),
    [
        ("--xx", Limit(4), "rrll"),
        ("--xx", Limit(None), "rrll"),
        ("--xx-", Limit(4), "ccccc"),
        ("--xx-", Limit(4, "cut"), "rrllc"),
        ("---xx", Limit(3, "cut"), "ccccc"),
        ("--xxxx-", Limit(4, "split"), "rrllllr"),
        ("------xx", Limit(4, "split"), "ccccrrll"),
        ("xxxxxxxxx", Limit(4, "split", 3), "lllllllll"),
    ],
)
def test_what_the_trainer_does_with_each_token(learned: str, limit: Limit, kinds: str) -> None:
    encoded = sequence(learned)
    assert "".join(kind[0] for kind in token_kinds(encoded, fit(encoded, limit))) == kinds


@pytest.mark.parametrize("total", [5, 8, 9, 17, 100, 101])
@pytest.mark.parametrize("most", [4, 5, 16])
@pytest.mark.parametrize("overlap", [0, 1, 3, 50])
def test_pieces_learn_everything_once_and_repeat_the_overlap(
    total: int, most: int, overlap: int
) -> None:
    pieces = fit(sequence("x" * total), Limit(most, "split", overlap))
    learned = [i for p in pieces for i, is_on in enumerate(p.is_learned, p.first) if is_on]
    assert learned == list(range(total))
    assert max(len(piece.input_ids) for piece in pieces) <= most
    repeated = min(overlap, most // 2)
    for before, after in pairwise(pieces):
        assert before.input_ids[-repeated:] == after.input_ids[:repeated] or repeated == 0


@pytest.mark.parametrize(
    ("row", "limit", "notes"),
    [
        (LONG, Limit(200), []),
        (LONG, Limit(20), ["rows_too_long"]),
        (LONG, Limit(50, "cut"), ["rows_cut"]),
        (LONG, Limit(16, "cut"), ["rows_too_long"]),
        (LONG, Limit(50, "split"), ["rows_split"]),
        (TEXT, Limit(20), ["rows_split"]),
        (TEXT, Limit(200), []),
        (BAD, Limit(200), ["rows_not_good"]),
        (BAD, Limit(20), ["rows_not_good"]),
    ],
)
def test_what_was_decided_is_told(row: Row, limit: Limit, notes: list[str]) -> None:
    assert list(fit_row(CHATML, row, limit).notes()) == notes


def test_an_answer_that_was_cut_shows_no_end_and_says_where() -> None:
    (encoded,) = encode_row(CHATML, LONG).sequences
    spans = list(marked_text(encoded, fit(encoded, Limit(50, "cut"))))
    assert [kind for _, kind, _ in spans] == ["read", "learned", "cut"]
    assert not any(is_end for _, _, is_end in spans)
    assert "".join(text for text, _, _ in spans) == encoded.text
