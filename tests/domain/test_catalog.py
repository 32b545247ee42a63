"""What a model's folder may say, and what makes it refused."""

import json
from pathlib import Path

import pytest

from studio.domain.catalog import read_model
from studio.errors import StudioError

CONFIG = {"architectures": ["LlamaForCausalLM"]}


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
    model = read_model(make(tmp_path, CONFIG), "m")
    assert (model.parameters, model.architecture) == (12, "LlamaForCausalLM")


@pytest.mark.parametrize(
    ("config", "header", "code"),
    [
        (
            {**CONFIG, "auto_map": {"AutoModelForCausalLM": "modeling_x.X"}},
            b"{}",
            "model.runs_code",
        ),
        ({**CONFIG, "_attn_implementation_internal": "evil/kernel"}, b"{}", "model.runs_code"),
        (CONFIG, None, "model.no_safetensors"),
        ({}, b"{}", "model.unreadable"),
        ([], b"{}", "model.unreadable"),
        (CONFIG, b"not json", "model.unreadable"),
        (CONFIG, b'{"a": 3}', "model.unreadable"),
        (CONFIG, b"\xff\xfe", "model.unreadable"),
    ],
)
def test_a_dangerous_or_broken_model_is_refused(
    tmp_path: Path, config: object, header: bytes | None, code: str
) -> None:
    with pytest.raises(StudioError) as caught:
        read_model(make(tmp_path, config, header), "m")
    assert caught.value.code == code


def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path) -> None:
    make(tmp_path, CONFIG)
    (tmp_path / "model.safetensors").write_bytes((2**60).to_bytes(8, "little"))
    with pytest.raises(StudioError, match=r"model\.unreadable"):
        read_model(tmp_path, "m")
