"""The download: complete, safe to unpack, and it answers without the studio."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from studio.domain.export_targets import TARGETS, Situation, obstacle
from studio.domain.job import Job, Outcome
from studio.domain.method import METHODS, Lora
from studio.domain.recipe import parse_recipe
from studio.errors import StudioError
from studio.services.jobs import Handle
from studio.services.workspace import Workspace
from studio.worker.run import perform
from studio.worker.templates import load_tokenizer
from tests.worker.alone import run_alone
from tests.worker.conftest import Train

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


def export_of(workspace: Workspace, job: Job, trained: Outcome, target: str | None = None) -> Path:
    """Settle a training as the runner would, and export it."""
    if not workspace.jobs.get(job.id).is_final:
        claim_and_finish(workspace, job.id, trained)
    export = workspace.submit_export(job.id, target, key=f"export of {job.id} as {target}")
    outcome = perform(export.folder)
    outcome.write(export.folder)
    claim_and_finish(workspace, export.id, outcome)
    return workspace.export_file(export.id)


def claim_and_finish(workspace: Workspace, job_id: int, outcome: Outcome) -> None:
    claimed = workspace.jobs.claim(Handle(4_000_000, 1.0))
    assert claimed is not None
    assert claimed.id == job_id
    assert workspace.jobs.finish(job_id, outcome)


def test_the_zip_is_complete_and_safe_to_unpack(tiny_workspace: Workspace, train: Train) -> None:
    archive = export_of(tiny_workspace, *train())
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
        "train.py",
        "train.ipynb",
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


def test_the_scripts_in_the_zips_answer_without_the_studio(
    tiny_workspace: Workspace, train: Train, tmp_path: Path
) -> None:
    scripts = []
    wanted = {
        "qlora": "adapter",
        "ia3": "merged",
        **dict.fromkeys(("full", "freeze", "prefix", "prompt")),
    }
    for kind, target in wanted.items():
        job, outcome = train(method={"type": kind})
        archive = export_of(tiny_workspace, job, outcome, target)
        found = tiny_workspace.exports.outcome(tiny_workspace.exports.of_run(job.id)[0].id)
        check_held_out(found["proof"]["held_out"], outcome)
        folder = tmp_path / "elsewhere" / kind
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)
        left = "model" if target == "merged" else METHODS[kind].result
        assert (folder / left).is_dir()
        assert (folder / "base").is_dir() == (left == "adapter")
        scripts.append((folder / "chat.py", ["Hello"]))
    said = run_alone(scripts, tmp_path / "said.txt")
    # The tiny model knows no words; that each said something is all that can be asked.
    assert [len(text) > 1 for text in said] == [True] * len(scripts)


def check_held_out(found: dict[str, Any], outcome: Outcome) -> None:
    """The base and the tuned model were asked, and what the training has found is found again."""
    assert found["examples"] == 2
    assert found["base"]["loss"] > found["tuned"]["loss"]
    # A 4-bit training has looked at rounded weights.
    assert found["tuned"]["loss"] == pytest.approx(outcome.values["kept_held_out_loss"], abs=0.02)
    assert 0 <= found["base"]["accuracy"] <= found["tuned"]["accuracy"] <= 1


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("freeze", "adapter", r"export\.no_adapter"),
        ("prompt", "merged", r"export\.no_merging"),
        ("lora", "pickle", r"export\.unknown_target"),
    ],
)
def test_what_a_training_cannot_become_is_refused_before_the_work(
    tiny_workspace: Workspace, dataset_id: str, method: str, target: str, code: str
) -> None:
    recipe = parse_recipe({
        "model": {"id": "tiny"}, "data": {"id": dataset_id}, "method": {"type": method},
    })  # fmt: skip
    job = tiny_workspace.submit_training(recipe, key="k")
    job.folder.adapter.mkdir()
    claim_and_finish(tiny_workspace, job.id, Outcome("done", None, {}))
    with pytest.raises(StudioError, match=code):
        tiny_workspace.submit_export(job.id, target, key="e")


def test_the_merged_model_of_a_4_bit_training_is_the_16_bit_base_with_the_adapter(
    tiny_workspace: Workspace, train: Train, tiny_model: Path, tmp_path: Path
) -> None:
    job, outcome = train(method={"type": "qlora"})
    archive = export_of(tiny_workspace, job, outcome, "merged")
    with zipfile.ZipFile(archive) as content:
        content.extractall(tmp_path / "out")
    model = tmp_path / "out" / "model"
    mine = load_file(model / "model.safetensors")
    plain = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(tiny_model), job.folder.adapter
    )
    theirs = plain.merge_and_unload().state_dict()
    assert all(torch.equal(one, theirs[name]) for name, one in mine.items())
    settings = json.loads((model / "generation_config.json").read_text())
    tokenizer = load_tokenizer(model)
    assert tokenizer.eos_token_id in settings["eos_token_id"]
    assert (model / "chat_template.jinja").exists()


def test_a_download_says_its_own_hash_and_nothing_half_is_left(
    tiny_workspace: Workspace, train: Train
) -> None:
    archive = export_of(tiny_workspace, *train(), "merged")
    (export,) = tiny_workspace.jobs.list("export")
    values = tiny_workspace.exports.outcome(export.id)
    assert values["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert (values["bytes"], values["target"]) == (archive.stat().st_size, "merged")
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_a_gguf_comes_with_what_ollama_needs(tiny_workspace: Workspace, train: Train) -> None:
    job, outcome = train(method={"type": "qlora"})
    archive = export_of(tiny_workspace, job, outcome, "gguf-q8_0")
    with zipfile.ZipFile(archive) as content:
        names = set(content.namelist())
        modelfile = content.read("Modelfile").decode()
        card = content.read("README.md").decode()
        assert content.read("rows-q8_0.gguf")[:4] == b"GGUF"
        assert content.read("curve.svg").startswith(b"<svg ")
    assert names >= {
        "rows-q8_0.gguf",
        "Modelfile",
        "README.md",
        "recipe.yaml",
        "train.py",
        "tokenizer/tokenizer.json",
    }
    assert "![Loss by step](curve.svg)" in card
    assert "2 held-out examples, which were never learned:" in card
    assert modelfile.startswith("FROM ./rows-q8_0.gguf\n")
    assert 'PARAMETER stop "<|im_end|>"' in modelfile
    assert "llama-server -m rows-q8_0.gguf --jinja" in card


@pytest.mark.parametrize(
    ("architecture", "has_library", "target", "code"),
    [
        ("LlamaForCausalLM", True, "gguf-q4_k_m", None),
        ("LlamaForCausalLM", False, "gguf-q4_k_m", "export.library_missing"),
        ("LlamaForCausalLM", False, "gguf-q8_0", None),
        ("GraniteForCausalLM", True, "gguf-q8_0", "export.no_gguf"),
        ("GraniteForCausalLM", True, "merged", None),
    ],
)
def test_what_cannot_be_written_is_known_without_trying(
    architecture: str, has_library: bool, target: str, code: str | None
) -> None:
    against = obstacle(TARGETS[target], Situation(Lora(), architecture, has_library))
    assert (against.code if against else None) == code


def test_a_packing_that_is_called_off_leaves_nothing(
    tiny_workspace: Workspace, train: Train
) -> None:
    job, trained = train()
    claim_and_finish(tiny_workspace, job.id, trained)
    export = tiny_workspace.submit_export(job.id, "merged", key="e")
    export.folder.cancel.touch()
    outcome = perform(export.folder)
    assert outcome.state == "cancelled"
    assert list(export.folder.exports.iterdir()) == []


def test_a_full_disk_is_told_before_the_work(
    tiny_workspace: Workspace, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, trained = train()
    claim_and_finish(tiny_workspace, job.id, trained)
    export = tiny_workspace.submit_export(job.id, "merged", key="e")
    monkeypatch.setattr("studio.worker.export.free_bytes", lambda _folder: 1_000)
    outcome = perform(export.folder)
    assert outcome.error is not None
    assert outcome.error.code == "hub.no_room"
    assert list(export.folder.exports.iterdir()) == []


def test_the_next_try_removes_what_a_killed_one_has_left(
    tiny_workspace: Workspace, train: Train
) -> None:
    job, trained = train()
    claim_and_finish(tiny_workspace, job.id, trained)
    killed = tiny_workspace.submit_export(job.id, "merged", key="1")
    killed.folder.exports.mkdir()
    (killed.folder.exports / "model.zip.partial").write_bytes(b"half")
    claim_and_finish(tiny_workspace, killed.id, Outcome("failed", StudioError("worker.died"), {}))
    with pytest.raises(StudioError, match=r"export\.unknown"):
        tiny_workspace.export_file(killed.id)
    tiny_workspace.submit_export(job.id, "merged", key="2")
    assert not killed.folder.exports.exists()


def test_an_unfinished_training_cannot_be_exported(
    tiny_workspace: Workspace, dataset_id: str
) -> None:
    recipe = parse_recipe({"model": {"id": "tiny"}, "data": {"id": dataset_id}})
    job = tiny_workspace.submit_training(recipe, key="k")
    with pytest.raises(StudioError, match=r"export\.not_finished"):
        tiny_workspace.submit_export(job.id, "adapter", key="e")
    with pytest.raises(StudioError, match=r"export\.unknown"):
        tiny_workspace.export_file(job.id)
