"""Which files of a repository are a model: only its own kind, only complete, nothing that could run."""

import pytest

from studio.domain.hub import HubFile
from studio.domain.model_files import (
    ModelChoice,
    folder_name,
    is_hub_id,
    pick_files,
    read_folder_name,
)
from studio.errors import StudioError

SHA = "0123456789abcdef0123456789abcdef01234567"
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
INDEX = "model.safetensors.index.json"
BASE = ["config.json", "tokenizer.json"]


def picked(*names: str) -> list[str]:
    return [file.path for file in pick_files([HubFile(name, 10) for name in names], "a/b")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([*BASE, "model.safetensors"], [*BASE, "model.safetensors"]),
        ([*BASE, *SHARDS, INDEX], [*BASE, INDEX, *SHARDS]),
        ([*BASE, "model.safetensors", *SHARDS, INDEX], [*BASE, "model.safetensors"]),
        ([*BASE, "model.safetensors", "consolidated.safetensors"], [*BASE, "model.safetensors"]),
        (
            [*BASE, "model.safetensors", "merges.txt", "tokenizer.model", "chat_template.jinja"],
            ["chat_template.jinja", *BASE[:1], "merges.txt", *BASE[1:], "tokenizer.model", "model.safetensors"],
        ),
    ],
)  # fmt: skip
def test_a_model_is_its_texts_and_one_set_of_weights(names: list[str], expected: list[str]) -> None:
    assert picked(*names) == expected


@pytest.mark.parametrize(
    "name",
    [
        "modeling_x.py", "pytorch_model.bin", "model.pt", "x.pkl", "README.md", ".gitattributes", "onnx/config.json",
        "original/model.safetensors", "../evil.json", "/etc/evil.json", "a\0.json", "evil.json ", "-rf.json",
        "pytorch_model.bin.index.json", "model.fp16.safetensors", "model.gguf", "training_args.bin",
    ],
)  # fmt: skip
def test_nothing_else_is_brought(name: str) -> None:
    assert name not in picked(*BASE, "model.safetensors", name)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["tokenizer.json", "model.safetensors"], "model.no_config"),
        (["config.json", "tokenizer.model", "model.safetensors"], "model.no_tokenizer"),
        ([*BASE, "pytorch_model.bin"], "model.no_safetensors"),
        ([*BASE, *SHARDS], "model.no_safetensors"),
        ([*BASE, SHARDS[0], INDEX], "model.no_safetensors"),
        ([*BASE, "model.fp16.safetensors"], "model.no_safetensors"),
    ],
)
def test_half_a_model_is_none(names: list[str], code: str) -> None:
    with pytest.raises(StudioError) as caught:
        picked(*names)
    assert caught.value.code == code


def test_a_text_of_gigabytes_is_left_out() -> None:
    files = [HubFile(name, 10) for name in (*BASE, "model.safetensors")]
    kept = pick_files([*files, HubFile("vocab.json", 10**9)], "a/b")
    assert len(kept) == 3


def test_the_name_of_a_folder_reads_back() -> None:
    choice = ModelChoice("Some-Owner/model_1.5-it", SHA)
    assert folder_name(choice) == f"Some-Owner--model_1.5-it@{SHA}"
    assert read_folder_name(folder_name(choice)) == choice
    for name in (
        "tiny",
        "a--b",
        f"../x@{SHA}",
        f"a--b@{SHA}x",
        f"a----b@{SHA}",
        f".a--b@{SHA}.partial",
    ):
        assert read_folder_name(name) is None


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (ModelChoice("../x", SHA), "hub.bad_id"),
        (ModelChoice("http://x", SHA), "hub.bad_id"),
        (ModelChoice("a/b", "main"), "hub.bad_revision"),
        (ModelChoice("a/b", "../../x"), "hub.bad_revision"),
    ],
)
def test_what_is_no_choice_gets_no_folder(choice: ModelChoice, code: str) -> None:
    with pytest.raises(StudioError) as caught:
        folder_name(choice)
    assert caught.value.code == code
    assert not is_hub_id("starter")
