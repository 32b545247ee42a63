"""Answer in several columns at once from one copy of the base weights.

Shapes: prompts are left-padded to (columns, tokens); each generated step gives (columns,) token ids.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from peft import PeftModel
from transformers import (
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    set_seed,
)
from transformers.generation.streamers import BaseStreamer

from studio.domain.records import message_from_json
from studio.errors import StudioError
from studio.worker.loading import (
    choose_dtype,
    end_of_turn_ids,
    fits_unquantised,
    load_model,
    pick_device,
)
from studio.worker.rendering import encode_prompt
from studio.worker.templates import load_tokenizer

if TYPE_CHECKING:
    from transformers._typing import GenerativePreTrainedModel

# PEFT's own name for "no adapter" in a mixed batch.
BASE = "__base__"
MOST_ADAPTERS = 8


class Tokens(BaseStreamer):
    """Hands over each step's tokens, (columns,) per step; the first `put` is the prompt and is passed over."""

    def __init__(self) -> None:
        self.steps: queue.Queue[list[int] | BaseException | None] = queue.Queue()
        self._saw_prompt = False

    def put(self, value: torch.Tensor) -> None:
        if self._saw_prompt:
            self.steps.put(value.tolist())
        self._saw_prompt = True

    def end(self) -> None:
        self.steps.put(None)


class Stopper(StoppingCriteria):
    """Stops all columns as soon as the asker says so."""

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        self.is_stopped = is_stopped

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self.is_stopped(), device=input_ids.device)


