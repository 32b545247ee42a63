"""What trainings leave, made in no time: each method's weights drawn at random, saved as a training saves them."""

import shutil
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from studio.domain.recipe import parse_recipe
from studio.domain.records import Message
from studio.worker.methods import METHODS, Origin
from studio.worker.rendering import encode_prompt
from studio.worker.templates import load_tokenizer
from tests.methods_tried import SETTINGS

CPU = torch.device("cpu")
# How far from what training starts with; less than this hardly changes a word.
SPREAD = {"prompt": 3.0, "prefix": 3.0, "ia3": 2.0}


def make_result(folder: Path, base: Path, name: str, seed: int = 1) -> Path:
    """Give the folder of what a training with one of `SETTINGS` could have left on `base`."""
    settings = SETTINGS[name][0]
    method = parse_recipe({"method": settings}).method
    model = METHODS[method.type](Origin(base, CPU, torch.float32, 0), method)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                spread = SPREAD.get(method.type, 0.4)
                parameter += torch.randn(parameter.shape).to(parameter) * spread * scale(parameter)
    target = folder / name.replace(" ", "-")
    if isinstance(model, PeftModel):
        model.peft_config["default"].base_model_name_or_path = base.name
        model.save_pretrained(str(target), save_embedding_layers=False)
    else:
        model.save_pretrained(target)
        load_tokenizer(base).save_pretrained(target)
    return target


def scale(parameter: torch.Tensor) -> float:
    """Give the usual size of a parameter's numbers; those that start at zero get a small one."""
    return max(float(parameter.float().std(correction=0)), 0.3)


def blow_up(adapter: Path, target: Path, factor: float) -> Path:
    """Give a copy of an adapter with everything that it has learned multiplied."""
    shutil.copytree(adapter, target)
    file = target / "adapter_model.safetensors"
    tensors = load_file(file)
    save_file({name: tensor * factor for name, tensor in tensors.items()}, file)
    return target


def answer_alone(model: PreTrainedModel | PeftModel, base: Path, prompt: str, tokens: int) -> str:
    """Answer as anybody would who loaded this model and nothing else."""
    tokenizer = load_tokenizer(base)
    ids = torch.tensor([encode_prompt(tokenizer, [Message("user", prompt)])])
    speaking: Any = model.eval()
    with torch.inference_mode():
        out = speaking.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False,
            max_new_tokens=tokens, pad_token_id=0, eos_token_id=2,
        )  # fmt: skip
    return str(tokenizer.decode(out[0][ids.shape[1] :], skip_special_tokens=True)).removesuffix(
        "\ufffd"
    )
