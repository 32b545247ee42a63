"""Make a download of a finished training: a zip that works without the studio."""

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studio.domain.job import JobFolder
from studio.domain.method import METHODS
from studio.domain.recipe import Recipe, dump_recipe
from studio.domain.yaml_text import parse_yaml
from studio.errors import StudioError
from studio.worker.task import Task

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", *TOKENIZER_FILES)
MODEL_FILES = ("config.json", *TOKENIZER_FILES)
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
    require(source.adapter, ADAPTER_FILES)
    spec = parse_yaml(source.spec.read_text(encoding="utf-8"))
    base = Path(spec["model"]["path"])
    base_files = sorted({file for pattern in BASE_PATTERNS for file in base.glob(pattern)})
    is_bundled = sum(file.stat().st_size for file in base_files) <= LARGEST_BUNDLED_BASE_BYTES
    base_name = "base" if is_bundled else spec["model"]["id"]
    files = {f"adapter/{file.name}": file for file in sorted(source.adapter.iterdir())}
    files |= {f"base/{file.name}": file for file in base_files if is_bundled}
    script = ADAPTER_SCRIPT.format(base=base_name)
    return pack(task, source, files, {"chat.py": script, "README.md": write_card(spec, source)})


def export_model(task: Task, source: JobFolder) -> dict[str, Any]:
    """Zip a whole model with its tokenizer, template, recipe, model card and a script that talks to it.

    Raises:
        StudioError: `export.adapter_missing` where the training left no complete model.
    """
    require(source.model, MODEL_FILES)
    spec = parse_yaml(source.spec.read_text(encoding="utf-8"))
    files = {f"model/{file.name}": file for file in sorted(source.model.iterdir())}
    texts = {"chat.py": MODEL_SCRIPT, "README.md": write_card(spec, source)}
    return pack(task, source, files, texts)


def require(folder: Path, names: Sequence[str]) -> None:
    """Raise where one of the files is missing, or all weights."""
    missing = [name for name in names if not (folder / name).exists()]
    if not list(folder.glob("*.safetensors")):
        missing.append("*.safetensors")
    if missing:
        raise StudioError("export.adapter_missing", files=", ".join(missing))


def pack(
    task: Task, source: JobFolder, files: dict[str, Path], texts: dict[str, str]
) -> dict[str, Any]:
    """Write the zip with the recipe; weights do not get smaller and are stored as they are."""
    spec = parse_yaml(source.spec.read_text(encoding="utf-8"))
    recipe = Recipe.model_validate(spec["recipe"])
    task.folder.exports.mkdir(exist_ok=True)
    name = f"{spec['name']}-{source.path.name}-{task.spec['target']}.zip"
    archive = task.folder.exports / name
    partial = archive.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as target:
        for inside, file in files.items():
            is_dense = file.suffix == ".safetensors"
            target.write(file, inside, zipfile.ZIP_STORED if is_dense else zipfile.ZIP_DEFLATED)
        for inside, text in {**texts, "recipe.yaml": dump_recipe(recipe)}.items():
            target.writestr(inside, text)
    partial.rename(archive)
    return {"file": archive.name, "bytes": archive.stat().st_size}


def write_card(spec: dict[str, Any], source: JobFolder) -> str:
    """Give the model card: where it comes from, how it went, how to use it."""
    recipe = Recipe.model_validate(spec["recipe"])
    outcome = json.loads(source.result.read_text(encoding="utf-8"))["values"]
    facts = {
        "Base model": spec["model"]["id"],
        "Data": spec["data"]["name"],
        "Method": type(recipe.method).__doc__,
        "Learned": "the answers" if recipe.objective.type == "sft" else "whole texts",
        "Goes on from": f"training {further}" if (further := recipe.model.continue_from) else None,
        "Examples learned": outcome["train_rows"],
        "Held-out examples": outcome["held_out_rows"],
        "Steps": outcome["steps"],
        "Last loss": outcome["loss"],
        "Last held-out loss": outcome["held_out_loss"],
        "Computed in": f"{outcome['dtype']} on {outcome['device']}",
        "Chat template (SHA-256)": outcome["template_sha256"],
    }
    told = {name: value for name, value in facts.items() if value is not None}
    table = "\n".join(f"| {name} | {value} |" for name, value in told.items())
    kind = METHODS[recipe.method.type].result
    return CARD.format(name=spec["name"], table=table, **CARD_WORDS[kind])


EXPORTERS: dict[str, Callable[[Task, JobFolder], dict[str, Any]]] = {
    "adapter": export_adapter,
    "model": export_model,
}

CARD = """# {name}

{what}, trained with Tuning Studio.

| | |
|---|---|
{table}

## Use it

    pip install {packages}
    python chat.py "Your question"

{load} `recipe.yaml` repeats the training:
`studio run recipe.yaml`.
"""
CARD_WORDS = {
    "adapter": {
        "what": "An adapter beside its base model",
        "packages": "torch transformers peft",
        "load": '`adapter/` is a standard PEFT adapter: `PeftModel.from_pretrained(base, "adapter")`.',
    },
    "model": {
        "what": "A whole model",
        "packages": "torch transformers",
        "load": '`model/` holds every weight: `AutoModelForCausalLM.from_pretrained("model")`.',
    },
}

ADAPTER_SCRIPT = '''"""Ask the tuned model one question: python chat.py "Your question" """

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

MODEL_SCRIPT = '''"""Ask the tuned model one question: python chat.py "Your question" """

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

here = Path(__file__).resolve().parent
tokenizer = AutoTokenizer.from_pretrained(here / "model")
model = AutoModelForCausalLM.from_pretrained(here / "model", dtype=torch.float32).eval()
prompt = tokenizer.apply_chat_template(
    [{"role": "user", "content": sys.argv[1]}], add_generation_prompt=True, return_tensors="pt", return_dict=True
)
answer = model.generate(**prompt, do_sample=False, max_new_tokens=200)
print(tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :], skip_special_tokens=True))
'''
