"""Write tiny GGUF files, read them back, and ask llama.cpp what it makes of them."""

import importlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGUFReader, dequantize

from studio.domain.watching import Unwatched
from studio.worker.gguf_file import open_model, write_gguf
from studio.worker.gguf_numbers import FORMATS
from studio.worker.merging import open_weights


def write(
    base: Path, file: Path, adapter: Path | None = None, form: str = "f16", name: str = "tiny"
) -> Path:
    """Convert the model in `base`."""
    weights = open_weights(base, adapter)
    write_gguf(open_model(name, base, base, weights), file, FORMATS[form], Unwatched())
    return file


class Read:
    """A GGUF file, read back."""

    def __init__(self, file: Path) -> None:
        self.reader = GGUFReader(file)

    def __getitem__(self, key: str) -> Any:
        field = self.reader.get_field(key)
        return None if field is None else field.contents()

    def tensor(self, name: str) -> torch.Tensor:
        found = next(one for one in self.reader.tensors if one.name == name)
        values = dequantize(np.array(found.data), found.tensor_type)
        return torch.from_numpy(values.reshape(tuple(reversed(found.shape.tolist()))).copy())

    def types(self) -> dict[str, str]:
        return {one.name: one.tensor_type.name for one in self.reader.tensors}


@contextmanager
def llama_cpp(file: Path, adapter: Path | None = None) -> Generator[Any]:
    """Give llama.cpp's server with a file in it, and an adapter on that."""
    # Not on every machine, and compiled: nothing here knows what is in it.
    xllamacpp: Any = importlib.import_module("xllamacpp")
    asked = xllamacpp.CommonParams()
    asked.model.path = str(file)
    asked.n_ctx, asked.n_parallel, asked.cpuparams.n_threads = 512, 1, 1
    asked.warmup, asked.verbosity = False, -1
    asked.cache_type_k = asked.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    asked.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if adapter is not None:
        asked.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    yield xllamacpp.Server(asked)


def log_probabilities(server: Any, ids: list[int], words: int) -> torch.Tensor | None:
    """Give llama.cpp's log probabilities of what follows; None where it says nothing that is a text."""
    answer = server.handle_completions(
        {"prompt": ids, "n_predict": 1, "temperature": 0, "n_probs": words}
    )
    told = answer["choices"][0]["logprobs"]
    if told is None:
        return None
    found = torch.full((words,), -torch.inf)
    for one in told["content"][0]["top_logprobs"]:
        found[one["id"]] = one["logprob"]
    return found
