"""A base model in memory, once, with everything that was learned on it: the columns of the playground share it."""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from studio.worker.learned import Learned, read_learned
from studio.worker.loading import end_of_turn_ids
from studio.worker.shared_linear import Seats, share_linears

MOST_ADAPTERS = 16


class SharedBase:
    """Owns the weights of one model and the adapters that were trained on it, by their folders.

    What is computed depends on the rows' names alone; nothing is switched on or off between two answers.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self.parameters = model.num_parameters()
        self.stop_ids = end_of_turn_ids(model, tokenizer)
        self.seats = Seats()
        self.linears = share_linears(model, self.seats)
        self.model = model
        self.learned: dict[str, Learned] = {}

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def most_tokens(self) -> int:
        """Give the tokens that a conversation with its answer may have."""
        return int(self.model.config.max_position_embeddings)

    def has(self, folder: Path) -> bool:
        """Tell whether an adapter is in memory."""
        return str(folder) in self.learned

    def attach(self, folder: Path) -> None:
        """Bring an adapter into memory; the one that came first leaves when there are too many.

        Raises:
            StudioError: see `read_learned`.
        """
        name = str(folder)
        learned = read_learned(folder, {n: shared.inner for n, shared in self.linears.items()})
        if len(self.learned) >= MOST_ADAPTERS:
            self.detach(next(iter(self.learned)))
        for layer, part in learned.parts.items():
            self.linears[layer].parts[name] = part
        for layer, factors in learned.before.items():
            self.linears[layer].before[name] = factors
        self.learned[name] = learned

    def detach(self, name: str) -> None:
        """Take an adapter out of memory."""
        del self.learned[name]
        for shared in self.linears.values():
            shared.parts.pop(name, None)
            shared.before.pop(name, None)

    def seat(self, names: Sequence[str | None]) -> None:
        """Say what each row of the coming batch answers with; rows of one adapter stand together."""
        spans: list[tuple[int, int, str]] = []
        for row, name in enumerate(names):
            if name is None:
                continue
            if spans and spans[-1][2] == name:
                spans[-1] = (spans[-1][0], row + 1, name)
            else:
                spans.append((row, row + 1, name))
        self.seats.spans = spans

    def forward(
        self, inputs: dict[str, torch.Tensor], cache: DynamicCache, kept: int = 1
    ) -> torch.Tensor:
        """Give the logits (rows, kept, words) of the last `kept` places of each row."""
        return self.model(
            **inputs, past_key_values=cache, use_cache=True, logits_to_keep=kept
        ).logits
