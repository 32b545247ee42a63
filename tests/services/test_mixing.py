"""Several data sets in one training: shares are kept, nothing is repeated, splits stay."""

import json
from pathlib import Path

import pytest

from studio.domain.recipe import Data, parse_recipe
from studio.domain.records import read_rows
from studio.services.workspace import Workspace


def add(workspace: Workspace, folder: Path, name: str, rows: int) -> str:
    path = folder / f"{name}.jsonl"
    words = [f"{name} {i * 7919 % 10007} and {i * 104729 % 9973}" for i in range(rows)]
    lines = (json.dumps({"prompt": f"{w}?", "completion": f"No {w}"}) + "\n" for w in words)
    path.write_text("".join(lines))
    return workspace.datasets.add_file(path, path.name).id


@pytest.mark.parametrize(
    ("percent", "shares"),
    [(50, [(90, 50.0), (90, 50.0)]), (25, [(180, 75.0), (60, 25.0)]), (75, [(30, 25.0), (90, 75.0)])],
)  # fmt: skip
def test_the_largest_mix_of_the_asked_shares_repeats_nothing(
    workspace: Workspace, tmp_path: Path, percent: float, shares: list[tuple[int, float]]
) -> None:
    main, more = add(workspace, tmp_path, "main", 200), add(workspace, tmp_path, "more", 100)
    recipe = parse_recipe({"data": {"id": main, "mix": {more: percent}}})
    mix = workspace.describe_mix(recipe)
    assert [(part.rows, part.percent) for part in mix] == shares
    assert [part.name for part in mix] == ["main.jsonl", "more.jsonl"]


def test_a_training_gets_the_mix_and_the_steps_that_made_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    main, more = add(workspace, tmp_path, "main", 200), add(workspace, tmp_path, "more", 100)
    recipe = parse_recipe({"data": {"id": main, "mix": {more: 50}}})
    job = workspace.submit_training(recipe, key="k")
    answers = [row.answer().split()[1] for row in read_rows(job.folder.train_rows)]
    assert (answers.count("main"), answers.count("more")) == (90, 90)
    assert len(set(read_rows(job.folder.held_out_rows))) == 20
    assert workspace.runs.recipe(job.id).data.steps == ()


@pytest.mark.parametrize(("percent", "held_out"), [(10, 20), (30, 60), (0, 0)])
def test_a_recipe_may_hold_out_another_share(
    workspace: Workspace, tmp_path: Path, percent: float, held_out: int
) -> None:
    recipe = parse_recipe(
        {"data": {"id": add(workspace, tmp_path, "main", 200), "held_out_percent": percent}}
    )
    job = workspace.submit_training(recipe, key="k")
    assert len([*read_rows(job.folder.held_out_rows)]) == held_out
    assert len([*read_rows(job.folder.train_rows)]) == 200 - held_out


def test_a_sample_keeps_its_own_split(workspace: Workspace) -> None:
    job = workspace.submit_training(parse_recipe({"data": {"held_out_percent": 50}}), key="k")
    known = workspace.datasets.get(Data().id)
    assert len([*read_rows(job.folder.train_rows)]) == known.train_rows
    assert len([*read_rows(job.folder.held_out_rows)]) == known.held_out_rows