class Answerer:
    """Owns one base model and the adapters trained on it."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.model: PreTrainedModel | PeftModel | None = None
        self.tokenizer: PreTrainedTokenizerBase | None = None
        self.stop_ids: list[int] = []
        self.names: dict[Path, str] = {}
        self.base_loads = 0

    def has(self, path: Path, adapters: Sequence[Path | None]) -> bool:
        """Tell whether everything needed is in memory."""
        return self.path == path and all(
            adapter is None or adapter in self.names for adapter in adapters
        )

    def load(self, path: Path, adapters: Sequence[Path | None]) -> None:
        """Bring the base model (only if it is another one) and the missing adapters into memory."""
        if self.path != path:
            self.path, self.model, self.names = None, None, {}
            device = pick_device()
            dtype = choose_answer_dtype(device)
            self.tokenizer = load_tokenizer(path)
            in_4_bits = not fits_unquantised(path, device, dtype)
            self.model = load_model(path, device, dtype, in_4_bits=in_4_bits).eval()
            self.stop_ids = end_of_turn_ids(self.model, self.tokenizer)
            self.path = path
            self.base_loads += 1
        for adapter in adapters:
            if adapter is not None and adapter not in self.names:
                self._attach(adapter)

    def _attach(self, adapter: Path) -> None:
        """Add one adapter; the one added first leaves when there are too many."""
        if not (adapter / "adapter_model.safetensors").exists():
            raise StudioError("chat.adapter_missing")
        name = f"run-{adapter.parent.name}"
        if isinstance(self.model, PeftModel):
            if len(self.names) >= MOST_ADAPTERS:
                oldest = next(iter(self.names))
                self.model.delete_adapter(self.names.pop(oldest))
            self.model.load_adapter(str(adapter), adapter_name=name)
        elif self.model is not None:
            self.model = PeftModel.from_pretrained(self.model, adapter, adapter_name=name).eval()
        self.names[adapter] = name

    def stream(
        self,
        adapters: Sequence[Path | None],
        conversations: Sequence[Sequence[dict[str, Any]]],
        options: dict[str, Any],
        is_stopped: Callable[[], bool],
    ) -> Iterator[dict[str, Any]]:
        """Generate one answer per column, giving the whole text of a column each time it grew."""
        model, tokenizer = self.model, self.tokenizer
        if model is None or tokenizer is None:
            raise StudioError("chat.not_ready")
        prompts = [
            encode_prompt(tokenizer, [message_from_json(turn) for turn in conversation])
            for conversation in conversations
        ]
        limit = min(int(options["max_new_tokens"]), room_tokens(model, prompts))
        pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self.stop_ids[0]
        input_ids, attention_mask = pad_left(prompts, pad_id, model.device)
        names = [BASE if adapter is None else self.names[adapter] for adapter in adapters]
        tokens = Tokens()
        arguments: dict[str, Any] = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "generation_config": generation_config(options, limit, self.stop_ids, pad_id),
            "streamer": tokens,
            "stopping_criteria": [Stopper(is_stopped)],
        }
        if isinstance(model, PeftModel):
            arguments["adapter_names"] = names
        thread = threading.Thread(
            target=generate, args=(model, arguments, tokens, int(options["seed"])), daemon=True
        )
        thread.start()
        yield from self._collect(tokens, len(prompts), limit)
        thread.join()

    def _collect(self, tokens: Tokens, columns: int, limit: int) -> Iterator[dict[str, Any]]:
        """Turn steps into texts; a column ends at its first end-of-turn id, and padding follows."""
        said: list[list[int]] = [[] for _ in range(columns)]
        is_open = [True] * columns
        while (step := tokens.steps.get()) is not None:
            if isinstance(step, BaseException):
                raise step
            for column, token in enumerate(step):
                if not is_open[column]:
                    continue
                is_open[column] = token not in self.stop_ids
                said[column] += [token] if is_open[column] else []
                if is_open[column]:
                    yield self._update(column, said[column])
                else:
                    yield {**self._update(column, said[column]), "reason": "end"}
        for column in range(columns):
            if is_open[column]:
                reason = "length" if len(said[column]) >= limit else "stopped"
                yield {**self._update(column, said[column]), "reason": reason}

    def _update(self, column: int, ids: list[int]) -> dict[str, Any]:
        if self.tokenizer is None:
            raise StudioError("chat.not_ready")
        text = str(self.tokenizer.decode(ids, skip_special_tokens=True))
        return {"column": column, "text": text.removesuffix("\ufffd"), "tokens": len(ids)}


def generate(
    model: PreTrainedModel | PeftModel, arguments: dict[str, Any], tokens: Tokens, seed: int
) -> None:
    """Run one generation in its own thread; what goes wrong is handed to the reader of `tokens`."""
    try:
        set_seed(seed)
        with torch.inference_mode():
            # Both kinds have it; PyTorch's own annotations hide it.
            cast("GenerativePreTrainedModel", model).generate(**arguments)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        tokens.steps.put(error)


def choose_answer_dtype(device: torch.device) -> torch.dtype:
    """Give the number format to answer in: exact on a CPU, so that equal questions get equal answers; fast on a GPU."""
    return torch.float32 if device.type == "cpu" else choose_dtype(device, "auto").dtype


def generation_config(
    options: dict[str, Any], limit: int, stop_ids: list[int], pad_id: int
) -> GenerationConfig:
    """Give transformers' words for the asker's; temperature 0 is greedy."""
    temperature = float(options["temperature"])
    sampling = (
        {"temperature": temperature, "top_p": float(options["top_p"]), "top_k": 0}
        if temperature > 0
        else {}
    )
    return GenerationConfig(
        do_sample=temperature > 0,
        max_new_tokens=limit,
        eos_token_id=stop_ids,
        pad_token_id=pad_id,
        **sampling,
    )


def room_tokens(model: PreTrainedModel | PeftModel, prompts: Sequence[Sequence[int]]) -> int:
    """Give how many tokens the longest conversation leaves for an answer.

    Raises:
        StudioError: `chat.too_long` with the tokens asked and the tokens possible, where none are left.
    """
    longest = max(len(prompt) for prompt in prompts)
    most = int(model.config.max_position_embeddings)
    if longest >= most:
        raise StudioError("chat.too_long", tokens=longest, most=most)
    return most - longest


def pad_left(
    prompts: Sequence[Sequence[int]], pad_id: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give (input_ids, attention_mask), both (columns, tokens); generation goes on at the right edge."""
    width = max(len(prompt) for prompt in prompts)
    ids = [[pad_id] * (width - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)
