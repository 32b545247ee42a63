"""What is written beside a model that is taken home: its card, and a script that asks it."""

import json
from typing import Any

from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe


def write_card(spec: dict[str, Any], source: JobFolder, form: str) -> str:
    """Give the model card of what is packed as `form`: where it comes from, how it went, how to use it."""
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
    return CARD.format(name=spec["name"], table=table, **CARD_WORDS[form])


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
    "merged": {
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
