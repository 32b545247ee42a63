"""What a base model's folder says about itself, and whether the studio may load it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.domain.architectures import ARCHITECTURES
from studio.domain.model_shape import ModelShape, read_shape
from studio.domain.weights import read_json, read_weights
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError

# Keys that make a configuration run or fetch other people's code (05-security: CVE-2026-4372, `auto_map`).
CODE_KEYS = ("auto_map", "custom_pipelines")
CODE_KEY_START = "_attn_implementation"
# transformers saves templates under these names.
TEMPLATE_NAME = re.compile(r"[\w-]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A base model on this disk. `prompts` are questions that it answers well, by language.

    `bytes` and `dtype` are those of its weights as they are stored; `shape` is None where its configuration does not say.
    `revision` is the commit that a model of the Hub was downloaded at.
    """

    id: str
    name: str
    path: Path
    parameters: int
    architecture: str
    prompts: dict[str, list[str]] = field(default_factory=dict)
    shape: ModelShape | None = None
    dtype: str = ""
    bytes: int = 0
    has_template: bool = False
    revision: str = ""

    @property
    def is_supported(self) -> bool:
        """Tell whether the studio knows this kind of model."""
        return self.architecture in ARCHITECTURES

    @property
    def can_export(self) -> bool:
        """Tell whether it can be written as GGUF, once it is tuned."""
        return self.is_supported and ARCHITECTURES[self.architecture].can_export


def read_model(path: Path, model_id: str, revision: str = "") -> ModelInfo:
    """Describe the model in folder `path` without loading it.

    Raises:
        StudioError: `model.unreadable`, `model.runs_code`, `model.is_quantised`, `model.no_safetensors`.
    """
    try:
        config = read_json(path / "config.json")
        architecture = name_architecture(config)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error
    check_config(config, model_id)
    shape = read_shape(config, architecture)
    is_tied = shape is not None and shape.has_tied_embeddings
    weights = read_weights(path, model_id, has_tied_embeddings=is_tied)
    prompts_file = path / "prompts.yaml"
    listed = parse_yaml(prompts_file.read_text(encoding="utf-8")) if prompts_file.exists() else {}
    return ModelInfo(
        id=model_id,
        name=model_id,
        path=path,
        parameters=weights.parameters,
        architecture=architecture,
        prompts={lang: [item["prompt"] for item in items] for lang, items in listed.items()},
        shape=shape,
        dtype=weights.dtype,
        bytes=weights.bytes,
        has_template=has_template(path, model_id),
        revision=revision,
    )


def name_architecture(config: dict[str, Any]) -> str:
    """Give the class that a configuration names."""
    return str(config["architectures"][0])


def code_keys(config: dict[str, Any]) -> list[str]:
    """Give the keys of a configuration that would run or fetch somebody's code."""
    return [key for key in config if key in CODE_KEYS or key.startswith(CODE_KEY_START)]


def check_config(config: dict[str, Any], model_id: str) -> None:
    """See to it that a configuration asks for no code and names weights that can be learned on.

    Raises:
        StudioError: `model.runs_code`, `model.is_quantised`.
    """
    if keys := code_keys(config):
        raise StudioError("model.runs_code", id=model_id, keys=", ".join(keys)[:200])
    if config.get("quantization_config"):
        raise StudioError("model.is_quantised", id=model_id)


def disarm(config: dict[str, Any]) -> dict[str, Any]:
    """Give a configuration without the pointer to code of its own, where transformers has that very architecture.

    Phi-3 and its like still carry the pointer from the days before transformers knew them.
    """
    try:
        is_known = name_architecture(config) in ARCHITECTURES
    except (LookupError, TypeError):
        is_known = False
    return {key: config[key] for key in config if not (is_known and key == "auto_map")}


def judge_config(config: dict[str, Any], model_id: str) -> tuple[str, ModelShape | None]:
    """Give architecture and measures of a model of the Hub, if the studio would take it.

    Raises:
        StudioError: `model.unreadable`, `model.unsupported`, `model.runs_code`, `model.is_quantised`.
    """
    config = disarm(config)
    try:
        architecture = name_architecture(config)
    except (LookupError, TypeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error
    check_config(config, model_id)
    if architecture not in ARCHITECTURES:
        raise StudioError("model.unsupported", id=model_id, architecture=architecture[:80])
    return architecture, read_shape(config, architecture)


def has_template(path: Path, model_id: str) -> bool:
    """Tell whether a model's folder brings a chat template.

    Raises:
        StudioError: `model.unreadable`, also where a template's name could lead out of a folder when it is saved.
    """
    if (path / "chat_template.jinja").exists():
        return True
    settings = path / "tokenizer_config.json"
    try:
        template = read_json(settings).get("chat_template") if settings.exists() else None
        if isinstance(template, list):
            # Saved again as files of these names (CVE-2026-9856).
            if not all(TEMPLATE_NAME.fullmatch(one["name"]) for one in template):
                raise ValueError("the name of a template is not one")
            return bool(template)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StudioError("model.unreadable", id=model_id) from error
    return bool(template)
