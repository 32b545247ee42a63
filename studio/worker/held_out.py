"""How well a model guesses what was held out, as the trainer counts it."""

from pathlib import Path

import torch
from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from studio.domain.proof import Guesses
from studio.domain.recipe import Recipe
from studio.domain.records import read_rows
from studio.domain.watching import Watch, report
from studio.errors import StudioError
from studio.worker.chunking import chunks_of
from studio.worker.fitting import Limit, fit_row
from studio.worker.rendering import IGNORED

MOST_ROWS = 64
STAGE = "comparing"

Tokens = list[tuple[list[int], list[int]]]
"""Token ids and labels of examples."""


def held_out_tokens(tokenizer: PreTrainedTokenizerBase, path: Path, recipe: Recipe) -> Tokens:
    """Give held-out examples as the trainer takes them; none where there is no file."""
    if not path.exists():
        return []
    if recipe.is_in_chunks:
        chunks, _ = chunks_of(tokenizer, path, recipe.training)
        return [(chunk["input_ids"], chunk["labels"]) for chunk in chunks[:MOST_ROWS]]
    found: Tokens = []
    for row in read_rows(path):
        try:
            fitted = fit_row(tokenizer, row, Limit.of(recipe.training))
        except StudioError:
            # What this template cannot write was not learned either.
            continue
        found += [(piece.input_ids, piece.labels) for pieces in fitted.pieces for piece in pieces]
        if len(found) >= MOST_ROWS:
            break
    return found[:MOST_ROWS]


@torch.inference_mode()
def guess(model: PreTrainedModel | PeftModel, rows: Tokens, watch: Watch) -> Guesses:
    """Give the mean loss of the learned tokens, and the share of them that are the model's first choice.

    Raises:
        Cancelled: the work was called off.
    """
    total = count = right = 0.0
    for place, (ids, labels) in enumerate(rows):
        report(watch, STAGE, place, len(rows))
        logits = model(input_ids=torch.tensor([ids], device=model.device)).logits
        # Made-up word pieces that were learned stand in front.
        logits = logits[0, -len(ids) : -1].float()
        wanted = torch.tensor(labels[1:], device=logits.device)
        total += float(nn.functional.cross_entropy(logits, wanted, reduction="sum"))
        is_learned = wanted != IGNORED
        count += int(is_learned.sum())
        right += int((logits.argmax(dim=1) == wanted)[is_learned].sum())
    return Guesses(total / max(1.0, count), right / max(1.0, count))
