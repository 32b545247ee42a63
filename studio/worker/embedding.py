"""Texts as vectors: by an embedding model where there is one, else by what a base model makes of them.

Shapes: states are (texts, tokens, width), vectors (texts, width), each of length 1.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from transformers import AutoModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from studio.worker.shared_base import SharedBase
from studio.worker.shared_linear import Stopped

# A passage is told from others by its beginning; Chinese ones have about as many tokens as letters.
MOST_TOKENS = 256
# Where an embedding model says how its tokens become one vector, and what it wants before a question or a passage.
POOLING, PROMPTS = "1_Pooling/config.json", "config_sentence_transformers.json"
PASSAGE_NAMES = ("passage", "document")


class Embedder(Protocol):
    """Makes vectors of texts. `folder` is that of its weights, `is_even`: unlike texts lie in unlike directions."""

    folder: Path
    is_even: bool

    def embed(self, texts: Sequence[str], *, is_question: bool = False) -> np.ndarray: ...


class BaseStates:
    """The mean of what the last layer of a base model makes of a text's tokens; no weights but the base's own."""

    is_even = False

    def __init__(self, base: SharedBase, folder: Path) -> None:
        self.base = base
        self.folder = folder

    @torch.inference_mode()
    def embed(self, texts: Sequence[str], *, is_question: bool = False) -> np.ndarray:
        """Give a vector for each text.

        Raises:
            Stopped: where nobody waits any more.
        """
        base = self.base
        if base.seats.is_stopped():
            raise Stopped
        longest = min(MOST_TOKENS, base.most_tokens)
        ids, mask = lay_out(base.tokenizer, texts, longest, base.device, is_plain=True)
        base.seat([None] * len(texts))
        read = base.model.base_model(input_ids=ids, attention_mask=mask, use_cache=False)
        return unit(mean(read.last_hidden_state, mask))


class EmbeddingModel:
    """A model that was made for this, in a folder as sentence-transformers writes one."""

    is_even = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        self.model = AutoModel.from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        ).eval()
        self.pooling = read_json(folder / POOLING)
        self.prompts = read_json(folder / PROMPTS).get("prompts") or {}

    @torch.inference_mode()
    def embed(self, texts: Sequence[str], *, is_question: bool = False) -> np.ndarray:
        """Give a vector for each text, as the model's own folder says."""
        names = ("query",) if is_question else PASSAGE_NAMES
        before = next((self.prompts[name] for name in names if name in self.prompts), "")
        asked = [f"{before}{text}" for text in texts]
        ids, mask = lay_out(self.tokenizer, asked, MOST_TOKENS, self.model.device)
        states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        if self.pooling.get("pooling_mode_cls_token"):
            return unit(states[:, 0].float().cpu().numpy())
        if self.pooling.get("pooling_mode_lasttoken"):
            rows = torch.arange(len(texts), device=states.device)
            return unit(states[rows, mask.sum(dim=1) - 1].float().cpu().numpy())
        return unit(mean(states, mask))


def lay_out(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    longest: int,
    device: torch.device,
    *,
    is_plain: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the tokens of texts and their mask, both (texts, tokens); `is_plain` adds no marks around a text."""
    rows = [
        tokenizer(text, add_special_tokens=not is_plain, truncation=True, max_length=longest)[
            "input_ids"
        ]
        or [0]
        for text in texts
    ]
    width = max(map(len, rows))
    ids = [row + [0] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def mean(states: torch.Tensor, mask: torch.Tensor) -> np.ndarray:
    """Give the mean of each text's own tokens."""
    shown = mask.unsqueeze(-1)
    return ((states.float() * shown).sum(dim=1) / shown.sum(dim=1)).cpu().numpy()


def unit(vectors: np.ndarray) -> np.ndarray:
    """Give the vectors with length 1; one of no length stays so."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def read_json(path: Path) -> dict[str, Any]:
    """Give what a file of settings says; nothing where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
