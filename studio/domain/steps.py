"""The steps that mend or change a data set: what each does to which rows. Every step can be told again in a recipe."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from studio.domain.changes import NEW_ROW, Change, StepWork
from studio.domain.dataset_folder import PARTS, Version
from studio.domain.findings import FINDINGS, flagged
from studio.domain.health import check_health
from studio.domain.mending import mended_rows
from studio.domain.personal_data import KINDS, mask_personal
from studio.domain.placeholders import fill_placeholders
from studio.domain.records import Message, Row, row_from_json
from studio.domain.stray_marks import clean
from studio.domain.watching import Unwatched
from studio.errors import StudioError

SEED = 7
# What a row has for its line that came from no file.
NO_LINE = 0


def drop_rows(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Drop the rows that are flagged with `finding`; of copies the first stays."""
    code = one_of(FINDINGS, values, "finding")
    for place in flagged(flags_of(version), code).tolist():
        yield Change(place, ())


def drop_row(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Drop the row at `place`."""
    yield Change(place_in(version, values), ())


def edit_row(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Put `row` (as `row_to_json` gives it) in the place of the row at `place`."""
    place = place_in(version, values)
    before = next(version.rows([place]))
    yield Change(place, (row_in(values, before),))


def copy_row(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Put a copy of the row at `place` behind it."""
    place = place_in(version, values)
    row = next(version.rows([place]))
    yield Change(place, (row, row))


def add_row(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Add `row` (as `row_to_json` gives it) to the learned rows."""
    yield Change(NEW_ROW, (row_in(values, Row((), NO_LINE)),))


def merge_turns(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Add the rows that were left out for the order of their turns, with turns of one speaker merged."""
    for row in mended_rows(version):
        yield Change(NEW_ROW, (row,))


def balance_labels(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Keep at most `most_rows` learned rows of each label, chosen by a fixed seed."""
    most_rows = whole_number(values, "most_rows")
    index, rng = version.index(), np.random.default_rng(SEED)
    is_learned = index["part"] == PARTS.index("train")
    dropped: list[int] = []
    for label in np.unique(index["label"][index["label"] >= 0]):
        places = rng.permutation(np.flatnonzero(is_learned & (index["label"] == label)))
        dropped += places[most_rows:].tolist()
    for place in sorted(dropped):
        yield Change(place, ())


def mask_data(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Put the names of their kinds in the place of personal data; `kinds` says which (`personal_data.KINDS`)."""
    kinds = values.get("kinds", KINDS)
    if not isinstance(kinds, list | tuple) or not kinds or not set(kinds) <= set(KINDS):
        raise bad_value("kinds", ", ".join(KINDS))
    return rewritten(version, lambda row: with_texts(row, lambda text: mask_personal(text, kinds)))


def trim_text(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Take unseen signs and outer space away and break the marks of chat templates."""
    return rewritten(version, lambda row: with_texts(row, clean))


def fill_names(version: Version, values: Mapping[str, Any]) -> Iterator[Change]:
    """Fill placeholders such as `{{name}}` with `values`, texts by name."""
    texts = values.get("values")
    if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in texts.values()):
        raise bad_value("values", "name: text")
    return rewritten(version, lambda row: fill_placeholders(row, texts))


STEPS: dict[str, StepWork] = {
    "drop_rows": drop_rows,
    "merge_turns": merge_turns,
    "mask_personal": mask_data,
    "balance_labels": balance_labels,
    "trim_text": trim_text,
    "edit_row": edit_row,
    "drop_row": drop_row,
    "copy_row": copy_row,
    "add_row": add_row,
    "fill_placeholders": fill_names,
}


def flags_of(version: Version) -> np.ndarray:
    """Give the flags of every row, found now where the check was not made yet."""
    if version.flags.is_file():
        return np.load(version.flags)
    return check_health(version, Unwatched())[1]


def rewritten(version: Version, rewrite: Callable[[Row], Row]) -> Iterator[Change]:
    """Give the rows that `rewrite` makes other rows of."""
    for place, row in enumerate(version.rows()):
        after = rewrite(row)
        if after != row:
            yield Change(place, (after,))


def with_texts(row: Row, rewrite: Callable[[str], str]) -> Row:
    """Give a row with every text that a model reads or learns rewritten."""
    return replace(
        row,
        messages=tuple(rewritten_turn(message, rewrite) for message in row.messages),
        rejected=tuple(rewritten_turn(message, rewrite) for message in row.rejected),
        text=rewrite(row.text),
    )


def rewritten_turn(message: Message, rewrite: Callable[[str], str]) -> Message:
    """Give a turn with its texts rewritten."""
    calls = tuple(replace(call, arguments=rewrite(call.arguments)) for call in message.tool_calls)
    return Message(message.role, rewrite(message.content), calls)


def row_in(values: Mapping[str, Any], before: Row) -> Row:
    """Give the row of a step; it stands where the one before came from."""
    try:
        row = row_from_json({**values["row"], "line": before.line, "source": before.source})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise bad_value("row", "messages") from error
    if not is_well_formed(row):
        raise bad_value("row", "messages")
    return row


def is_well_formed(row: Row) -> bool:
    """Tell whether what a step says of a row is text where text belongs."""
    turns = (*row.messages, *row.rejected)
    texts = [row.text, row.tools, row.label or "", *(message.content for message in turns)]
    texts += [text for message in turns for call in message.tool_calls for text in (call.name, call.arguments)]  # fmt: skip
    roles = {message.role for message in turns} <= {"system", "user", "assistant", "tool"}
    has_kind = row.kind in ("chat", "preference", "thumbs", "text")
    return roles and has_kind and all(isinstance(text, str) for text in texts)


def place_in(version: Version, values: Mapping[str, Any]) -> int:
    """Give the place of a step, which has to be one of the version's."""
    place, total = whole_number(values, "place"), len(version.index())
    if place >= total:
        raise bad_value("place", f"0 … {total - 1}")
    return place


def whole_number(values: Mapping[str, Any], name: str) -> int:
    """Give a number of a step that counts something."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise bad_value(name, "0, 1, 2 …")
    return value


def one_of(choices: tuple[str, ...], values: Mapping[str, Any], name: str) -> str:
    """Give a word of a step that has to be one of several."""
    value = values.get(name)
    if value not in choices:
        raise bad_value(name, ", ".join(choices))
    return str(value)


def bad_value(name: str, expected: str) -> StudioError:
    """Give the error that a value of a step is missing or wrong (a recipe can say anything)."""
    return StudioError("data.bad_step", name=name, expected=expected)
