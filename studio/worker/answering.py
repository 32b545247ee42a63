"""Answer in several columns: together from one copy of the base weights where that can be, else one after the other.

Shapes: prompts are left-padded to (columns, tokens); each generated step gives (columns,) token ids.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
    pick_device,
)
from studio.worker.rendering import encode_prompt
from studio.worker.templates import load_tokenizer
from studio.worker.tuned import can_mix, is_lora, load_alone, load_base, virtual_tokens

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


@dataclass(frozen=True, slots=True)
class Turn:
    """Columns that answer together: `names` are their adapters in one batch, or None where `model` has but one voice."""

    columns: list[int]
    model: PreTrainedModel | PeftModel
    names: list[str] | None


class Answerer:
    """Owns one base model with the adapters that share it, and at most one model that stands alone."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.model: PreTrainedModel | PeftModel | None = None
        self.tokenizer: PreTrainedTokenizerBase | None = None
        self.stop_ids: list[int] = []
        self.names: dict[Path, str] = {}
        self.alone: dict[Path, PreTrainedModel | PeftModel] = {}
        self.base_loads = 0

    def has(self, path: Path, tuned: Sequence[Path | None]) -> bool:
        """Tell whether everything needed is in memory."""
        return self.path == path and all(
            folder is None or folder in self.names or folder in self.alone for folder in tuned
        )

    def load(self, path: Path, tuned: Sequence[Path | None]) -> None:
        """Bring the base model (only if it is another one) and the missing results of trainings into memory."""
        if self.path != path:
            self.path, self.model, self.names, self.alone = None, None, {}, {}
            device = pick_device()
            self.tokenizer = load_tokenizer(path)
            self.model = load_base(path, device, choose_answer_dtype(device))
            self.stop_ids = end_of_turn_ids(self.model, self.tokenizer)
            self.path = path
            self.base_loads += 1
        for folder in tuned:
            if folder is None or folder in self.names:
                continue
            if is_lora(folder):
                self._attach(folder)
            else:
                self._stand_alone(path, folder)

    def _attach(self, adapter: Path) -> None:
        """Add one adapter; the one added first leaves when there are too many."""
        name = f"run-{adapter.parent.name}"
        if isinstance(self.model, PeftModel):
            if len(self.names) >= MOST_ADAPTERS:
                oldest = next(iter(self.names))
                self.model.delete_adapter(self.names.pop(oldest))
            self.model.load_adapter(str(adapter), adapter_name=name)
        elif self.model is not None:
            self.model = PeftModel.from_pretrained(self.model, adapter, adapter_name=name).eval()
        self.names[adapter] = name

    def _stand_alone(self, base: Path, folder: Path) -> PreTrainedModel | PeftModel:
        """Give the one that stands alone; another one leaves, since each takes as much memory as the base."""
        if folder not in self.alone:
            self.alone.clear()
            device = pick_device()
            self.alone[folder] = load_alone(folder, base, device, choose_answer_dtype(device))
        return self.alone[folder]

    def stream(
        self,
        tuned: Sequence[Path | None],
        conversations: Sequence[Sequence[dict[str, Any]]],
        options: dict[str, Any],
        is_stopped: Callable[[], bool],
    ) -> Iterator[dict[str, Any]]:
        """Generate one answer per column, giving the whole text of a column each time it grew.

        What can share a batch answers together, the rest one after the other; each beginning is told.
        """
        if self.tokenizer is None:
            raise StudioError("chat.not_ready")
        prompts = [
            encode_prompt(self.tokenizer, [message_from_json(turn) for turn in conversation])
            for conversation in conversations
        ]
        for turn in self._turns(tuned):
            yield {"phase": "answering"}
            asked = [prompts[column] for column in turn.columns]
            for update in self._answer(turn, asked, options, is_stopped):
                yield {**update, "column": turn.columns[update["column"]]}

    def _turns(self, tuned: Sequence[Path | None]) -> Iterator[Turn]:
        """Give who answers together; never with a switch that another generation could see."""
        if self.model is None or self.path is None:
            raise StudioError("chat.not_ready")
        together = [c for c, folder in enumerate(tuned) if folder is None or can_mix(folder)]
        if together:
            asked = [tuned[column] for column in together]
            names = [BASE if folder is None else self.names[folder] for folder in asked]
            is_shared = isinstance(self.model, PeftModel)
            yield Turn(together, self.model, names if is_shared else None)
        for column, folder in enumerate(tuned):
            if folder is None or column in together:
                continue
            if folder in self.names and isinstance(self.model, PeftModel):
                # Whoever answers next names its adapters, so this switch reaches nobody else.
                self.model.set_adapter(self.names[folder])
                yield Turn([column], self.model, None)
            else:
                yield Turn([column], self._stand_alone(self.path, folder), None)

    def _answer(
        self,
        turn: Turn,
        prompts: Sequence[Sequence[int]],
        options: dict[str, Any],
        is_stopped: Callable[[], bool],
    ) -> Iterator[dict[str, Any]]:
        """Generate the answers of columns that go together; columns are counted within the turn."""
        if self.tokenizer is None:
            raise StudioError("chat.not_ready")
        model, given = turn.model, self.tokenizer.pad_token_id
        limit = min(int(options["max_new_tokens"]), room_tokens(model, prompts))
        pad_id = given if given is not None else self.stop_ids[0]
        input_ids, attention_mask = pad_left(prompts, pad_id, model.device)
        tokens = Tokens()
        arguments: dict[str, Any] = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "generation_config": generation_config(options, limit, self.stop_ids, pad_id),
            "streamer": tokens,
            "stopping_criteria": [Stopper(is_stopped)],
        }
        if turn.names is not None:
            arguments["adapter_names"] = turn.names
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
    most = int(model.config.max_position_embeddings) - virtual_tokens(model)
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
