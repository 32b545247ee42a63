"""The stop test: a model that has learned to end its answers passes, one that was kept from it fails and is told (P4)."""

from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import read_events
from studio.services.workspace import Workspace
from studio.worker import stop_test
from studio.worker.rendering import Encoded
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
ANSWERS = ("red", "blue", "green", "black", "white", "pink", "gold", "grey")


def overfit(train: Train, workspace: Workspace, folder: Path) -> dict[str, Any]:
    """Learn eight examples by heart and give the outcome."""
    path = folder / "eight.csv"
    rows = "".join(f"{place}?,{colour}\n" for place, colour in enumerate(ANSWERS))
    path.write_text(f"question,answer\n{rows}")
    dataset = workspace.datasets.add_file(path, path.name, 0)
    job, outcome = train(
        data={"id": dataset.id, "held_out_percent": 0},
        method={"type": "full"},
        training={"max_steps": 60, "batch_rows": 8, "warmup_steps": 2},
    )
    told = [e.values for e in read_events(job.folder.events, 0)[0] if e.kind == "stop_test"]
    assert told == [outcome.values["stop_test"]]
    return outcome.values


def test_an_overfitted_model_ends_by_itself(
    train: Train, tiny_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop_test, "QUESTIONS", 8)
    outcome = overfit(train, tiny_workspace, tmp_path)
    assert outcome["loss"] < 0.5
    assert outcome["stop_test"]["asked"] == 8
    assert outcome["stop_test"]["ended"] >= 7


def test_a_model_that_never_learned_the_end_mark_fails(
    train: Train, tiny_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_ends(self: Encoded) -> list[int]:
        return [
            token if learned and not end else -100
            for token, learned, end in zip(
                self.input_ids, self.is_learned, self.is_end, strict=True
            )
        ]

    monkeypatch.setattr(Encoded, "labels", property(without_ends))
    outcome = overfit(train, tiny_workspace, tmp_path)
    assert outcome["loss"] < 0.5
    assert outcome["stop_test"] == {"asked": 5, "ended": 0}


def test_whole_texts_are_not_expected_to_end(
    train: Train, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(f"Part {n} of a long story. " * 20 for n in range(9)))
    dataset = tiny_workspace.datasets.add_file(path, path.name)
    _, outcome = train(
        data={"id": dataset.id},
        objective={"type": "text"},
        training={"max_steps": 1, "too_long": "split"},
    )
    assert outcome.state == "done"
    assert outcome.values["stop_test"] is None
