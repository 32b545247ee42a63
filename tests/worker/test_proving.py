"""Every export is loaded again and held against the run: what is the same is called so, and what is not, is not."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.domain.proof import Proof
from studio.domain.records import Message, Row, write_rows
from studio.domain.starter import STARTER
from studio.domain.watching import Unwatched
from studio.worker.comparing import Asked, Tally, count, is_same_answer
from studio.worker.merging import open_weights, write_merged
from studio.worker.proving import Run, ask, prove_gguf, prove_merged
from tests.worker.gguf_tried import write
from tests.worker.tiny_families import FAMILY_MODELS, give_adapter

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give 64 held-out examples, all asked and answered differently."""
    path = tmp_path_factory.mktemp("rows") / "held_out.jsonl"
    said = [
        (Message("user", f"ab {place} xy?"), Message("assistant", f"x{place}"))
        for place in range(64)
    ]
    write_rows(path, [Row(messages, line) for line, messages in enumerate(said)])
    return path


@pytest.fixture(autouse=True)
def short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random models never end an answer by themselves; a few tokens of each have to do."""
    monkeypatch.setattr("studio.worker.comparing.ANSWER_TOKENS", 6)
    monkeypatch.setattr("studio.worker.proving.ANSWER_TOKENS", 6)


def make_run(family: str, folder: Path, rows: Path) -> Run:
    base = FAMILY_MODELS[family].make(folder / "base", spread=0.1)
    give_adapter(base, folder / "adapter")
    for file in base.iterdir():
        if "token" in file.name or file.suffix == ".jinja":
            (folder / "adapter" / file.name).write_bytes(file.read_bytes())
    return Run(base, folder / "adapter", [rows])


def test_f16_of_the_starter_gives_64_equal_answers(tmp_path: Path, rows: Path) -> None:
    give_adapter(STARTER, tmp_path / "adapter")
    for file in STARTER.iterdir():
        if "token" in file.name or file.suffix == ".jinja":
            (tmp_path / "adapter" / file.name).write_bytes(file.read_bytes())
    run = Run(STARTER, tmp_path / "adapter", [rows])
    file = write(STARTER, tmp_path / "f16.gguf", run.adapter)
    proof = prove_gguf(run, ask(run, Unwatched()), file, Unwatched())
    assert (proof.questions, proof.equal_answers) == (64, 64)
    assert proof.shortfalls("f16") == []


@pytest.mark.parametrize("family", FAMILY_MODELS)
def test_f16_of_every_family_gives_64_equal_answers(
    family: str, tmp_path: Path, rows: Path
) -> None:
    run = make_run(family, tmp_path, rows)
    file = write(run.base, tmp_path / "f16.gguf", run.adapter)
    proof = prove_gguf(run, ask(run, Unwatched()), file, Unwatched())
    assert (proof.questions, proof.equal_answers) == (64, 64)
    assert proof.shortfalls("f16") == []
    if proof.llama_cpp is not None:
        assert proof.llama_cpp.equal_prompts == proof.llama_cpp.chats == 8


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory, rows: Path) -> tuple[Run, Path]:
    """Give a run and its merged model."""
    folder = tmp_path_factory.mktemp("merged")
    run, target = make_run("qwen2", folder, rows), folder / "model"
    target.mkdir()
    write_merged(open_weights(run.base, run.adapter), target, Unwatched())
    for file in run.base.iterdir():
        if file.suffix != ".safetensors":
            (target / file.name).write_bytes(file.read_bytes())
    return run, target


def proof_of(merged: tuple[Run, Path]) -> Proof:
    run, folder = merged
    return prove_merged(run, ask(run, Unwatched()), folder, Unwatched())


def test_a_merged_model_says_what_the_run_says(merged: tuple[Run, Path]) -> None:
    proof = proof_of(merged)
    assert proof.shortfalls("merged") == []
    assert abs(proof.divergence) < 1e-7


def test_a_base_without_what_was_learned_is_found_out(merged: tuple[Run, Path]) -> None:
    run, folder = merged
    kept = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes((run.base / "model.safetensors").read_bytes())
    proof = proof_of(merged)
    (folder / "model.safetensors").write_bytes(kept)
    assert {"divergence", "answers"} <= set(proof.shortfalls("merged"))


def test_a_changed_template_and_a_lost_end_are_found_out(merged: tuple[Run, Path]) -> None:
    _, folder = merged
    template, settings = folder / "chat_template.jinja", folder / "generation_config.json"
    kept = template.read_text(), settings.read_text()
    template.write_text(kept[0] + " ")
    settings.write_text(json.dumps({**json.loads(kept[1]), "eos_token_id": [5]}))
    proof = proof_of(merged)
    template.write_text(kept[0])
    settings.write_text(kept[1])
    assert proof.shortfalls("merged") == ["template", "end"]


def test_one_wrong_matrix_in_a_gguf_is_found_out(tmp_path: Path, rows: Path) -> None:
    run = make_run("llama", tmp_path, rows)
    other = tmp_path / "other"
    other.mkdir()
    for file in run.base.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    tensors = load_file(other / "model.safetensors")
    name = "model.layers.2.self_attn.v_proj.weight"
    save_file(
        {**tensors, name: tensors[name].flip(0).contiguous()},
        other / "model.safetensors",
        {"format": "pt"},
    )
    file = write(other, tmp_path / "q8.gguf", run.adapter, "q8_0")
    assert "divergence" in prove_gguf(run, ask(run, Unwatched()), file, Unwatched()).shortfalls(
        "q8_0"
    )


def test_answers_may_part_where_two_words_were_as_likely() -> None:
    logits = torch.tensor([[5.0, 1.0, 0.0], [3.0, 2.99, 0.0]])
    asked = Asked([7], [0, 0, 2], logits)
    assert is_same_answer(asked, [0, 0, 2])
    assert is_same_answer(asked, [0, 1, 2])
    assert not is_same_answer(asked, [1, 0, 2])


def test_unclear_choices_do_not_count() -> None:
    tally = Tally()
    wanted = torch.tensor([[5.0, 1.0], [3.0, 2.95]])
    count(tally, wanted, wanted.flip(1))
    assert (tally.places, tally.clear, tally.agreed) == (2, 1, 0)
    assert tally.divergence == pytest.approx(3.857, abs=0.001)
