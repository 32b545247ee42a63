"""What was learned as a small GGUF file: put on its base, by us and by llama.cpp, it answers as the training does."""

from pathlib import Path

import pytest
import torch

from studio.domain.watching import Unwatched
from studio.errors import StudioError
from studio.worker.gguf_adapter import write_adapter
from studio.worker.proving import ask, prove_adapter, prove_gguf_adapter
from tests.worker.gguf_tried import llama_cpp, log_probabilities, write
from tests.worker.test_proving import make_run, rows, short_answers  # noqa: F401  fixtures
from tests.worker.tiny_families import FAMILY_MODELS, give_adapter

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
PROMPTS = [list(range(first, first + 30)) for first in range(5, 65, 12)]


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma2", "phi3"])
def test_it_is_what_was_trained(family: str, tmp_path: Path, rows: Path) -> None:  # noqa: F811
    run = make_run(family, tmp_path, rows)
    assert run.adapter is not None
    said = ask(run, Unwatched())
    write_adapter("tiny", run.base, run.adapter, tmp_path / "adapter.gguf")
    as_gguf = prove_gguf_adapter(run, said, tmp_path / "adapter.gguf", Unwatched())
    as_stored = prove_adapter(run, said, run.adapter, Unwatched())
    assert as_gguf.shortfalls("adapter_gguf") == as_stored.shortfalls("adapter") == []


def test_llama_cpp_puts_rslora_on_a_base_as_peft_does(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    base = FAMILY_MODELS["llama"].make(tmp_path / "base", spread=0.1)
    live = give_adapter(base, tmp_path / "adapter", use_rslora=True).eval()
    write_adapter("tiny", base, tmp_path / "adapter", tmp_path / "adapter.gguf")
    with torch.no_grad():
        wanted = live(input_ids=torch.tensor(PROMPTS)).logits[:, -1].log_softmax(-1)
    compared = 0
    with llama_cpp(write(base, tmp_path / "base.gguf"), tmp_path / "adapter.gguf") as server:
        for ids, row in zip(PROMPTS, wanted, strict=True):
            found = log_probabilities(server, ids, int(live.config.vocab_size))
            if found is not None:
                compared += 1
                assert float((row.exp() * (row - found)).sum()) < 1e-5
    assert compared


def test_what_llama_cpp_would_pass_over_is_refused(tmp_path: Path) -> None:
    base = FAMILY_MODELS["qwen2"].make(tmp_path / "base")
    give_adapter(base, tmp_path / "adapter", use_dora=True)
    with pytest.raises(StudioError, match=r"export\.gguf_unsupported"):
        write_adapter("tiny", base, tmp_path / "adapter", tmp_path / "adapter.gguf")
