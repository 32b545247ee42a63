"""Lengths of a data set, measured by the preview process with the model's own tokenizer."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from studio.domain.records import Row
from studio.domain.row_lengths import lengths_file, token_lengths, tokenizer_key
from studio.errors import StudioError
from studio.services.lengths import Lengths
from studio.services.models import STARTER, ModelLibrary
from studio.services.workspace import Workspace
from studio.worker.rendering import encode_row
from studio.worker.templates import load_tokenizer


def add(workspace: Workspace, tmp_path: Path, answers: list[str]) -> str:
    path = tmp_path / "own.jsonl"
    rows = [{"prompt": f"Say {i}", "completion": answer} for i, answer in enumerate(answers)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return workspace.datasets.add_file(path, path.name).id


def count(row: Row) -> int:
    (sequence,) = encode_row(load_tokenizer(STARTER), row).sequences
    return len(sequence.input_ids)


def test_the_lengths_are_those_of_the_trainer(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = add(workspace, tmp_path, ["a word " * n for n in range(1, 13)])
    facts = workspace.lengths.measure(dataset_id, "starter")
    version = workspace.datasets.folder(dataset_id).head()
    counted = [count(row) for row in version.rows()]
    stored = token_lengths(version, tokenizer_key(STARTER))
    assert stored is not None
    assert stored.tolist() == counted
    assert (facts.counted_rows, facts.longest) == (12, max(counted))
    assert facts.cut_at(max(counted) - 1) == (1, 0)
    assert facts.cut_at(max(counted) - 2) == (1, 1)


def test_what_was_measured_is_not_measured_again(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = add(workspace, tmp_path, ["one", "two", "three"])
    told: list[tuple[int, int]] = []
    assert workspace.lengths.known(dataset_id, "starter") is None
    workspace.lengths.measure(dataset_id, "starter", lambda *done: told.append(done))
    assert told[-1] == (3, 3)
    workspace.lengths.pipe.close()
    started = time.monotonic()
    again = workspace.lengths.measure(dataset_id, "starter")
    assert time.monotonic() - started < 0.5
    known = workspace.lengths.known(dataset_id, "starter")
    assert known is not None
    assert known.curve == again.curve


def test_a_sample_says_so_and_the_other_rows_are_estimated(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset_id = add(workspace, tmp_path, ["a word " * (n % 7 + 1) for n in range(40)])
    monkeypatch.setattr("studio.domain.row_lengths.MOST_MEASURED_ROWS", 20)
    facts = workspace.lengths.measure(dataset_id, "starter")
    assert (facts.counted_rows, facts.total_rows, facts.is_sample) == (20, 40, True)
    version = workspace.datasets.folder(dataset_id).head()
    stored = np.load(lengths_file(version, tokenizer_key(STARTER)))
    assert (stored[0] > 0).sum() == 20
    guessed = token_lengths(version, tokenizer_key(STARTER))
    assert guessed is not None
    assert guessed.min() > 0


def test_a_template_that_fits_no_row_is_an_error_and_nothing_is_kept(
    workspace: Workspace, tmp_path: Path
) -> None:
    picky = tmp_path / "models" / "picky"
    picky.mkdir(parents=True)
    for file in STARTER.iterdir():
        (picky / file.name).write_bytes(file.read_bytes())
    (picky / "chat_template.jinja").write_text("{{ raise_exception('never') }}")
    lengths = Lengths(ModelLibrary(picky.parent), workspace.datasets, workspace.lengths.pipe)
    dataset_id = add(workspace, tmp_path, ["one", "two"])
    with pytest.raises(StudioError, match=r"model\.template_fails"):
        lengths.measure(dataset_id, "picky")
    assert lengths.known(dataset_id, "picky") is None
