"""Write the answers of several rows in one batch, word piece by word piece.

Every row has its own way to choose (`Choice`) and its own random numbers, so that what a row says depends on nothing but
itself; a row that has ended leaves the batch.

Shapes: prompts are left-padded to (rows, tokens); a mask is 1 where a row has something to look at; each step gives
logits (rows, words).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache, TemperatureLogitsWarper, TopPLogitsWarper

from studio.worker.learned import Learned
from studio.worker.shared_base import SharedBase

# Sixteen-bit numbers that differ by less than so many of their smallest steps come out in either order.
TIE_STEPS = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """How to choose the next word piece; temperature 0 takes the likeliest."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 200
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A row: the tokens of a conversation, the adapter that answers (None: the base itself), and how it chooses."""

    tokens: Sequence[int]
    adapter: str | None
    choice: Choice


@dataclass(frozen=True, slots=True)
class Said:
    """A row's next token. `is_tie`: another one was as likely, as far as these numbers can tell."""

    row: int
    token: int
    is_tie: bool = False


def generate(base: SharedBase, asked: Sequence[Asked]) -> Iterator[list[Said]]:
    """Give what each row says next, step by step, until all have ended; a row's last token may be an end mark.

    Raises:
        Stopped: where `base.seats.is_stopped` says so, within a fraction of a step.
    """
    # Rows of one adapter stand together, so that its part of a layer is computed once for all of them.
    rows = sorted(range(len(asked)), key=lambda row: asked[row].adapter or "")
    draws = [torch.Generator(base.device).manual_seed(one.choice.seed) for one in asked]
    said = [0] * len(asked)
    batch = Batch(base, [asked[row] for row in rows])
    logits = batch.begin()[:, -1]
    while True:
        tokens = [pick(logits[at], asked[row].choice, draws[row]) for at, row in enumerate(rows)]
        ties = find_ties(logits, base.model.dtype)
        yield [Said(row, token, tie) for row, token, tie in zip(rows, tokens, ties, strict=True)]
        going: list[int] = []
        for at, row in enumerate(rows):
            said[row] += 1
            if tokens[at] not in base.stop_ids and said[row] < asked[row].choice.max_new_tokens:
                going.append(at)
        if not going:
            return
        if len(going) < len(rows):
            batch.keep(going)
            rows, tokens = [rows[at] for at in going], [tokens[at] for at in going]
        logits = batch.go_on(tokens)


class Batch:
    """The rows that still speak, with what the model keeps of their words."""

    def __init__(self, base: SharedBase, asked: Sequence[Asked]) -> None:
        self.base = base
        self.asked = list(asked)
        self.cache = DynamicCache(config=base.model.config)
        self.learned = [
            base.learned[one.adapter] if one.adapter else Learned() for one in self.asked
        ]
        self.mask = torch.empty(0)

    @torch.inference_mode()
    def begin(self, kept: int = 1) -> torch.Tensor:
        """Read the prompts, and give the logits (rows, kept, words) behind each of the last `kept` tokens."""
        lead = put_prefixes(self.cache, self.learned, self.base)
        inputs, mask = lay_out(self.base, self.asked, self.learned)
        self.mask = torch.cat([lead, mask], dim=1)
        places = (self.mask.cumsum(dim=1) - 1).clamp(min=0)
        return self._forward({**inputs, "position_ids": places[:, lead.shape[1] :]}, kept)

    @torch.inference_mode()
    def go_on(self, tokens: Sequence[int]) -> torch.Tensor:
        """Give the logits (rows, words) of what follows these next tokens, one a row."""
        ids = torch.tensor(tokens, device=self.base.device).unsqueeze(1)
        self.mask = torch.cat([self.mask, torch.ones_like(ids)], dim=1)
        places = self.mask.sum(dim=1, keepdim=True) - 1
        return self._forward({"input_ids": ids, "position_ids": places}, 1)[:, -1]

    def keep(self, rows: Sequence[int]) -> None:
        """Let the other rows go."""
        self.asked = [self.asked[row] for row in rows]
        chosen = torch.tensor(rows, device=self.base.device)
        self.mask = self.mask[chosen]
        self.cache.batch_select_indices(chosen)

    def _forward(self, inputs: dict[str, torch.Tensor], kept: int) -> torch.Tensor:
        self.base.seat([one.adapter for one in self.asked])
        if not bool(self.mask.all()):
            inputs["attention_mask"] = self.mask
        return self.base.forward(inputs, self.cache, kept).float()


def lay_out(
    base: SharedBase, asked: Sequence[Asked], learned: Sequence[Learned]
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Give the model's inputs and their mask (rows, tokens); generation goes on at the right edge."""
    heads = [0 if one.embedded is None else one.embedded.shape[0] for one in learned]
    lengths = [len(one.tokens) + head for one, head in zip(asked, heads, strict=True)]
    width = max(lengths)
    # What stands in front of a row is never looked at, so any token will do.
    padded = [[0] * (width - len(one.tokens)) + list(one.tokens) for one in asked]
    ids = torch.tensor(padded, device=base.device)
    shown = [[0] * (width - length) + [1] * length for length in lengths]
    mask = torch.tensor(shown, device=base.device)
    if not any(heads):
        return {"input_ids": ids}, mask
    words = base.model.get_input_embeddings()(ids)
    for row, one in enumerate(learned):
        if one.embedded is not None:
            start = width - lengths[row]
            words[row, start : start + heads[row]] = one.embedded.to(words.dtype)
    return {"inputs_embeds": words}, mask


def put_prefixes(cache: DynamicCache, learned: Sequence[Learned], base: SharedBase) -> torch.Tensor:
    """Put what prefix tuning has learned in front of the rows that have it; give the mask (rows, tokens) of that."""
    tensors = [one.prefix for one in learned]
    width = max((one.shape[3] for one in tensors if one is not None), default=0)
    mask = torch.zeros(len(learned), width, dtype=torch.long, device=base.device)
    first = next((one for one in tensors if one is not None), None)
    if first is None:
        return mask
    layers, _, heads, _, size = first.shape
    # Of every layer its keys and its values: (2, rows, heads, tokens, width).
    filled = torch.zeros(
        layers, 2, len(learned), heads, width, size, dtype=base.model.dtype, device=base.device
    )
    for row, prefix in enumerate(tensors):
        if prefix is not None:
            filled[:, :, row, :, width - prefix.shape[3] :] = prefix.to(filled.dtype)
            mask[row, width - prefix.shape[3] :] = 1
    for layer in range(layers):
        cache.update(filled[layer, 0], filled[layer, 1], layer)
    return mask


def pick(logits: torch.Tensor, choice: Choice, draw: torch.Generator) -> int:
    """Choose a row's next token from its logits (words,)."""
    if choice.temperature == 0:
        return int(logits.argmax())
    scores = TemperatureLogitsWarper(choice.temperature)(None, logits.unsqueeze(0))
    if choice.top_p < 1:
        scores = TopPLogitsWarper(choice.top_p)(None, scores)
    return int(torch.multinomial(scores.softmax(dim=-1)[0], 1, generator=draw))


def find_ties(logits: torch.Tensor, dtype: torch.dtype) -> list[bool]:
    """Tell for which rows the two likeliest tokens come out in either order, by chance of rounding.

    In float32 the order of a sum moves a logit by a millionth, which decides nothing; 16-bit numbers have steps of a
    hundredth and more.
    """
    if dtype == torch.float32:
        return [False] * logits.shape[0]
    first, second = logits.topk(2, dim=-1).values.unbind(dim=-1)
    return (first - second <= TIE_STEPS * torch.finfo(dtype).eps * first.abs()).tolist()
