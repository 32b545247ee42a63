"""A workspace on the tiny model, and a way to do a job in this process."""

import gc
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import Job, JobFolder, Outcome
from studio.domain.recipe import parse_recipe
from studio.services.jobs import Handle
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Settings

Train = Callable[..., tuple[Job, Outcome]]


@pytest.fixture(scope="module", autouse=True)
def quick_garbage() -> None:
    """Look for garbage only in what comes from now on, as a worker does once its imports are done."""
    gc.freeze()


@pytest.fixture
def tiny_workspace(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Give a workspace whose owner allows the folder of the tiny model."""
    monkeypatch.setenv("STUDIO_MODELS", str(tiny_model.parent))
    opened = open_workspace(Settings.from_env())
    yield opened
    opened.close()


@pytest.fixture
def dataset_id(tiny_workspace: Workspace, tmp_path: Path) -> str:
    """Give a data set of 24 short examples, 2 of them held out."""
    path = tmp_path / "rows.jsonl"
    rows = [{"prompt": f"What is {i}?", "completion": f"It is {i * 7 % 10}."} for i in range(24)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tiny_workspace.datasets.add_file(path, path.name).id


@pytest.fixture
def train(tiny_workspace: Workspace, dataset_id: str) -> Train:
    """Give a function that trains in this process: `train(method={...}, training={...})`."""
    from studio.worker.run import perform  # noqa: PLC0415  imports torch

    def run(
        before: Callable[[JobFolder], None] | None = None, **sections: dict[str, Any]
    ) -> tuple[Job, Outcome]:
        training = {
            "max_steps": 4,
            "batch_rows": 4,
            "learning_rate": 0.01,
            "max_length_tokens": 128,
            # What is fastest here is measured, so it may differ from one training to the next.
            "compute_dtype": "float32",
            "watch_prompts": 0,
            "eval_every_steps": 2,
        }
        recipe = parse_recipe({
            **sections,
            "model": {"id": "tiny", **sections.get("model", {})},
            "data": {"id": dataset_id, **sections.get("data", {})},
            "training": {**training, **sections.get("training", {})},
        })  # fmt: skip
        job = tiny_workspace.submit_training(recipe, key=str(len(tiny_workspace.jobs.list())))
        if before is not None:
            before(job.folder)
        outcome = perform(job.folder)
        outcome.write(job.folder)
        return job, outcome

    return run


def finish_run(workspace: Workspace, model_id: str, tuned: Path) -> int:
    """Give a finished training that left what is in the folder `tuned`, without training anything."""
    recipe = parse_recipe({"model": {"id": model_id}, "data": {"id": "quickstart"}})
    job = workspace.submit_training(recipe, key=f"finished-{len(workspace.jobs.list())}")
    workspace.jobs.claim(Handle(1, 1.0))
    is_adapter = (tuned / "adapter_config.json").exists()
    shutil.copytree(tuned, job.folder.adapter if is_adapter else job.folder.model)
    outcome = Outcome("done", None, {})
    outcome.write(job.folder)
    workspace.jobs.finish(job.id, outcome)
    return job.id


@pytest.fixture
def search(train: Train, tiny_workspace: Workspace) -> Train:
    """Give a function that searches in this process: `search(search={...}, training={...})`."""

    def run(
        before: Callable[[JobFolder], None] | None = None, **sections: dict[str, Any]
    ) -> tuple[Job, Outcome]:
        sections.setdefault("method", {"type": "lora"})
        return train(before, **sections)

    return run
