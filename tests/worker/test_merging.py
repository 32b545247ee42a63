"""Merging: number by number what PEFT makes of it, one tensor in memory at a time, and nothing that does not fit."""

import gc
import json
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import IA3Config, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from studio.domain.watching import Cancelled, Unwatched
from studio.errors import StudioError
from studio.worker.merging import open_weights, write_merged
from studio.worker.tensor_files import StoredTensor, list_tensors
from tests.worker.tiny_families import FAMILY_MODELS, give_adapter

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a tiny Qwen2, which has biases, in 16 bits."""
    folder = tmp_path_factory.mktemp("base") / "qwen2"
    return FAMILY_MODELS["qwen2"].make(folder, torch.bfloat16)


def merge(base: Path, adapter: Path, folder: Path) -> dict[str, torch.Tensor]:
    folder.mkdir()
    write_merged(open_weights(base, adapter), folder, Unwatched())
    return {
        key: one for file in folder.glob("*.safetensors") for key, one in load_file(file).items()
    }


def pefts(base: Path, adapter: Path) -> dict[str, torch.Tensor]:
    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto", use_safetensors=True)
    return PeftModel.from_pretrained(model, adapter).merge_and_unload().state_dict()


def assert_equal(mine: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert len(mine) > 10
    assert {name for name, one in mine.items() if not torch.equal(one, theirs[name])} == set()
    # A tied output table is stored once.
    assert theirs.keys() - mine.keys() <= {"lm_head.weight"}


@pytest.mark.parametrize("family", FAMILY_MODELS)
def test_every_family_is_merged_as_peft_merges_it(family: str, tmp_path: Path) -> None:
    base = FAMILY_MODELS[family].make(tmp_path / "base", torch.bfloat16)
    give_adapter(base, tmp_path / "adapter")
    mine = merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert_equal(mine, pefts(base, tmp_path / "adapter"))
    before = load_file(base / "model.safetensors")
    assert {one.dtype for one in mine.values()} == {torch.bfloat16}
    assert sum(not torch.equal(mine[name], before[name]) for name in mine) >= 4 * 4


@pytest.mark.parametrize(
    "settings",
    [
        {"use_rslora": True, "r": 8},
        {"use_dora": True},
        {"target_modules": ["q_proj"]},
        {"target_modules": ["q_proj", "up_proj"], "layers_to_transform": [1]},
    ],
    ids=["rslora", "dora", "attention", "last layer"],
)
def test_every_kind_of_lora_is_merged_as_peft_merges_it(
    settings: dict[str, Any], base: Path, tmp_path: Path
) -> None:
    give_adapter(base, tmp_path / "adapter", **settings)
    mine = merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert_equal(mine, pefts(base, tmp_path / "adapter"))


def test_ia3_is_merged_with_its_biases(base: Path, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(base, use_safetensors=True)
    names = ["k_proj", "v_proj", "down_proj"]
    config = IA3Config(
        task_type="CAUSAL_LM", target_modules=names, feedforward_modules=["down_proj"]
    )
    adapted = get_peft_model(model, config)
    for name, parameter in adapted.named_parameters():
        if "ia3_l" in name:
            parameter.data.uniform_(0.5, 1.5)
    adapted.save_pretrained(str(tmp_path / "adapter"))
    mine = merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert_equal(mine, pefts(base, tmp_path / "adapter"))


def test_only_one_tensor_is_in_memory_at_a_time(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_adapter(base, tmp_path / "adapter")
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0
    read = StoredTensor.read

    def watched(self: StoredTensor) -> torch.Tensor:
        nonlocal most
        most = max(most, sum(one() is not None for one in alive))
        tensor = read(self)
        alive.append(weakref.ref(tensor))
        return tensor

    monkeypatch.setattr(StoredTensor, "read", watched)
    gc.collect()
    merge(base, tmp_path / "adapter", tmp_path / "merged")
    assert len(alive) > 30
    # The one before is still being written when the next is read.
    assert most <= 1


def test_a_base_in_several_files_stays_so(base: Path, tmp_path: Path) -> None:
    give_adapter(base, tmp_path / "adapter")
    parts = tmp_path / "parts"
    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto", use_safetensors=True)
    model.save_pretrained(parts, max_shard_size="100KB")
    mine = merge(parts, tmp_path / "adapter", tmp_path / "merged")
    assert len(list((tmp_path / "merged").glob("*.safetensors"))) > 1
    shutil.copyfile(base / "config.json", tmp_path / "merged" / "config.json")
    loaded = AutoModelForCausalLM.from_pretrained(
        tmp_path / "merged", dtype="auto", use_safetensors=True
    )
    assert_equal(mine, loaded.state_dict())


def test_an_adapter_of_another_model_is_refused(base: Path, tmp_path: Path) -> None:
    give_adapter(base, tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    renamed = {key.replace(".layers.3.", ".layers.9."): one for key, one in load_file(file).items()}
    save_file(renamed, file)
    with pytest.raises(StudioError, match=r"export\.no_place"):
        open_weights(base, tmp_path / "adapter")


@pytest.mark.parametrize("change", [{"modules_to_save": ["lm_head"]}, {"bias": "all"}])
def test_what_nobody_here_knows_to_merge_is_refused(
    change: dict[str, Any], base: Path, tmp_path: Path
) -> None:
    give_adapter(base, tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(StudioError, match=r"chat\.adapter_unknown"):
        open_weights(base, tmp_path / "adapter")


def test_numbers_that_are_none_are_not_exported(base: Path, tmp_path: Path) -> None:
    give_adapter(base, tmp_path / "adapter")
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    save_file({key: one * float("inf") for key, one in load_file(file).items()}, file)
    with pytest.raises(StudioError, match=r"export\.not_finite"):
        merge(base, tmp_path / "adapter", tmp_path / "merged")


@pytest.mark.parametrize("kept_bytes", [4, 1000, -8])
def test_a_damaged_file_is_told(base: Path, tmp_path: Path, kept_bytes: int) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes((base / "model.safetensors").read_bytes()[:kept_bytes])
    with pytest.raises(StudioError, match=r"export\.weights_damaged"):
        list_tensors(file)


def test_a_merge_can_be_called_off(base: Path, tmp_path: Path) -> None:
    class Impatient(Unwatched):
        is_cancelled = True

    give_adapter(base, tmp_path / "adapter")
    with pytest.raises(Cancelled):
        write_merged(open_weights(base, tmp_path / "adapter"), tmp_path, Impatient())
