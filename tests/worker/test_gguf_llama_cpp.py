"""What llama.cpp makes of our GGUF files is what transformers makes of the model: numbers, marks and chats, in every family."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from studio.worker.templates import fill, load_tokenizer
from tests.worker.gguf_tried import llama_cpp, log_probabilities, write
from tests.worker.tiny_families import FAMILY_MODELS, give_adapter

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]

PROMPTS = [list(range(first, first + 30)) for first in range(5, 65, 6)]
CHAT: list[dict[str, Any]] = [{"role": "user", "content": "ab  xy, 12 a"}]


@pytest.mark.parametrize("family", FAMILY_MODELS)
def test_a_tuned_model_of_every_family_answers_as_it_did(family: str, tmp_path: Path) -> None:
    base = FAMILY_MODELS[family].make(tmp_path / "base")
    live = give_adapter(base, tmp_path / "adapter").eval()
    file = write(base, tmp_path / "f16.gguf", tmp_path / "adapter")
    words = int(live.config.vocab_size)
    with torch.no_grad():
        logits = live(input_ids=torch.tensor(PROMPTS)).logits[:, -1]
    compared = 0
    with llama_cpp(file) as server:
        for ids, row in zip(PROMPTS, logits.log_softmax(-1), strict=True):
            found = log_probabilities(server, ids, words)
            if found is not None:
                compared += 1
                assert found.argmax() == row.argmax()
                assert float((row.exp() * (row - found)).sum()) < 1e-5
        chat = server.handle_chat_completions(
            {"messages": CHAT, "max_tokens": 12, "temperature": 0}
        )
    assert compared >= 3
    tokenizer = load_tokenizer(base)
    prompt = tokenizer(fill(tokenizer, CHAT, is_prompt=True), add_special_tokens=False)["input_ids"]
    # The template in the file, filled and cut by llama.cpp, gives the very tokens that were trained.
    assert chat["usage"]["prompt_tokens"] == len(prompt)


@pytest.mark.parametrize("form", ["bf16", "q8_0", "q4_k_m", "q5_k_m", "q6_k"])
def test_fewer_bits_stay_close(form: str, tmp_path: Path) -> None:
    wide: dict[str, Any] = {"hidden_size": 256, "intermediate_size": 512, "head_dim": 64}
    base = FAMILY_MODELS["qwen2"].make(tmp_path / "base", spread=0.05, **wide)
    model = AutoModelForCausalLM.from_pretrained(base, use_safetensors=True).eval()
    with torch.no_grad():
        row = model(input_ids=torch.tensor(PROMPTS[:1])).logits[0, -1].log_softmax(-1)
    with llama_cpp(write(base, tmp_path / "file.gguf", form=form)) as server:
        found = log_probabilities(server, PROMPTS[0], int(model.config.vocab_size))
    assert found is not None
    assert float((row.exp() * (row - found)).sum()) < (0.001 if form in ("bf16", "q8_0") else 0.05)
