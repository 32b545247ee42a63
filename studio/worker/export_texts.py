"""What is written beside a model that is taken home: its card, and a script that asks it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.domain.catalog_entries import read_catalog
from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe


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
    return CARD.format(name=spec["name"], what=what, table=table, use=use, proof=proof_text(proof))


def licence_text(model_id: str) -> str:
    """Give the licence of a base model with its address; of one that the catalog does not know, where to look."""
    catalog = read_catalog()
    entry = catalog.find(model_id)
    if entry is None:
        page = f"https://huggingface.co/{model_id}"
        return f"see {page}" if "/" in model_id else "see where it came from"
    licence = catalog.licences[entry.licence]
    return f"[{licence.name}]({licence.link})"


def proof_text(proof: dict[str, Any] | None) -> str:
    """Give what was found when the export was loaded again, in words."""
    if proof is None:
        return ""
    verdict = "" if proof["is_same"] else PROOF_DIFFERS.format(what=", ".join(proof["shortfalls"]))
    second = proof["llama_cpp"]
    told = {
        **proof,
        "percent": f"{100 * proof['agreement']:.1f}",
        "divergence": f"{proof['divergence']:.1e}",
    }
    return PROOF.format(verdict=verdict, **told) + (
        PROOF_LLAMA_CPP.format(**second) if second else ""
    )


PROOF = """
## Is it the model that was trained?

{verdict}After packing, this file was loaded again and asked {questions} questions beside the trained model.

| | |
|---|---|
| Equal answers | {equal_answers} of {questions} |
| Same first choice, where it is clear | {percent} % of {places} places |
| Divergence of the probabilities (KL, nats) | {divergence} |
"""
PROOF_LLAMA_CPP = """| llama.cpp, through the template in the file: equal answers | {equal_answers} of {chats} |
| llama.cpp: equal prompts, token by token | {equal_prompts} of {chats} |
"""
PROOF_DIFFERS = """**This differs from what was chatted with ({what}). A form with more bits is nearer.**

"""
CARD = """# {name}

{what}, trained with Tuning Studio.

| | |
|---|---|
{table}
{proof}
## Use it

{use}
`recipe.yaml` repeats the training: `studio run recipe.yaml`.
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
FORMS = {
    "adapter": (
        "An adapter beside its base model",
        PYTHON_USE.format(
            packages="torch transformers peft",
            load='`adapter/` is a standard PEFT adapter: `PeftModel.from_pretrained(base, "adapter")`.',
        ),
    ),
    "merged": (
        "A whole model",
        PYTHON_USE.format(
            packages="torch transformers",
            load='`model/` holds every weight: `AutoModelForCausalLM.from_pretrained("model")`.',
        ),
    ),
    "gguf": ("A whole model as GGUF", GGUF_USE),
}
"""What is packed, and how it is used, by the kind of target."""

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
