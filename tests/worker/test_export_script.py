"""The script in a download repeats the training with the public libraries alone, loss by loss."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import JobFolder, read_events
from studio.domain.recipe import Recipe, parse_recipe
from studio.services.workspace import Workspace
from studio.worker.export_notebook import write_notebook
from studio.worker.export_numbers import write_same_numbers
from studio.worker.export_script import METHODS, traits_of, write_script
from studio.worker.methods import METHODS as KNOWN
from studio.worker.task import read_spec
from tests.worker.alone import run_alone
from tests.worker.conftest import Train
from tests.worker.test_export import claim_and_finish

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
OUTCOME = {"dtype": "float32", "train_rows": 22, "steps": 18}
CHAT = frozenset({"chat"})
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "lora": {"method": {"type": "lora", "use_rslora": True}},
    "qlora": {
        "method": {"type": "qlora", "last_layers": 1},
        "training": {"too_long": "split", "max_length_tokens": 40, "overlap_tokens": 8},
    },
    "full": {
        "method": {"type": "full"},
        "objective": {"type": "text"},
        "training": {"max_length_tokens": 64},
    },
    # What learns this slowly does not get better, and is stopped.
    "freeze": {
        "method": {"type": "freeze", "trained_layers": 1},
        "training": {
            "too_long": "cut",
            "max_length_tokens": 45,
            "learning_rate": 1e-12,
            "max_steps": 12,
            "patience_evals": 1,
        },
    },
    "prefix": {"method": {"type": "prefix", "num_virtual_tokens": 3}},
    "prompt": {"method": {"type": "prompt", "num_virtual_tokens": 3}},
    "ia3": {"method": {"type": "ia3"}},
}


def lay_out(source: JobFolder, folder: Path) -> Path:
    """Put what a download holds, and the examples, into a folder."""
    spec, tuned = read_spec(source), source.tuned
    assert tuned is not None
    values = json.loads(source.result.read_text())["values"]
    shutil.copytree(tuned, folder / tuned.name)
    recipe = Recipe.model_validate(spec["recipe"])
    script = write_script(recipe, values, tuned, tuned.name, traits_of(source))
    assert script is not None
    (folder / "train.py").write_text(script, encoding="utf-8")
    (folder / "same_numbers.py").write_text(write_same_numbers(), encoding="utf-8")
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
    train: Train, tiny_workspace: Workspace, tiny_model: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n\n".join(f"The {n}. fox sleeps." for n in range(40)), encoding="utf-8")
    texts = {"id": tiny_workspace.datasets.add_file(text, text.name).id}
    runs = {
        name: train(**sections, data=texts if "objective" in sections else {})
        for name, sections in SETTINGS.items()
    }
    for job, outcome in runs.values():
        claim_and_finish(tiny_workspace, job.id, outcome)
    for name in ("lora", "prefix"):
        earlier = {"model": {"continue_from": runs[name][0].id}}
        runs[f"on from {name}"] = train(**SETTINGS[name], **earlier)
    short = {"compute_dtype": "bfloat16"}
    runs["in 16 bits"] = train(method={"type": "lora"}, training=short)
    folders = {name: lay_out(job.folder, tmp_path / name) for name, (job, _) in runs.items()}
    words = {
        name: [str(job.folder.start)] if job.folder.start.exists() else []
        for name, (job, _) in runs.items()
    }
    scripts = [
        (folder / "train.py", [str(tiny_model), *words[name], "train.jsonl", "held_out.jsonl"])
        for name, folder in folders.items()
    ]
    run_alone(scripts, tmp_path / "said.txt")
    assert runs["freeze"][1].values["steps"] < 12
    for name, (job, _) in runs.items():
        wanted = losses_of_run(job.folder)
        assert len(wanted) >= 4, name
        assert losses_of_script(folders[name]) == pytest.approx(wanted, abs=1e-4), name


def test_what_calculates_as_the_studio_does_needs_nothing_of_it() -> None:
    text = write_same_numbers()
    compile(text, "same_numbers.py", "exec")
    assert "from studio" not in text
    assert "import studio" not in text


def test_the_script_knows_every_method() -> None:
    assert METHODS == set(SETTINGS) == set(KNOWN)


def test_the_script_has_only_what_the_training_needs(tiny_model: Path) -> None:
    plain = parse_recipe({"method": {"type": "full"}})
    script = write_script(plain, OUTCOME, tiny_model, "model", CHAT)
    assert script is not None
    words = ("#[", "@@", "import peft", "from peft", "4bit", "TOOLS", "class Stop")
    assert not [word for word in words if word in script]
    stopped = write_script(plain, {**OUTCOME, "steps": 5}, tiny_model, "model", CHAT)
    assert "STEPS = 5\n" in (stopped or "")


@pytest.mark.parametrize(
    ("cpu_threads", "traits", "threads"),
    [(None, CHAT, None), (None, CHAT | {"small"}, 1), (3, CHAT, 3), (2, CHAT | {"small"}, 2)],
)
def test_the_script_computes_on_as_many_threads(
    tiny_model: Path, cpu_threads: int | None, traits: frozenset[str], threads: int | None
) -> None:
    recipe = parse_recipe({"method": {"type": "full"}, "training": {"cpu_threads": cpu_threads}})
    script = write_script(recipe, OUTCOME, tiny_model, "model", traits)
    assert script is not None
    found = re.findall(r"torch.set_num_threads\((\d+)\)", script)
    assert found == ([] if threads is None else [str(threads)])


def test_what_the_script_does_not_know_has_none(tiny_model: Path) -> None:
    recipe = parse_recipe({})
    other = recipe.model_copy(
        update={"objective": recipe.objective.model_copy(update={"type": "other"})}
    )
    assert write_script(other, OUTCOME, tiny_model, "model", CHAT) is None


@pytest.mark.parametrize("start", [None, 3])
def test_the_notebook_is_the_script_in_parts(tiny_model: Path, start: int | None) -> None:
    recipe = parse_recipe({"method": {"type": "full"}, "model": {"continue_from": start}})
    script = write_script(recipe, OUTCOME, tiny_model, "model", CHAT)
    assert script is not None
    notebook = json.loads(write_notebook(script))
    code = "\n".join(one["source"] for one in notebook["cells"] if one["cell_type"] == "code")
    assert (notebook["nbformat"], notebook["cells"][0]["cell_type"]) == (4, "markdown")
    compile(code, "train.ipynb", "exec")
    assert "__file__" not in code
    assert ('"START"' in code) == (start is not None)
    assert code.count("def ") == script.count("def ")
