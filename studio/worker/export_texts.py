"""What is written beside a model that is taken home: its card, and a script that asks it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.domain.catalog_entries import read_catalog
from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe
from studio.worker.export_curve import draw_curve
from studio.worker.export_figures import held_out_text, proof_text


def write_card(
    spec: dict[str, Any], source: JobFolder, form: str, file: str, proof: dict[str, Any] | None
) -> str:
    """Give the model card of what is packed as `form` (of a GGUF with its file): origin, course, proof and use."""
    recipe = Recipe.model_validate(spec["recipe"])
    outcome = json.loads(source.result.read_text(encoding="utf-8"))["values"]
    facts = {
        "Base model": spec["model"]["id"],
        "Licence of the base model, which holds for this one, too": licence_text(
            spec["model"]["id"]
        ),
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
    what, use = FORMS[form]
    named = {"file": file, "model": Path(file).stem.lower()}
    use = use.format(**named) if file else use
    card = CARD.format(
        name=spec["name"],
        what=what,
        table=table,
        use=use,
        proof=held_out_text(proof) + proof_text(proof),
        curve=curve_text(source),
    )
    return front_matter(spec["model"]["id"], form) + card


def curve_text(source: JobFolder) -> str:
    """Give the place of the curve's picture; nothing where there is none."""
    return "\n![Loss by step](curve.svg)\n" if draw_curve(source) else ""


def front_matter(model_id: str, form: str) -> str:
    """Give what the Hub reads of a card: the base, its licence, and which library opens the model.

    Source: https://huggingface.co/docs/hub/model-cards
    """
    catalog = read_catalog()
    entry = catalog.find(model_id)
    told = {
        "library_name": LIBRARIES[form],
        "base_model": model_id if "/" in model_id else None,
        "license": entry.licence if entry else None,
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in told.items() if value]
    return "\n".join(["---", *lines, "tags: [tuning-studio]", "---", ""])


def licence_text(model_id: str) -> str:
    """Give the licence of a base model with its address; of one that the catalog does not know, where to look."""
    catalog = read_catalog()
    entry = catalog.find(model_id)
    if entry is None:
        page = f"https://huggingface.co/{model_id}"
        return f"see {page}" if "/" in model_id else "see where it came from"
    licence = catalog.licences[entry.licence]
    return f"[{licence.name}]({licence.link})"


CARD = """# {name}

{what}, trained with Tuning Studio.

| | |
|---|---|
{table}
{curve}{proof}
## Use it

{use}
`recipe.yaml` repeats the training: `studio run recipe.yaml`.
"""
REPEATED = """
`train.py` repeats it without the studio, with TRL and PEFT alone; `train.ipynb` is the same as a notebook.
"""
NOT_REPEATED = """
There is no `train.py`: this kind of training cannot be written as a short script for TRL.
"""
PYTHON_USE = """    pip install {packages}
    python chat.py "Your question"

{load}
"""
GGUF_USE = """Ollama (0.30 or newer), in this folder:

    ollama create {model} -f Modelfile
    ollama run {model} "Your question"

LM Studio: copy `{file}` into `publisher/{model}/` in its folder of models (My Models shows where), then choose it in a chat.

llama.cpp:

    llama-server -m {file} --jinja

The chat template is in the file; there is nothing to set.
"""
GGUF_ADAPTER_USE = """It needs the base model as GGUF in 16 bits; on one with fewer bits the answers differ a little.

llama.cpp:

    llama-server -m BASE.gguf --lora {file} --jinja

Ollama, in a Modelfile:

    FROM ./BASE.gguf
    ADAPTER ./{file}
"""
FORMS = {
    "adapter": (
        "An adapter beside its base model",
        PYTHON_USE.format(
            packages="torch transformers peft",
            load='`adapter/` (on the Hub: the repository itself) is a standard PEFT adapter: `PeftModel.from_pretrained(base, "adapter")`.',
        ),
    ),
    "merged": (
        "A whole model",
        PYTHON_USE.format(
            packages="torch transformers",
            load='`model/` (on the Hub: the repository itself) holds every weight: `AutoModelForCausalLM.from_pretrained("model")`.',
        ),
    ),
    "gguf": ("A whole model as GGUF", GGUF_USE),
    "adapter_gguf": ("An adapter as GGUF, beside its base model", GGUF_ADAPTER_USE),
}
"""What is packed, and how it is used, by the kind of target."""

LIBRARIES = {"adapter": "peft", "merged": "transformers", "gguf": "gguf", "adapter_gguf": "gguf"}
"""What opens a model, as the Hub calls it, by the kind of target."""

MODELFILE = """FROM ./{file}
REQUIRES 0.30.0
{stops}PARAMETER num_ctx {context}
"""


def write_modelfile(file: str, stops: Sequence[str], context: int) -> str:
    """Give what Ollama makes its model from. The chat template is the file's own, which Ollama uses since 0.30."""
    lines = "".join(f"PARAMETER stop {json.dumps(stop, ensure_ascii=False)}\n" for stop in stops)
    return MODELFILE.format(file=file, stops=lines, context=context)


ADAPTER_SCRIPT = '''"""Ask the tuned model one question: python chat.py "Your question" """

import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

here = Path(__file__).resolve().parent
adapter = here / "adapter" if (here / "adapter").exists() else here
base = here / "{base}"
base = base if base.exists() else "{base}"
tokenizer = AutoTokenizer.from_pretrained(adapter)
model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
model = PeftModel.from_pretrained(model, adapter).eval()
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
folder = here / "model" if (here / "model").exists() else here
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
prompt = tokenizer.apply_chat_template(
    [{"role": "user", "content": sys.argv[1]}], add_generation_prompt=True, return_tensors="pt", return_dict=True
)
answer = model.generate(**prompt, do_sample=False, max_new_tokens=200)
print(tokenizer.decode(answer[0][prompt["input_ids"].shape[1] :], skip_special_tokens=True))
'''
