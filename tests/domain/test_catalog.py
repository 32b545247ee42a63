"""What a model's folder may say, and what makes it refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from studio.domain.catalog import disarm, judge_config, read_model
from studio.domain.weights import INDEX
from studio.errors import StudioError
from studio.services.models import STARTER
from tests.model_folders import CONFIG, TENSORS, weights

PLAIN = {"architectures": ["LlamaForCausalLM"]}


def make(
    folder: Path,
    config: object,
    header: bytes | None = b'{"a": {"shape": [3, 4]}, "__metadata__": {}}',
) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    if header is not None:
        (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    return folder


def test_a_model_is_described_without_loading_it(tmp_path: Path) -> None:
    model = read_model(make(tmp_path, PLAIN), "m")
    assert (model.parameters, model.architecture) == (12, "LlamaForCausalLM")
    assert (model.shape, model.has_template, model.can_export) == (None, False, True)


def test_the_starter_says_everything_that_an_estimate_needs() -> None:
    model = read_model(STARTER, "starter")
    shape = model.shape
    assert shape is not None
    assert (shape.layers, shape.hidden_size, shape.heads, shape.kv_heads) == (4, 256, 4, 4)
    assert (shape.vocab_size, shape.has_tied_embeddings, shape.context_tokens) == (2560, True, 512)
    assert (model.dtype, model.has_template) == ("float32", True)
    assert model.bytes == (STARTER / "model.safetensors").stat().st_size
    assert shape.parameters < model.parameters < shape.parameters * 1.001


@pytest.mark.parametrize(
    ("config", "header", "code"),
    [
        (
            {**PLAIN, "auto_map": {"AutoModelForCausalLM": "modeling_x.X"}},
            b"{}",
            "model.runs_code",
        ),
        ({**PLAIN, "_attn_implementation_internal": "evil/kernel"}, b"{}", "model.runs_code"),
        ({**PLAIN, "quantization_config": {"quant_method": "gptq"}}, b"{}", "model.is_quantised"),
        (PLAIN, None, "model.no_safetensors"),
        ({}, b"{}", "model.unreadable"),
        ([], b"{}", "model.unreadable"),
        (PLAIN, b"not json", "model.unreadable"),
        (PLAIN, b'{"a": 3}', "model.unreadable"),
        (PLAIN, b"\xff\xfe", "model.unreadable"),
    ],
)
def test_a_dangerous_or_broken_model_is_refused(
    tmp_path: Path, config: object, header: bytes | None, code: str
) -> None:
    with pytest.raises(StudioError) as caught:
        read_model(make(tmp_path, config, header), "m")
    assert caught.value.code == code


def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path) -> None:
    make(tmp_path, PLAIN)
    (tmp_path / "model.safetensors").write_bytes((2**60).to_bytes(8, "little"))
    with pytest.raises(StudioError, match=r"model\.unreadable"):
        read_model(tmp_path, "m")


def test_a_shared_table_that_is_stored_twice_counts_once(tmp_path: Path) -> None:
    make(tmp_path, CONFIG)
    twice = {**TENSORS, "lm_head.weight": [32, 8]}
    (tmp_path / "model.safetensors").write_bytes(weights(twice))
    model = read_model(tmp_path, "m")
    assert (model.parameters, model.dtype) == (32 * 8 + 100 * 100, "bfloat16")


def test_only_the_weights_that_the_index_names_are_counted(tmp_path: Path) -> None:
    make(tmp_path, CONFIG, None)
    for name in ("model-00001-of-00002", "model-00002-of-00002", "consolidated"):
        (tmp_path / f"{name}.safetensors").write_bytes(weights({name: [10, 10]}))
    named = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": named}))
    assert read_model(tmp_path, "m").parameters == 200


@pytest.mark.parametrize(
    "index",
    [{"weight_map": {"a": "../../secret"}}, {"weight_map": {"a": "/etc/passwd"}}, {"weight_map": 3}, [], {}],
)  # fmt: skip
def test_an_index_that_leads_elsewhere_is_refused(tmp_path: Path, index: object) -> None:
    make(tmp_path, CONFIG)
    (tmp_path / INDEX).write_text(json.dumps(index))
    with pytest.raises(StudioError, match=r"model\.unreadable"):
        read_model(tmp_path, "m")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ x }}", True),
        ([{"name": "default", "template": "{{ x }}"}], True),
        (None, False),
        ("", False),
        ([{"name": "../../evil", "template": "{{ x }}"}], "model.unreadable"),
        ([{"name": "a/b", "template": "{{ x }}"}], "model.unreadable"),
        ([3], "model.unreadable"),
    ],
)
def test_templates_are_told_and_their_names_stay_in_the_folder(
    tmp_path: Path, template: object, expected: bool | str
) -> None:
    make(tmp_path, PLAIN)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    try:
        found: bool | str = read_model(tmp_path, "m").has_template
    except StudioError as error:
        found = error.code
    assert found == expected


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"architectures": ["MambaForCausalLM"]}, "model.unsupported"),
        ({"architectures": ["Mine"], "auto_map": {"AutoConfig": "x.X"}}, "model.runs_code"),
        ({"architectures": []}, "model.unreadable"),
        ({"architectures": None}, "model.unreadable"),
        ({**CONFIG, "_attn_implementation": "evil/kernel"}, "model.runs_code"),
        ({**CONFIG, "quantization_config": {"bits": 4}}, "model.is_quantised"),
    ],
)
def test_a_model_of_the_hub_is_judged_by_its_configuration(
    config: dict[str, Any], code: str
) -> None:
    with pytest.raises(StudioError) as caught:
        judge_config(config, "a/b")
    assert caught.value.code == code


def test_a_pointer_to_code_is_dropped_where_transformers_has_the_architecture() -> None:
    phi = {**CONFIG, "architectures": ["Phi3ForCausalLM"], "auto_map": {"AutoConfig": "x.X"}}
    assert disarm(phi) == {**CONFIG, "architectures": ["Phi3ForCausalLM"]}
    assert judge_config(phi, "a/b")[0] == "Phi3ForCausalLM"
