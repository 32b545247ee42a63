"""Read a GGUF file of ours back: its numbers into a model, its words and its template as they were written."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGUFReader, dequantize, get_tensor_name_map
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from studio.errors import StudioError
from studio.worker.gguf_shape import FAMILIES, restore
from studio.worker.templates import fill

ENDS = (".weight", ".bias")
CONVERSATIONS: list[list[dict[str, Any]]] = [
    [{"role": "user", "content": "a {{ x }} <b> \u4f60\u597d"}],
    [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ],
]


class GgufFile:
    """An open file; its numbers are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        self.reader = GGUFReader(path)
        self.tensors = {one.name: one for one in self.reader.tensors}

    def value(self, key: str) -> Any:
        """Give what the file says; None where it says nothing."""
        field = self.reader.get_field(key)
        return None if field is None else field.contents()

    def word(self, key: str) -> str | None:
        """Give the token whose number the file says."""
        number = self.value(key)
        return None if number is None else self.value("tokenizer.ggml.tokens")[number]

    def numbers(self, name: str) -> torch.Tensor:
        """Give a tensor in float32."""
        found = self.tensors[name]
        values = dequantize(np.asarray(found.data), found.tensor_type)
        shape = tuple(reversed(found.shape.tolist()))
        return torch.from_numpy(np.array(values.reshape(shape), dtype=np.float32))

    def template_fills_as(self, tokenizer: PreTrainedTokenizerBase) -> bool:
        """Tell whether the file's template writes what the tokenizer's does."""
        stored, own = self.value("tokenizer.chat_template"), tokenizer.chat_template
        wanted = [fill(tokenizer, turns, is_prompt=True) for turns in CONVERSATIONS]
        try:
            tokenizer.chat_template = stored
            return [fill(tokenizer, turns, is_prompt=True) for turns in CONVERSATIONS] == wanted
        finally:
            tokenizer.chat_template = own


def put_weights(model: PreTrainedModel, file: GgufFile) -> None:
    """Give a model every number of a file, in the place of its own.

    Raises:
        StudioError: `export.gguf_incomplete` where the file lacks one.
    """
    config = model.config
    names = get_tensor_name_map(FAMILIES[config.model_type].arch, config.num_hidden_layers)
    # A shared table of words is listed once.
    for name, parameter in model.named_parameters():
        stored = names.get_name(name, ENDS)
        if stored is None or stored not in file.tensors:
            raise StudioError("export.gguf_incomplete", name=name)
        numbers = restore(name, file.numbers(stored), config)
        with torch.no_grad():
            parameter.copy_(numbers.to(parameter.dtype))
