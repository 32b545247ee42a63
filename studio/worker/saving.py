"""Store what a training learned: an adapter, or the whole model; complete or not at all (by rename)."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from studio.worker.task import Task


def save_tuned(
    model: PreTrainedModel | PeftModel,
    tokenizer: PreTrainedTokenizerBase,
    stop_ids: Sequence[int],
    task: Task,
) -> Path:
    """Store what was learned with the tokenizer, its template and the ids that end an answer; give the folder."""
    settings = model.generation_config
    if settings is None:
        raise TypeError("a model that answers has generation settings")
    settings.eos_token_id = list(stop_ids)
    is_adapter = isinstance(model, PeftModel)
    target = task.folder.adapter if is_adapter else task.folder.model
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    if is_adapter:
        # A name, not this machine's path: the folder is meant to be taken elsewhere.
        model.peft_config["default"].base_model_name_or_path = task.spec["model"]["id"]
        # The vocabulary never changes; "auto" would look for the base model by its name.
        model.save_pretrained(str(partial), save_embedding_layers=False)
        # PEFT's own model card knows nothing of this run; ours is written on export.
        (partial / "README.md").unlink(missing_ok=True)
    else:
        cast_to_stored(model, task)
        model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    settings.save_pretrained(partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    return target


def cast_to_stored(model: PreTrainedModel, task: Task) -> None:
    """Round the weights, learned in float32, to the number format that the base model is stored in.

    In place, since a second copy may not fit; what is used from here on is what is stored.
    """
    dtype = getattr(torch, task.model.dtype)
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
