"""What every test stands on: a home of its own, no network, and a tiny model made on the spot."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from studio.services.datasets import DatasetLibrary
from studio.services.workspace import Workspace, open_workspace
from studio.settings import Home, Settings
from tests.fake_hub import FakeHub

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104  refused addresses, nothing is bound

# ChatML, with the assistant's words between generation marks.
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ m['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@pytest.fixture(scope="session")
def brought_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a home's data sets with the samples in it; importing them once is enough."""
    home = Home(tmp_path_factory.mktemp("samples") / "home").create()
    DatasetLibrary(home).bring_samples()
    return home.datasets


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brought_samples: Path) -> Home:
    """Give each test its own home; no test can touch the developer's."""
    root = tmp_path / "home"
    shutil.copytree(brought_samples, root / "datasets")
    monkeypatch.setenv("STUDIO_HOME", str(root))
    for name in (
        "STUDIO_PASSWORD", "STUDIO_ALLOWED_HOSTS", "STUDIO_MODELS", "HF_TOKEN", "HF_ENDPOINT",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return Home(root)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test wanted to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """Give a Hub of the test's own; the environment names it."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with FakeHub(tmp_path / "hub") as opened:
        monkeypatch.setenv("HF_ENDPOINT", opened.endpoint)
        yield opened
    huggingface_hub.close_session()


@pytest.fixture
def workspace(home: Home) -> Iterator[Workspace]:
    """Give the services of the test's home."""
    opened = open_workspace(Settings.from_env())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a Llama of 0.1 M random weights with a byte-level tokenizer: no download, loads in no time."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch  # noqa: PLC0415  only tests that ask for a model pay for torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: PLC0415
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: PLC0415

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    inner = Tokenizer(
        models.BPE(vocab={token: i for i, token in enumerate(special + letters)}, merges=[])
    )
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=special[2],
        pad_token=special[0],
        additional_special_tokens=special[1:2],
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("models") / "tiny"
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
