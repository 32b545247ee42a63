"""The script in a download repeats the training with the public libraries alone, loss by loss."""

import json
from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import JobFolder, read_events
from studio.domain.recipe import Recipe, parse_recipe
from studio.worker.export_script import METHODS, write_notebook, write_script
from studio.worker.task import read_spec
from tests.worker.alone import run_alone
from tests.worker.conftest import Train

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
OUTCOME = {"dtype": "float32", "train_rows": 22}
SETTINGS: dict[str, dict[str, Any]] = {
    "lora": {"type": "lora", "use_rslora": True},
    "qlora": {"type": "qlora", "last_layers": 1},
    "full": {"type": "full"},
    "freeze": {"type": "freeze", "trained_layers": 1},
}


def lay_out(source: JobFolder, folder: Path) -> Path:
    """Put what a download holds, and the examples, into a folder."""
    spec, tuned = read_spec(source), source.tuned
    assert tuned is not None
    values = json.loads(source.result.read_text())["values"]
    folder.mkdir()
    for file in tuned.iterdir():
        (folder / tuned.name).mkdir(exist_ok=True)
        (folder / tuned.name / file.name).write_bytes(file.read_bytes())
    script = write_script(Recipe.model_validate(spec["recipe"]), values, tuned, tuned.name)
    assert script is not None
    (folder / "train.py").write_text(script, encoding="utf-8")
    for path in (source.train_rows, source.held_out_rows):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def losses_of_run(source: JobFolder) -> dict[tuple[str, int], float]:
    events, _ = read_events(source.events, 0)
    names = {"log": "loss", "eval": "held_out_loss"}
    return {
        (one.kind, one.values["step"]): one.values[names[one.kind]]
        for one in events
        if one.kind in names
    }


def losses_of_script(folder: Path) -> dict[tuple[str, int], float]:
    history = json.loads((folder / "trained" / "trainer_state.json").read_text())["log_history"]
    names = {"loss": "log", "eval_loss": "eval"}
    return {(names[key], one["step"]): one[key] for one in history for key in names if key in one}


def test_the_script_gives_the_losses_of_the_training(
    train: Train, tiny_model: Path, tmp_path: Path
) -> None:
    folders = {}
    for name, method in SETTINGS.items():
        job, _ = train(method=method)
        folders[name] = (job.folder, lay_out(job.folder, tmp_path / name))
    words = [str(tiny_model), "train.jsonl", "held_out.jsonl"]
    scripts = [(folder / "train.py", words) for _, folder in folders.values()]
    run_alone(scripts, tmp_path / "said.txt")
    for source, folder in folders.values():
        wanted = losses_of_run(source)
        assert len(wanted) == 6
        assert losses_of_script(folder) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    "sections",
    [
        {"method": {"type": "prompt"}},
        {"objective": {"type": "text"}},
        {"training": {"too_long": "split"}},
    ],
)
def test_what_the_script_does_not_know_has_none(sections: dict[str, Any], tiny_model: Path) -> None:
    assert write_script(parse_recipe(sections), OUTCOME, tiny_model, "model") is None
    assert set(SETTINGS) == METHODS


def test_the_notebook_is_the_script_in_parts(tiny_model: Path) -> None:
    script = write_script(parse_recipe({"method": {"type": "full"}}), OUTCOME, tiny_model, "model")
    assert script is not None
    notebook = json.loads(write_notebook(script))
    code = "\n".join(one["source"] for one in notebook["cells"] if one["cell_type"] == "code")
    assert (notebook["nbformat"], notebook["cells"][0]["cell_type"]) == (4, "markdown")
    compile(code, "train.ipynb", "exec")
    assert "__file__" not in code
    assert code.count("def ") == script.count("def ")
