"""The script that repeats a training with the public libraries alone, and the same as a notebook."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from studio.domain.method import Freeze
from studio.domain.recipe import Recipe
from studio.domain.workload import count_steps, steps_between_checks
from studio.worker.templates import load_tokenizer, template_facts

PLACE = "@@SETTINGS@@"
# The methods that the script knows.
METHODS = frozenset({"lora", "qlora", "full", "freeze"})
LORA_FIELDS = (
    "r", "lora_alpha", "lora_dropout", "target_modules", "layers_to_transform", "use_rslora", "use_dora",
)  # fmt: skip


def write_script(recipe: Recipe, outcome: dict[str, Any], tuned: Path, folder: str) -> str | None:
    """Give the script of a training that left `tuned`, which lies in `folder` beside it; None for what it cannot repeat.

    It knows conversations without functions, on one device.
    """
    if recipe.method.type not in METHODS or recipe.objective.type != "sft":
        return None
    if recipe.training.too_long != "drop" or recipe.model.continue_from is not None:
        return None
    text = files("studio.worker").joinpath("scripts", "train.py.txt").read_text(encoding="utf-8")
    return text.replace(PLACE, settings_text(recipe, outcome, tuned, folder))


def settings_text(recipe: Recipe, outcome: dict[str, Any], tuned: Path, folder: str) -> str:
    """Give the settings as Python."""
    training, method = recipe.training, recipe.method
    steps = count_steps(training, outcome["train_rows"])
    between_checks = steps_between_checks(training, steps)
    config = tuned / "adapter_config.json"
    lora = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
    values: dict[str, Any] = {
        "TRAINING": {
            "num_train_epochs": training.epochs,
            "max_steps": training.max_steps or -1,
            "per_device_train_batch_size": training.batch_rows,
            "per_device_eval_batch_size": training.batch_rows,
            "gradient_accumulation_steps": training.accumulation_steps,
            "activation_checkpointing": training.gradient_checkpointing,
            "learning_rate": training.learning_rate,
            "warmup_steps": min(training.warmup_steps, steps // 2),
            "lr_scheduler_type": training.schedule,
            "weight_decay": training.weight_decay,
            "eval_steps": between_checks,
            "save_steps": between_checks,
            "bf16": outcome["dtype"] == "bfloat16",
            "seed": training.seed,
        },
        "LORA": {field: lora[field] for field in LORA_FIELDS} if lora else None,
        "IN_4_BITS": method.type == "qlora",
        "TRAINED_LAYERS": method.trained_layers if isinstance(method, Freeze) else None,
        "KEEPS_BEST": training.keep == "best",
        "MOST_TOKENS": training.max_length_tokens,
        "TOKENIZER": folder,
        "END_MARK": template_facts(load_tokenizer(tuned)).end_mark,
    }
    lines = [f"{name} = {as_python(value)}" for name, value in values.items()]
    return "\n".join([*lines, f"DTYPE = torch.{outcome['dtype']}"])


def as_python(value: Any) -> str:
    """Give a value as Python writes it, a dictionary one entry a line."""
    if not isinstance(value, dict):
        return repr(value)
    inside = "".join(f"    {key!r}: {one!r},\n" for key, one in value.items())
    return f"{{\n{inside}}}"


def write_notebook(script: str) -> str:
    """Give the script as a notebook: what it says of itself, then its parts."""
    about, _, code = script.removeprefix('"""').partition('"""\n')
    code = code.replace("Path(__file__).resolve().parent", 'Path(".")')
    code, _, _ = code.rpartition("main(*sys.argv[1:])")
    run = 'main("BASE", "train.jsonl", "held_out.jsonl")'
    cells = [
        {"cell_type": "markdown", "id": "about", "metadata": {}, "source": about.strip()},
        *(
            {
                "cell_type": "code",
                "id": f"part-{number}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": part.strip(),
            }
            for number, part in enumerate([*code.split("\n\n\n"), run])
            if part.strip()
        ),
    ]
    metadata = {"language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1)
