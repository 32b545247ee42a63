"""Versions of data sets for tests: rows written into a folder as an import would."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from studio.domain.dataset_folder import DatasetFolder, Facts, Step, Version
from studio.domain.records import Message, Row, Skipped
from studio.domain.row_files import RowsFile, count_labels


def chat(question: str, answer: str, line: int = 1) -> Row:
    """Give one question with its answer."""
    return Row((Message("user", question), Message("assistant", answer)), line)


def labelled(text: str, label: str, line: int = 1) -> Row:
    """Give a text with its category."""
    return replace(chat(text, label, line), label=label)


def make_version(
    path: Path,
    learned: Sequence[Row],
    held_out: Sequence[Row] = (),
    skipped: Sequence[Skipped] = (),
) -> Version:
    """Give the first version of a data set with these rows; lines are counted anew."""
    path.mkdir(parents=True, exist_ok=True)
    folder, rows_file = DatasetFolder(path), RowsFile(path, 0)
    for line, row in enumerate([*learned, *held_out], 1):
        rows_file.add(replace(row, line=line), int(line > len(learned)))
    index, keys = rows_file.index(), rows_file.keys()
    labels = count_labels(index, [*rows_file.labels])
    rows_file.close()
    facts = Facts(
        step=Step("import"),
        format="jsonl",
        shape="text-label" if labels else "messages",
        rows=len(index) + len(skipped),
        used=len(index),
        skipped_rows=len(skipped),
        skipped=tuple(skipped),
        reasons=dict(Counter(one.reason for one in skipped)),
        notices=(),
        train_rows=len(learned),
        held_out_rows=len(held_out),
        held_out_percent=10,
        labels=labels,
        placeholders=(),
    )
    version = folder.add_version(0, index, keys, facts)
    folder.make_hold(version)
    return version
