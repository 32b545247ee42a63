"""Make a download of a finished training: a zip that works without the studio."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe, dump_recipe
from studio.errors import StudioError
from studio.worker.task import Task

ADAPTER_FILES = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
)
# What a base model needs to be loaded; its prompts and card stay here.
BASE_PATTERNS = ("*.safetensors", "config.json", "generation_config.json", "tokenizer*", "*.jinja")
# A base of this size travels with its adapter: the starter is on no hub.
LARGEST_BUNDLED_BASE_BYTES = 32 * 2**20


def export(task: Task) -> dict[str, Any]:
    """Make what was asked and give its file name; the folder of the training is read, never changed."""
    source = JobFolder(Path(task.spec["source"]))
    task.enter("saving")
    return EXPORTERS[task.spec["target"]](task, source)


def export_adapter(task: Task, source: JobFolder) -> dict[str, Any]:
    """Zip adapter, tokenizer, template, recipe, model card and a script that talks to the model.

    Raises:
        StudioError: `export.adapter_missing` where the training left no complete adapter.
    """
    missing = [name for name in ADAPTER_FILES if not (source.adapter / name).exists()]
    if missing:
        raise StudioError("export.adapter_missing", files=", ".join(missing))
    spec = yaml.safe_load(source.spec.read_text(encoding="utf-8"))
    base = Path(spec["model"]["path"])
    base_files = sorted({file for pattern in BASE_PATTERNS for file in base.glob(pattern)})
    is_bundled = sum(file.stat().st_size for file in base_files) <= LARGEST_BUNDLED_BASE_BYTES
    base_name = "base" if is_bundled else spec["model"]["id"]
    recipe = Recipe.model_validate(spec["recipe"])

    task.folder.exports.mkdir(exist_ok=True)
    archive = task.folder.exports / f"{spec['name']}-{source.path.name}-adapter.zip"
    partial = archive.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(source.adapter.iterdir()):
            target.write(file, f"adapter/{file.name}")
        for file in base_files if is_bundled else []:
            target.write(file, f"base/{file.name}")
        target.writestr("recipe.yaml", dump_recipe(recipe))
        target.writestr("README.md", write_card(spec, recipe, source))
        target.writestr("chat.py", CHAT_SCRIPT.format(base=base_name))
    partial.rename(archive)
    return {"file": archive.name, "bytes": archive.stat().st_size}


def write_card(spec: dict[str, Any], recipe: Recipe, source: JobFolder) -> str:
    """Give the model card: where it comes from, how it went, how to use it."""
    outcome = json.loads(source.result.read_text(encoding="utf-8"))["values"]
    facts = {
        "Base model": spec["model"]["id"],
        "Data": spec["data"]["name"],
        "Method": recipe.method.type,
        "Examples learned": outcome["train_rows"],
        "Held-out examples": outcome["held_out_rows"],
        "Steps": outcome["steps"],
        "Last loss": outcome["loss"],
        "Last held-out loss": outcome["held_out_loss"],
        "Computed in": f"{outcome['dtype']} on {outcome['device']}",
        "Chat template (SHA-256)": outcome["template_sha256"],
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    return CARD.format(name=spec["name"], table=table)


EXPORTERS: dict[str, Callable[[Task, JobFolder], dict[str, Any]]] = {"adapter": export_adapter}

CARD = """# {name}

A LoRA adapter, trained with Tuning Studio.

| | |
|---|---|
{table}

## Use it

    pip install torch transformers peft
    python chat.py "Your question"

`adapter/` is a standard PEFT adapter: `PeftModel.from_pretrained(base, "adapter")`. `recipe.yaml` repeats the training:
`studio run recipe.yaml`.
"""

CHAT_SCRIPT = '''"""Ask the tuned model one question: python chat.py "Your question" """

import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

here = Path(__file__).resolve().parent
base = here / "{base}"
base = base if base.exists() else "{base}"
tokenizer = AutoTokenizer.from_pretrained(here / "adapter")
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
model = PeftModel.from_pretrained(model, here / "adapter").eval()
prompt = tokenizer.apply_chat_template(
    [{{"role": "user", "content": sys.argv[1]}}], add_generation_prompt=True, return_tensors="pt", return_dict=True
)
answer = model.generate(**prompt, do_sample=False, max_new_tokens=200, eos_token_id=model.generation_config.eos_token_id)
print(tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :], skip_special_tokens=True))
'''
