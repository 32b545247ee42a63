"""GGUF files: each trap that makes a file which loads and answers wrongly, and each family that is refused in words."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from studio.domain.architectures import ARCHITECTURES
from studio.errors import StudioError
from studio.worker.gguf_shape import FAMILIES
from studio.worker.gguf_words import plain_template
from studio.worker.merging import open_weights
from studio.worker.templates import fill, load_tokenizer
from tests.conftest import CHAT_TEMPLATE
from tests.worker.gguf_tried import Read, write
from tests.worker.tiny_families import FAMILY_MODELS, give_adapter

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give a tiny model of each family."""
    folder = tmp_path_factory.mktemp("bases")
    return {name: family.make(folder / name) for name, family in FAMILY_MODELS.items()}


@pytest.fixture(scope="module")
def files(bases: dict[str, Path]) -> dict[str, Read]:
    """Give them as GGUF."""
    return {name: Read(write(base, base.with_suffix(".gguf"))) for name, base in bases.items()}


def refusal(base: Path, folder: Path) -> str:
    with pytest.raises(StudioError, match=r"export\.gguf_unsupported") as raised:
        write(base, folder / "file.gguf")
    return str(raised.value.values["what"])


def change_config(base: Path, folder: Path, **changed: Any) -> Path:
    """Give the same model with another configuration."""
    folder.mkdir()
    for file in base.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    config = json.loads((base / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changed}))
    return folder


def test_the_families_that_the_studio_promises_are_those_that_it_can_write() -> None:
    promised = {one.model_type for one in ARCHITECTURES.values() if one.can_export}
    assert promised == set(FAMILIES)
    assert len(FAMILIES) == 9


@pytest.mark.parametrize(
    ("family", "begins"),
    [("llama", True), ("llama-2", True), ("gemma", True), ("qwen2", False), ("phi3", False)],
)
def test_the_chat_says_whether_a_beginning_mark_is_added(
    files: dict[str, Read], family: str, begins: bool
) -> None:
    assert files[family]["tokenizer.ggml.add_bos_token"] is begins


@pytest.mark.parametrize(
    ("family", "mark"),
    [
        ("llama", "<|eot_id|>"),
        ("gemma", "<end_of_turn>"),
        ("qwen3", "<|im_end|>"),
        ("phi3", "<|end|>"),
    ],
)
def test_the_end_of_a_turn_is_named_or_the_model_would_never_stop(
    files: dict[str, Read], family: str, mark: str
) -> None:
    tokens = files[family]["tokenizer.ggml.tokens"]
    assert tokens[files[family]["tokenizer.ggml.eot_token_id"]] == mark


def test_smollm3_with_other_layers_without_positions_is_refused(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    other = change_config(
        bases["smollm3"], tmp_path / "other", no_rope_layers=[1, 1, 0, 1], no_rope_layer_interval=3
    )
    assert refusal(other, tmp_path) == "no_rope_layers"


@pytest.mark.parametrize(
    ("family", "changed", "what"),
    [
        ("llama", {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "factor": 2.0}}, "rope_type yarn"),
        ("gemma2", {"query_pre_attn_scalar": 32}, "query_pre_attn_scalar"),
        ("gemma3", {"layer_types": ["full_attention"] * 4}, "layer_types"),
        ("qwen3", {"layer_types": ["full_attention", "sliding_attention"] * 2}, "sliding_attention"),
    ],
)  # fmt: skip
def test_what_llama_cpp_takes_for_granted_is_checked(
    bases: dict[str, Path], tmp_path: Path, family: str, changed: dict[str, Any], what: str
) -> None:
    assert refusal(change_config(bases[family], tmp_path / "other", **changed), tmp_path) == what


