"""Forms of a download that need more than one look: several of GGUF at once, and a 4-bit training exactly as it was."""

import zipfile
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from studio.errors import StudioError
from studio.services.workspace import Workspace
from studio.worker.loading import load_model
from tests.worker.conftest import Train
from tests.worker.test_export import claim_and_finish, export_of

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


def test_several_forms_of_gguf_come_in_one_download(
    tiny_workspace: Workspace, train: Train
) -> None:
    archive = export_of(tiny_workspace, *train(), "gguf-f16,gguf-q8_0")
    (export,) = tiny_workspace.jobs.list("export")
    values = tiny_workspace.exports.outcome(export.id)
    with zipfile.ZipFile(archive) as content:
        names = set(content.namelist())
        card = content.read("README.md").decode()
        assert content.read("Modelfile.f16").startswith(b"FROM ./rows-f16.gguf\n")
    assert {"rows-q8_0.gguf", "rows-f16.gguf", "Modelfile", "train.py"} <= names
    assert values["target"] == "gguf-q8_0,gguf-f16"
    forms = values["proof"]["forms"]
    assert forms["f16"]["divergence"] < forms["q8_0"]["divergence"] == values["proof"]["divergence"]
    assert "| F16 |" in card


def test_forms_that_do_not_go_together_are_refused(tiny_workspace: Workspace, train: Train) -> None:
    job, trained = train(method={"type": "lora"})
    claim_and_finish(tiny_workspace, job.id, trained)
    for target, code in {
        "merged,gguf-f16": r"export\.not_together",
        "gguf-f16,gguf": r"export\.unknown_target",
        "merged-exact": r"export\.not_4_bit",
    }.items():
        with pytest.raises(StudioError, match=code):
            tiny_workspace.submit_export(job.id, target, key="e")


def test_exactly_as_trained_is_the_model_that_was_held_in_4_bits(
    tiny_workspace: Workspace, train: Train, tiny_model: Path, tmp_path: Path
) -> None:
    job, outcome = train(method={"type": "qlora"})
    archive = export_of(tiny_workspace, job, outcome, "merged-exact")
    with zipfile.ZipFile(archive) as content:
        content.extractall(tmp_path / "out")
    loaded = load_model(tiny_model, torch.device("cpu"), torch.float32, in_4_bits=True)
    trained = PeftModel.from_pretrained(loaded, job.folder.adapter).eval()
    mine = AutoModelForCausalLM.from_pretrained(tmp_path / "out" / "model").eval()
    ids = torch.arange(10, 40)[None]
    with torch.no_grad():
        torch.testing.assert_close(mine(ids).logits, trained(ids).logits, atol=1e-4, rtol=0)
    (export,) = tiny_workspace.jobs.list("export")
    proof = tiny_workspace.exports.outcome(export.id)["proof"]
    merges = proof["merges"]
    assert proof["is_same"]
    # What the trainer found with the base in 4 bits.
    assert merges["exact"] == pytest.approx(outcome.values["held_out_loss"], abs=1e-3)
    assert merges["exact"] != merges["original"]
    assert proof["held_out"]["tuned"]["loss"] == merges["exact"]
    assert "Exactly as trained" in (tmp_path / "out" / "README.md").read_text()
