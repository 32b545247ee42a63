"""The download: complete, safe to unpack, and it answers without the studio."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from studio.domain.job import Job, Outcome
from studio.domain.method import METHODS
from studio.domain.recipe import parse_recipe
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace
from studio.worker.run import perform
from tests.worker.conftest import Train

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


@pytest.fixture
def archive(tiny_workspace: Workspace, train: Train) -> Path:
    """Train an adapter and export it."""
    return export_of(tiny_workspace, *train())


def export_of(workspace: Workspace, job: Job, trained: Outcome) -> Path:
    """Settle a training as the runner would, and export it."""
    claim_and_finish(workspace, job.id, trained)
    export = workspace.submit_export(job.id, None, key=f"export of {job.id}")
    outcome = perform(export.folder)
    outcome.write(export.folder)
    claim_and_finish(workspace, export.id, outcome)
    return workspace.export_file(export.id)


def claim_and_finish(workspace: Workspace, job_id: int, outcome: Outcome) -> None:
    claimed = workspace.jobs.claim(Handle(4_000_000, 1.0))
    assert claimed is not None
    assert claimed.id == job_id
    assert workspace.jobs.finish(job_id, outcome)


def test_the_zip_is_complete_and_safe_to_unpack(archive: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        names = set(content.namelist())
        assert all(not name.startswith("/") and ".." not in name for name in names)
        assert not any(entry.external_attr >> 28 == 0xA for entry in content.infolist())
        recipe = parse_recipe(yaml.safe_load(content.read("recipe.yaml")))
        config = json.loads(content.read("adapter/adapter_config.json"))
    assert {
        "README.md",
        "chat.py",
        "recipe.yaml",
        "base/model.safetensors",
        "adapter/adapter_model.safetensors",
    } <= names
    assert {
        "adapter/tokenizer.json",
        "adapter/chat_template.jinja",
        "adapter/generation_config.json",
    } <= names
    assert recipe.training.max_steps == 4
    assert str(Path.home()) not in json.dumps(config)


# Runs the scripts one after the other in one process, which imports the libraries once.
RUN_ALL = """
import runpy, sys
for script in sys.argv[1:]:
    sys.argv = [script, "Hello"]
    print(">>>")
    runpy.run_path(script, run_name="__main__")
"""


def test_the_scripts_in_the_zips_answer_without_the_studio(
    tiny_workspace: Workspace, train: Train, tmp_path: Path
) -> None:
    scripts = []
    for kind in ("qlora", "full", "freeze", "prefix", "prompt", "ia3"):
        archive = export_of(tiny_workspace, *train(method={"type": kind}))
        folder = tmp_path / "elsewhere" / kind
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)
        assert (folder / METHODS[kind].result).is_dir()
        assert (folder / "base").is_dir() == (METHODS[kind].result == "adapter")
        scripts.append(str(folder / "chat.py"))
    done = subprocess.run(
        [sys.executable, "-I", "-c", RUN_ALL, *scripts],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.split(">>>\n")[1:]
    # The tiny model knows no words; that each said something is all that can be asked.
    assert [len(text) > 1 for text in said] == [True] * len(scripts)


def test_another_target_than_what_there_is_is_refused(
    tiny_workspace: Workspace, train: Train
) -> None:
    job, outcome = train(method={"type": "freeze"})
    claim_and_finish(tiny_workspace, job.id, outcome)
    with pytest.raises(StudioError, match=r"export\.other_target"):
        tiny_workspace.submit_export(job.id, "adapter", key="e")


def test_an_unfinished_training_cannot_be_exported(
    tiny_workspace: Workspace, dataset_id: str
) -> None:
    recipe = parse_recipe({"model": {"id": "tiny"}, "data": {"id": dataset_id}})
    job = tiny_workspace.submit_training(recipe, key="k")
    with pytest.raises(StudioError, match=r"export\.not_finished"):
        tiny_workspace.submit_export(job.id, "adapter", key="e")
    with pytest.raises(StudioError, match=r"export\.unknown"):
        tiny_workspace.export_file(job.id)