def test_a_name_with_phi_3_in_it_is_changed_where_its_tokens_are_missing(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    read = Read(write(bases["phi3"], tmp_path / "a.gguf", name="my Phi-3 shop"))
    assert read["general.name"] == "my model shop"


def test_rank_stabilised_adapters_are_put_in_with_their_own_strength(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    live = give_adapter(bases["qwen2"], tmp_path / "adapter", use_rslora=True, r=16)
    read = Read(write(bases["qwen2"], tmp_path / "a.gguf", tmp_path / "adapter"))
    merged: Any = live.merge_and_unload()
    wanted = merged.state_dict()["model.layers.2.mlp.up_proj.weight"]
    assert torch.equal(read.tensor("blk.2.ffn_up.weight"), wanted.half().float())


def test_rows_that_no_word_belongs_to_are_never_said(tmp_path: Path) -> None:
    base = FAMILY_MODELS["qwen2"].make(tmp_path / "base", vocab_size=320)
    known = len(load_tokenizer(base))
    read = Read(write(base, tmp_path / "a.gguf"))
    tokens, types = read["tokenizer.ggml.tokens"], read["tokenizer.ggml.token_type"]
    assert len(tokens) == len(types) == 320
    assert tokens[known:] == [f"[PAD{place}]" for place in range(known, 320)]
    assert set(types[known:]) == {5}


def test_weights_that_bitsandbytes_has_repacked_never_get_into_it(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    from studio.worker.loading import load_model  # noqa: PLC0415  for this test only

    model = load_model(bases["qwen2"], torch.device("cpu"), torch.float32, in_4_bits=True)
    with torch.inference_mode():
        model.eval()(input_ids=torch.arange(9).unsqueeze(0))
    stored = load_file(bases["qwen2"] / "model.safetensors")
    weights = open_weights(bases["qwen2"], None)
    assert all(torch.equal(weights.read(one), stored[one.name]) for one in weights.tensors())


def test_a_number_too_large_for_f16_is_told_and_fits_bf16(
    bases: dict[str, Path], tmp_path: Path
) -> None:
    base = change_config(bases["qwen2"], tmp_path / "other")
    tensors = load_file(base / "model.safetensors")
    tensors["model.layers.0.mlp.up_proj.weight"][3, 4] = 70_000
    save_file(tensors, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(StudioError, match=r"export\.too_large_for_f16") as raised:
        write(base, tmp_path / "a.gguf")
    assert raised.value.values["largest"] == "70000"
    read = Read(write(base, tmp_path / "b.gguf", form="bf16"))
    assert float(read.tensor("blk.0.ffn_up.weight").max()) > 65_504


def test_marks_that_transformers_alone_knows_are_taken_out_of_the_template(
    tiny_model: Path,
) -> None:
    tokenizer = load_tokenizer(tiny_model)
    turns = [{"role": role, "content": f"{role} says"} for role in ("system", "user", "assistant")]
    before = fill(tokenizer, turns, is_prompt=True)
    plain = plain_template(tokenizer)
    assert "generation %}" not in plain != CHAT_TEMPLATE
    tokenizer.chat_template = plain
    assert fill(tokenizer, turns, is_prompt=True) == before


def test_every_tensor_is_there_and_vectors_stay_exact(
    bases: dict[str, Path], files: dict[str, Read]
) -> None:
    for family, read in files.items():
        model = AutoModelForCausalLM.from_pretrained(bases[family], use_safetensors=True)
        extra = family == "llama"
        types = read.types()
        assert len(types) == len(list(model.named_parameters())) + extra, family
        assert {types[name] for name in types if name.endswith("norm.weight")} == {"F32"}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"model": {"type": "Unigram", "vocab": []}}, "tokenizer Unigram"),
        ({"normalizer": {"type": "Lowercase"}}, "normalizer"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "pre_tokenizer"),
    ],
)
def test_a_tokenizer_that_cuts_text_in_an_unknown_way_is_refused(
    bases: dict[str, Path], tmp_path: Path, changed: dict[str, Any], what: str
) -> None:
    other = change_config(bases["qwen2"], tmp_path / "other")
    stored = json.loads((other / "tokenizer.json").read_text())
    (other / "tokenizer.json").write_text(json.dumps({**stored, **changed}))
    assert refusal(other, tmp_path) == what
