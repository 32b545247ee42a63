"""Made-up situations: data, models and machines as plans and goals meet them."""

import numpy as np

from studio.domain.catalog_entries import read_catalog
from studio.domain.situation import DataFacts, MachineFacts, ModelFacts, Situation, Speed

LAPTOP = MachineFacts("cpu", "CPU", 2, 16 * 2**30)
SMALL_LAPTOP = MachineFacts("cpu", "CPU", 2, 4 * 2**30)
GPU = MachineFacts("cuda", "GPU", 8, 24 * 2**30)
STARTER = "starter"
HALF = "Qwen/Qwen2.5-0.5B-Instruct"
SEVEN = "Qwen/Qwen2.5-7B-Instruct"


def facts(
    rows: int = 400,
    tokens: int = 100,
    *,
    shape: str = "question-answer",
    labels: int = 0,
    held_out: int = 40,
) -> DataFacts:
    """Give data whose lengths lie between a third and five thirds of `tokens`."""
    lengths = np.linspace(tokens / 3, tokens * 5 / 3, min(rows, 5_000)).astype(np.int64)
    return DataFacts(rows, held_out, lengths, is_measured=True, shape=shape, labels=labels)


def model_facts(model_id: str) -> ModelFacts:
    """Give a model as the catalog describes it."""
    entry = read_catalog().find(model_id)
    assert entry is not None
    return ModelFacts(entry.id, entry.parameters, entry.shape, entry.bytes)


def situation(
    data: DataFacts | None = None,
    model: str = STARTER,
    machine: MachineFacts = LAPTOP,
    speeds: tuple[Speed, ...] = (),
) -> Situation:
    """Give a situation, usual where nothing is said."""
    return Situation(data or facts(), model_facts(model), machine, speeds)
