"""An embedding model, where there is one, finds passages in the place of the base model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from studio.services.models import ModelLibrary
from studio.worker.answering import Answerer, Column
from studio.worker.embedding import EmbeddingModel
from studio.worker.finding import Library
from studio.worker.generating import Choice
from studio.worker.residents import Voice
from tests.worker.test_finding import FACTS, put

# The libraries below the worker warn about one another; those warnings are theirs to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("default")]
WORDS = sorted({word for fact in FACTS for word in fact.strip(".").split()})


@pytest.fixture
def embedder(tmp_path: Path) -> Path:
    """Give a folder with a tiny embedding model of random weights."""
    folder = tmp_path / "models" / "tiny-embedder"
    vocabulary = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}  # fmt: skip
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106  a word
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(tokenizer_object=words).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
    )
    BertModel(config).save_pretrained(folder)
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    return folder


def pool(folder: Path, **pooling: bool) -> EmbeddingModel:
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    return EmbeddingModel(folder)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Path) -> None:
    for kind in ("cls_token", "lasttoken", "mean_tokens"):
        model = pool(embedder, **{f"pooling_mode_{kind}": True})
        together = model.embed(FACTS)
        assert np.allclose(model.embed(FACTS[3:4])[0], together[3], atol=1e-5)


def test_what_the_model_wants_before_a_question_is_put_there(embedder: Path) -> None:
    prompts = {"prompts": {"query": "library ", "document": ""}}
    (embedder / "config_sentence_transformers.json").write_text(json.dumps(prompts), "utf-8")
    model = EmbeddingModel(embedder)
    asked = model.embed(["books"], is_question=True)
    assert np.allclose(asked, model.embed(["library books"]), atol=1e-6)


def test_documents_are_read_by_the_embedding_model_that_is_there(
    embedder: Path, tiny_model: Path, tmp_path: Path
) -> None:
    assert ModelLibrary(embedder.parent).embedder() == embedder
    assert ModelLibrary(None).embedder() is None
    told: list[dict[str, Any]] = []
    library = Library(put(tmp_path / "documents", FACTS), embedder)
    turn = [{"role": "user", "content": "The theatre plays in English."}]
    column = Column(0, Voice(tiny_model, None), turn, Choice(max_new_tokens=2), library)
    answerer = Answerer()
    answerer.answer([column], lambda **update: told.append(update), lambda: False)
    (given,) = (update["passages"] for update in told if "passages" in update)
    assert given[0]["text"] == FACTS[9]
    (kept,) = library.folder.glob("*.npy")
    assert np.load(kept, allow_pickle=False).shape == (10, 32)
