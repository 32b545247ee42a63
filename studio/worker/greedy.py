"""Let the model that is being trained answer, without a trace: afterwards it trains on as if nothing had been asked.

Shapes: prompts are left-padded to (prompts, tokens); generation gives (prompts, tokens + said).
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from peft import PeftModel
from transformers import (
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
)

from studio.domain.sample_prompts import SamplePrompt
from studio.errors import StudioError
from studio.worker.loading import guard_4_bit_gradients
from studio.worker.rendering import encode_beginning, encode_prompt

if TYPE_CHECKING:
    from transformers._typing import GenerativePreTrainedModel


class Stopper(StoppingCriteria):
    """Stops all answers as soon as somebody says so."""

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        self.is_stopped = is_stopped

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self.is_stopped(), device=input_ids.device)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an answer may be, in tokens, and how long all of them may take together."""

    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; one that has not ended met a limit."""

    text: str
    tokens: int
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Speaker:
    """The model that is being trained, and what it needs to answer; it falls silent when `is_stopped`."""

    model: PreTrainedModel | PeftModel
    tokenizer: PreTrainedTokenizerBase
    stop_ids: Sequence[int]
    is_stopped: Callable[[], bool]

    def encode(self, prompt: SamplePrompt, answer_tokens: int) -> list[int]:
        """Give the token ids that ask a question; none where the template cannot write it or no room is left to answer."""
        if prompt.messages:
            # What this template cannot write is not learned either, and that is told.
            with suppress(StudioError):
                return self._fitting(encode_prompt(self.tokenizer, prompt.messages), answer_tokens)
            return []
        return self._fitting(encode_beginning(self.tokenizer, prompt.question), answer_tokens)

    def _fitting(self, ids: list[int], answer_tokens: int) -> list[int]:
        context = int(self.model.config.get_text_config().max_position_embeddings)
        room = context - virtual_tokens(self.model) - answer_tokens
        return ids if len(ids) <= room else []

    def answer(self, prompts: Sequence[Sequence[int]], limits: Limits) -> list[Said]:
        """Answer greedily, all questions in one batch; the weights and everything that training uses stay as they are.

        Made-up tokens stand in front of the padding, where no training has seen them, so a model with such answers
        one question after the other.
        """
        one_by_one = virtual_tokens(self.model) > 0
        batches = [[prompt] for prompt in prompts] if one_by_one else [list(prompts)]
        shared = Limits(limits.tokens, limits.seconds / len(batches))
        with undisturbed(self.model):
            return [said for batch in batches for said in self._answer(batch, shared)]

    def _answer(self, prompts: Sequence[Sequence[int]], limits: Limits) -> Iterator[Said]:
        given = self.tokenizer.pad_token_id
        pad_id = given if given is not None else self.stop_ids[0]
        input_ids, attention_mask = pad_left(prompts, pad_id, self.model.device)
        config = GenerationConfig(
            do_sample=False,
            use_cache=True,
            max_new_tokens=limits.tokens,
            max_time=limits.seconds,
            eos_token_id=list(self.stop_ids),
            pad_token_id=pad_id,
        )
        # Both kinds have it; PyTorch's own annotations hide it.
        speaking = cast("GenerativePreTrainedModel", self.model)
        whole = speaking.generate(
            input_ids=input_ids,
            attention_mask=attention_mask,
            generation_config=config,
            stopping_criteria=[Stopper(self.is_stopped)],
        )
        for row in cast("torch.Tensor", whole)[:, input_ids.shape[1] :].tolist():
            end = next((i for i, token in enumerate(row) if token in self.stop_ids), None)
            text = self.tokenizer.decode(row[:end], skip_special_tokens=True)
            yield Said(str(text).removesuffix("\ufffd"), len(row[:end]), end is not None)


@contextmanager
def undisturbed(model: torch.nn.Module) -> Generator[None]:
    """Have a model answer in the middle of its training: no dropout, no gradients, 4-bit weights left as they are (P21).

    Which modules train and the random numbers are as before when it ends. Not `inference_mode`: what a module keeps
    from there, such as its table of positions, cannot be trained through.
    """
    guard_4_bit_gradients(model)
    modes = [(module, module.training) for module in model.modules()]
    device = next(model.parameters()).device
    try:
        with (
            torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
            torch.no_grad(),
        ):
            model.eval()
            yield
    finally:
        for module, is_training in modes:
            module.training = is_training


def virtual_tokens(model: PreTrainedModel | PeftModel) -> int:
    """Give the made-up tokens that take room in front of every conversation."""
    if not isinstance(model, PeftModel):
        return 0
    return int(getattr(model.active_peft_config, "num_virtual_tokens", 0))


def pad_left(
    prompts: Sequence[Sequence[int]], pad_id: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give (input_ids, attention_mask), both (prompts, tokens); generation goes on at the right edge."""
    width = max(len(prompt) for prompt in prompts)
    ids = [[pad_id] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
