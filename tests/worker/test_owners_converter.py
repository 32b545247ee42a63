"""A family that our converter refuses goes through a program that the owner of the machine has named, and is proved as ours is."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from transformers import AutoConfig, LlamaConfig

from studio.domain.export_targets import TARGETS, Situation, obstacle
from studio.domain.job import Job, JobFolder, Outcome, write_by_rename
from studio.domain.method import Lora
from studio.domain.records import Message, Row, write_rows
from studio.domain.watching import Cancelled, Unwatched
from studio.errors import StudioError
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Settings
from studio.worker.owners_converter import convert
from studio.worker.run import perform
from tests.worker.conftest import finish_run
from tests.worker.gguf_tried import write
from tests.worker.test_export import claim_and_finish
from tests.worker.tiny_families import TinyFamily, give_adapter

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
# With these numbers it calculates what a Llama does, and only its name is another.
GRANITE = TinyFamily("granite", "chatml", {"attention_multiplier": 0.25})
# Stands for llama.cpp's script: says what it was given, and writes what was made before.
SCRIPT = """
import json, os, shutil, sys
given = {"words": sys.argv[1:], "environment": sorted(os.environ), "files": sorted(os.listdir(sys.argv[1]))}
with open(HERE + "/given.json", "w") as file:
    json.dump(given, file)
print("INFO: converting")
%s
"""
COPY = 'shutil.copyfile(HERE + "/made.gguf", sys.argv[sys.argv.index("--outfile") + 1])'


def make_script(folder: Path, does: str) -> Path:
    script = folder / "convert_hf_to_gguf.py"
    script.write_text(f"HERE = {str(folder)!r}\n" + SCRIPT % does, encoding="utf-8")
    return script


@dataclass(frozen=True)
class Family:
    """A studio with a training of a family that our converter does not know, and the owner's converter."""

    workspace: Workspace
    run: int
    folder: Path

    def export(self, target: str) -> tuple[Job, Outcome]:
        job = self.workspace.submit_export(self.run, target, key=target)
        outcome = perform(job.folder)
        outcome.write(job.folder)
        claim_and_finish(self.workspace, job.id, outcome)
        return job, outcome


