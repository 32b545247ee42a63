"""Make examples fit the longest length: leave them out, cut their end off, or split them into pieces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from transformers import PreTrainedTokenizerBase

from studio.domain.recipe import Training
from studio.domain.records import Row
from studio.worker.rendering import Encoded, Example, encode_row

Kind = Literal["learned", "read", "cut"]
TooLong = Literal["drop", "cut", "split"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The longest sequence in tokens (None: any), and what becomes of longer ones."""

    most_tokens: int | None = None
    too_long: TooLong = "drop"
    overlap_tokens: int = 0

    @classmethod
    def of(cls, training: Training) -> "Limit":
        """Give the limit that a recipe asks for."""
        return cls(training.max_length_tokens, training.too_long, training.overlap_tokens)


@dataclass(frozen=True, slots=True)
class Fitted:
    """An example, how it was made to fit, and the pieces that the trainer gets, one list per sequence."""

    example: Example
    pieces: list[list[Encoded]]
    too_long: TooLong

    def notes(self) -> Iterator[str]:
        """Give the codes of what was decided about the example; none where it is learned as it is."""
        sequences = self.example.sequences
        if not any(any(sequence.is_learned) for sequence in sequences):
            yield "rows_not_good"
        elif not any(self.pieces):
            yield "rows_too_long"
        elif any(
            [len(piece.input_ids) for piece in pieces] != [len(sequence.input_ids)]
            for sequence, pieces in zip(sequences, self.pieces, strict=True)
        ):
            # A sequence of several may be left out while others are kept: something was cut.
            yield "rows_split" if self.too_long == "split" else "rows_cut"
        if len(sequences) > 1:
            yield "rows_in_turns"


def fit_row(tokenizer: PreTrainedTokenizerBase, row: Row, limit: Limit) -> Fitted:
    """Give what the trainer gets of an example; a text is always split.

    Raises:
        StudioError: what `encode_row` raises.
    """
    example = encode_row(tokenizer, row)
    if row.kind == "text":
        limit = Limit(limit.most_tokens, "split", limit.overlap_tokens)
    pieces = [fit(sequence, limit) for sequence in example.sequences]
    return Fitted(example, pieces, limit.too_long)


def fit(encoded: Encoded, limit: Limit) -> list[Encoded]:
    """Give the pieces of a sequence that fit and have something to learn.

    Nothing is learned twice: what a piece repeats of the one before is only read.
    """
    total, most = len(encoded.input_ids), limit.most_tokens
    if most is None or total <= most:
        pieces = [encoded]
    elif limit.too_long == "drop":
        pieces = []
    elif limit.too_long == "cut":
        pieces = [take(encoded, 0, most, 0)]
    else:
        overlap = min(limit.overlap_tokens, most // 2)
        pieces = [
            take(encoded, start, start + most, overlap if start else 0)
            for start in range(0, total - overlap, most - overlap)
        ]
    return [piece for piece in pieces if any(piece.is_learned)]


def take(encoded: Encoded, start: int, stop: int, repeated: int) -> Encoded:
    """Give the tokens from `start` to `stop`, of which the first `repeated` are only read."""
    repeats = range(repeated)
    learned = [
        is_learned and place not in repeats
        for place, is_learned in enumerate(encoded.is_learned[start:stop])
    ]
    return Encoded(
        encoded.text,
        encoded.input_ids[start:stop],
        learned,
        encoded.is_end[start:stop],
        encoded.offsets[start:stop],
        encoded.first + start,
    )


def token_starts(encoded: Encoded) -> list[int]:
    """Give the places in the text where a token begins, in order; the bytes of one character begin once."""
    return sorted({first for first, last in encoded.offsets if last > first})


def token_kinds(encoded: Encoded, pieces: Sequence[Encoded]) -> list[Kind]:
    """Give for each token of a sequence what the trainer does with it; what is in no piece was cut off."""
    kinds: list[Kind] = ["cut"] * len(encoded.input_ids)
    for piece in pieces:
        for place, is_learned in enumerate(piece.is_learned, piece.first):
            if is_learned:
                kinds[place] = "learned"
            elif kinds[place] == "cut":
                kinds[place] = "read"
    return kinds


def marked_text(encoded: Encoded, pieces: Sequence[Encoded]) -> Iterator[tuple[str, Kind, bool]]:
    """Give the whole text in pieces of (text, kind, closes an answer); neighbours of one sort are joined.

    Tokens that share a character, as the bytes of one, stay together.
    """
    kinds = token_kinds(encoded, pieces)
    start = reached = 0
    sort: tuple[Kind, bool] | None = None
    for (first, last), kind, is_end in zip(encoded.offsets, kinds, encoded.is_end, strict=True):
        mine = (kind, is_end and kind == "learned")
        if sort is not None and mine != sort and first >= reached:
            yield encoded.text[start:reached], *sort
            start, sort = reached, mine
        sort, reached = sort or mine, max(reached, last)
    if sort is not None:
        yield encoded.text[start:], *sort
