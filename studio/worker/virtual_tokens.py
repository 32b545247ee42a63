"""Where prefix and prompt tuning begin: at words of the examples, taken in as the model takes in any words.

Zeros or word pieces drawn at random learn next to nothing here (docs/measurements.md, "Methods").
"""

from itertools import chain, cycle, islice
from random import Random
from typing import Any

import torch
from peft import PeftModel, PeftType, initialize_kv_prefix_from_past_key_values
from transformers import DynamicCache

from studio.worker.lesson import Rows


def begin_at_examples(model: PeftModel, rows: Rows, seed: int) -> None:
    """Set the virtual tokens to the beginning of some examples, put one behind the other.

    For prompt tuning these are the pieces' embeddings, for prefix tuning what each layer remembers of them.
    Source: https://arxiv.org/abs/2101.00190, section 7.4.
    """
    config: Any = model.active_peft_config
    ids = first_pieces(rows, config.num_virtual_tokens, seed)
    base: Any = model.get_base_model()
    words = torch.tensor([ids], device=base.device)
    with torch.no_grad():
        if config.peft_type is PeftType.PREFIX_TUNING:
            # A cache without the model's own settings forgets nothing behind a sliding window.
            seen = base(input_ids=words, past_key_values=DynamicCache(), use_cache=True)
            layers = [(layer.keys, layer.values) for layer in seen.past_key_values.layers]
            initialize_kv_prefix_from_past_key_values(model, past_key_values=layers)
        else:
            encoder: Any = model.prompt_encoder[str(model.active_adapter)]
            encoder.embedding.weight.copy_(base.get_input_embeddings()(words)[0])


def first_pieces(rows: Rows, count: int, seed: int) -> list[int]:
    """Give the first `count` token ids of examples in an order of their own; from the start again where they are few."""
    order = Random(seed).sample(rows, len(rows))  # noqa: S311  # the choice of words
    pieces = chain.from_iterable(row["input_ids"] for row in order)
    return list(islice(cycle(pieces), count))