@pytest.fixture
def granite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Family]:
    """Give a training of a Granite, and a converter that gives what a Llama with its weights becomes."""
    monkeypatch.setattr("studio.worker.comparing.ANSWER_TOKENS", 6)
    monkeypatch.setattr("studio.worker.proving_converted.ANSWER_TOKENS", 6)
    base = GRANITE.make(tmp_path / "models" / "stone", spread=0.1)
    folder = tmp_path / "owner"
    folder.mkdir()
    give_adapter(base, tmp_path / "adapter")
    for file in base.iterdir():
        if "token" in file.name or file.suffix == ".jinja":
            (tmp_path / "adapter" / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("STUDIO_MODELS", str(base.parent))
    monkeypatch.setenv("STUDIO_GGUF_CONVERTER", str(make_script(folder, COPY)))
    monkeypatch.setenv("HF_TOKEN", "hf_" + "S3" * 16)
    opened = open_workspace(Settings.from_env())
    run = finish_run(opened, "stone", tmp_path / "adapter")
    settle(opened.jobs.get(run).folder)
    as_llama(base, folder / "llama")
    write(folder / "llama", folder / "made.gguf", tmp_path / "adapter", name="stone")
    yield Family(opened, run, folder)
    opened.close()


def settle(folder: JobFolder) -> None:
    """Give a training that nobody has done what its outcome and its examples say."""
    values = {
        "dtype": "float32", "device": "cpu", "train_rows": 8, "held_out_rows": 8, "steps": 3,
        "loss": 1.0, "held_out_loss": 1.0, "template_sha256": "",
    }  # fmt: skip
    stored = json.loads(folder.result.read_text())
    write_by_rename(folder.result, json.dumps({**stored, "values": values}))
    said = [(Message("user", f"ab {n} xy?"), Message("assistant", f"x{n}")) for n in range(8)]
    rows = [Row(messages, line) for line, messages in enumerate(said)]
    for path in (folder.train_rows, folder.held_out_rows):
        write_rows(path, rows)


def as_llama(base: Path, folder: Path) -> None:
    """Give the model in `base` the name of the family that it calculates like."""
    folder.mkdir()
    for file in base.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    stone = AutoConfig.from_pretrained(base).to_dict()
    kept = {
        name: value for name, value in stone.items() if name not in ("model_type", "architectures")
    }
    LlamaConfig(**kept, architectures=["LlamaForCausalLM"]).save_pretrained(folder)


def test_the_owners_converter_writes_what_ours_cannot_and_llama_cpp_proves_it(
    granite: Family,
) -> None:
    pytest.importorskip("xllamacpp")
    _, outcome = granite.export("gguf-f16")
    assert outcome.error is None
    proof = outcome.values["proof"]
    assert proof["is_same"], proof
    assert proof["equal_answers"] == proof["questions"] > 2
    assert proof["divergence"] < 1e-5
    given = json.loads((granite.folder / "given.json").read_text())
    assert given["words"][1::2] == ["--outfile", "--outtype"]
    assert given["words"][-1] == "f16"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(given["files"])
    assert not [name for name in given["environment"] if "TOKEN" in name or "STUDIO" in name]
    (export,) = granite.workspace.jobs.list("export")
    with zipfile.ZipFile(granite.workspace.export_file(export.id)) as content:
        assert {"Modelfile", "README.md", "train.py"} <= set(content.namelist())


def test_a_file_of_another_model_is_found_out(granite: Family) -> None:
    pytest.importorskip("xllamacpp")
    # What the training has learned is not in it.
    write(granite.folder / "llama", granite.folder / "made.gguf", name="stone")
    _, outcome = granite.export("gguf-f16")
    assert outcome.error is None
    assert not outcome.values["proof"]["is_same"]


@pytest.mark.parametrize(
    ("does", "code", "said"),
    [
        ("print('no such family'); sys.exit(3)", "converter_fails", "no such family"),
        ("print('done')", "converter_fails", "done"),
        ("open(sys.argv[3], 'wb').write(b'GGUF' + bytes(40)); print('!')", "converter_fails", "!"),
    ],
)
def test_a_converter_that_makes_nothing_of_use_is_a_sentence(
    tmp_path: Path, does: str, code: str, said: str
) -> None:
    (tmp_path / "model").mkdir()
    script = make_script(tmp_path, does)
    with pytest.raises(StudioError, match=code) as caught:
        convert(script, tmp_path / "model", tmp_path / "out.gguf", "f16", Unwatched())
    assert caught.value.values["reason"] == said


def test_a_converter_that_is_gone_is_told_and_one_that_is_called_off_is_ended(
    tmp_path: Path,
) -> None:
    class Impatient(Unwatched):
        is_cancelled = True

    (tmp_path / "model").mkdir()
    file = tmp_path / "out.gguf"
    with pytest.raises(StudioError, match="converter_missing"):
        convert(tmp_path / "gone.py", tmp_path / "model", file, "f16", Unwatched())
    script = make_script(tmp_path, "import time; time.sleep(600)")
    with pytest.raises(Cancelled):
        convert(script, tmp_path / "model", file, "f16", Impatient())


@pytest.mark.parametrize(
    ("target", "has_converter", "has_library", "code"),
    [
        ("gguf-f16", True, True, None),
        ("gguf-f16", False, True, "export.no_gguf"),
        ("gguf-f16", True, False, "export.unproven"),
        ("gguf-q4_k_m", True, True, "export.converter_form"),
        ("gguf-adapter", True, True, "export.converter_form"),
        ("merged", True, True, None),
    ],
)
def test_what_a_named_converter_changes(
    target: str, has_converter: bool, has_library: bool, code: str | None
) -> None:
    here = Situation(Lora(), "GraniteForCausalLM", has_library, has_converter)
    against = obstacle(TARGETS[target], here)
    assert (against.code if against else None) == code
