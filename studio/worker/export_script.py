"""The script that repeats a training with the public libraries alone, and the same as a notebook.

`scripts/train.py.txt` is the script with everything that any training may need; a part between `#[ name` and `#]` stays
where a training needs it, and `@@NAME@@` is filled in.
"""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from studio.domain.catalog import read_model
from studio.domain.job import JobFolder, read_events
from studio.domain.method import Freeze, VirtualTokens
from studio.domain.recipe import Recipe
from studio.domain.records import Row, read_rows
from studio.domain.starter import base_folder
from studio.domain.workload import count_steps, steps_between_checks
from studio.errors import StudioError
from studio.worker.rendering import opening_of
from studio.worker.task import read_spec
from studio.worker.templates import TemplateFacts, load_tokenizer, template_facts
from studio.worker.threads import learns_on_one
from studio.worker.turns import TOOLS_TEXT

OBJECTIVES = frozenset({"sft", "text"})
# What an adapter is made of: PEFT's word, and what its own settings say of it.
CONFIGS = {
    "lora": ("LoraConfig", ("r", "lora_alpha", "lora_dropout", "target_modules", "layers_to_transform", "use_rslora", "use_dora")),
    "prefix": ("PrefixTuningConfig", ()),
    "prompt": ("PromptTuningConfig", ()),
    "ia3": ("IA3Config", ("target_modules", "feedforward_modules")),
}  # fmt: skip
CONFIGS["qlora"] = CONFIGS["lora"]
METHODS = frozenset({*CONFIGS, "full", "freeze"})
# What a training has told of its examples.
NOTED = {"rows_not_written": "not_written", "examples_packed": "packed"}
# What becomes of longer examples, as the script calls it.
FITS = {"drop": "leave_out", "cut": "cut", "split": "split"}


def write_script(
    recipe: Recipe, outcome: dict[str, Any], tuned: Path, folder: str, traits: frozenset[str]
) -> str | None:
    """Give the script of a training that left `tuned`, which lies in `folder` beside it; None for what it cannot repeat.

    `traits` is what `traits_of` finds. The script learns on one device, however many the training had.
    """
    if recipe.method.type not in METHODS or recipe.objective.type not in OBJECTIVES:
        return None
    tokenizer = load_tokenizer(tuned)
    facts = template_facts(tokenizer)
    marks = opening_of(tokenizer), str(tokenizer.eos_token or "")
    parts = find_parts(recipe, outcome, traits, facts)
    settings = {
        "TRAINING": {**training_settings(recipe, outcome), "padding_free": "packed" in parts},
        "KEEPS_BEST": recipe.training.keep == "best",
        **data_settings(recipe, parts, facts, marks),
        "TOKENIZER": folder,
    }
    if isinstance(recipe.method, Freeze):
        settings["TRAINED_LAYERS"] = recipe.method.trained_layers
    if "stopped" in parts:
        settings["STEPS"] = outcome["steps"]
    lines = [f"{name} = {as_python(value)}" for name, value in settings.items()]
    if "adapter" in parts:
        lines.append(f"DTYPE = torch.{outcome['dtype']}")
    if "adapter_made" in parts:
        lines.append(f"ADAPTER = {adapter_settings(recipe, tuned)}")
    text = files("studio.worker").joinpath("scripts", "train.py.txt").read_text(encoding="utf-8")
    filled = {
        "SETTINGS": "\n".join(lines),
        "USAGE": " START" if "goes_on" in parts else "",
        "START": ", start" if "goes_on" in parts else "",
        "BEGINNING": "start" if "goes_on" in parts else "base",
        "PEFT": peft_names(recipe.method.type, parts),
        "TRANSFORMERS": transformers_names(parts),
        "THREADS": str(recipe.training.cpu_threads or 1),
        "FIT": FITS[recipe.training.too_long],
        "CALLBACKS": ", callbacks=[Stop()]" if "stopped" in parts else "",
    }
    kept = "".join(keep_parts(text, parts))
    return re.sub("@@([A-Z]+)@@", lambda place: filled[place[1]], kept)


def traits_of(source: JobFolder) -> frozenset[str]:
    """Give what there is among the examples of a training: kinds of rows, `tools`, `system`, and rows `not_written`.

    Besides that, whether they were `packed`, and whether the model is `small`.
    """
    found = {
        trait
        for path in (source.train_rows, source.held_out_rows)
        if path.exists()
        for row in read_rows(path)
        for trait in traits_of_row(row)
    }
    events, _ = read_events(source.events, 0)
    codes = {event.values["code"] for event in events if event.kind == "note"}
    found |= {trait for code, trait in NOTED.items() if code in codes}
    return frozenset(found | ({"small"} if is_small(source) else set()))


def is_small(source: JobFolder) -> bool:
    """Tell whether the model of a training always learns on one thread."""
    asked = read_spec(source)["model"]
    try:
        parameters = read_model(base_folder(asked), asked["id"]).parameters
    except StudioError:
        # Deleted since: what is not known is not said.
        return False
    return learns_on_one(parameters)


def traits_of_row(row: Row) -> Iterator[str]:
    """Give what a row asks of the script."""
    yield row.kind
    roles = {message.role for message in row.messages}
    if row.tools or "tool" in roles or any(message.tool_calls for message in row.messages):
        yield "tools"
    if "system" in roles:
        yield "system"


def find_parts(
    recipe: Recipe, outcome: dict[str, Any], traits: frozenset[str], facts: TemplateFacts
) -> frozenset[str]:
    """Give the names of the parts of the script that a training needs."""
    in_chunks, method = recipe.is_in_chunks, recipe.method.type
    has_texts, talks = in_chunks or "text" in traits, not in_chunks and traits != {"text"}
    needs_turns = not facts.knows_system and bool(traits & {"system", "tools"})
    is_adapter, goes_on = method in CONFIGS, recipe.model.continue_from is not None
    is_virtual = isinstance(recipe.method, VirtualTokens)
    steps = count_steps(recipe.training, outcome["train_rows"])
    needed = {
        "conversations": talks,
        "tools": talks and "tools" in traits,
        "no_tools": talks and "tools" not in traits,
        "system_told": talks and needs_turns,
        "system_known": talks and not needs_turns,
        "all_written": talks and "not_written" not in traits,
        "some_written": talks and "not_written" in traits,
        "thumbs": talks and "thumbs" in traits,
        "texts": has_texts,
        "texts_among": has_texts and not in_chunks,
        "in_chunks": in_chunks,
        "one_by_one": not in_chunks,
        recipe.training.too_long: talks,
        "adapter": is_adapter,
        "in_4_bits": method == "qlora",
        "plain_adapter": is_adapter and method != "qlora",
        "adapter_made": is_adapter and (is_virtual or not goes_on),
        "adapter_afresh": is_adapter and not goes_on,
        "adapter_goes_on": is_adapter and goes_on and not is_virtual,
        "virtual_goes_on": is_virtual and goes_on,
        "goes_on": goes_on,
        "virtual_tokens": is_virtual and not goes_on,
        "prefix": method == "prefix" and not goes_on,
        "prompt": method == "prompt" and not goes_on,
        "whole_model": not is_adapter,
        "freeze": method == "freeze",
        "stopped": outcome["steps"] < steps,
        "packed": "packed" in traits,
        "in_16_bits": outcome["dtype"] == "bfloat16",
        "threads": "small" in traits or recipe.training.cpu_threads is not None,
    }
    return frozenset(name for name, is_needed in needed.items() if is_needed) | (
        {"split"} if has_texts else set()
    )


def keep_parts(text: str, parts: frozenset[str]) -> Iterator[str]:
    """Give the lines of what stays; a part may lie within another one."""
    within: list[bool] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("#[ "):
            within.append(line[3:].strip() in parts)
        elif line.startswith("#]"):
            within.pop()
        elif all(within):
            yield line


def peft_names(method: str, parts: frozenset[str]) -> str:
    """Give what the script takes from PEFT."""
    config, _ = CONFIGS.get(method, ("", ()))
    names = {
        config: "adapter_made" in parts,
        "PeftModel": "adapter_goes_on" in parts,
        "get_peft_model": "adapter_made" in parts,
        "initialize_kv_prefix_from_past_key_values": "prefix" in parts,
        "set_peft_model_state_dict": "virtual_goes_on" in parts,
    }
    return join_names(names)


def transformers_names(parts: frozenset[str]) -> str:
    """Give what the script takes from transformers."""
    names = {
        "AutoModelForCausalLM": True,
        "AutoTokenizer": True,
        "BitsAndBytesConfig": "in_4_bits" in parts,
        "DynamicCache": "prefix" in parts,
        "TrainerCallback": "stopped" in parts,
        "set_seed": "adapter_afresh" in parts,
    }
    return join_names(names)


def join_names(names: dict[str, bool]) -> str:
    """Give those names that are needed, as an import lists them."""
    return ", ".join(name for name, is_needed in names.items() if is_needed)


def training_settings(recipe: Recipe, outcome: dict[str, Any]) -> dict[str, Any]:
    """Give the settings of TRL."""
    training = recipe.training
    steps = count_steps(training, outcome["train_rows"])
    between_checks = steps_between_checks(training, steps)
    return {
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
    }


def adapter_settings(recipe: Recipe, tuned: Path) -> str:
    """Give what makes the adapter, as Python."""
    stored = json.loads((tuned / "adapter_config.json").read_text(encoding="utf-8"))
    name, fields = CONFIGS[recipe.method.type]
    given = {"task_type": "CAUSAL_LM", **{field: stored[field] for field in fields}}
    if isinstance(recipe.method, VirtualTokens):
        given["num_virtual_tokens"] = recipe.method.num_virtual_tokens
    inside = ", ".join(f"{field}={value!r}" for field, value in given.items())
    return f"{name}({inside})"


def data_settings(
    recipe: Recipe, parts: frozenset[str], facts: TemplateFacts, marks: tuple[str, str]
) -> dict[str, Any]:
    """Give the settings of the examples."""
    training = recipe.training
    limit = training.max_length_tokens
    named: dict[str, tuple[str, Any]] = {
        "MOST_TOKENS": ("one_by_one", limit),
        "OVERLAP": ("split", min(training.overlap_tokens, limit // 2)),
        "END_MARK": ("conversations", facts.end_mark),
        "CALLS": ("tools", facts.call_form),
        "TOOLS_TEXT": ("tools", TOOLS_TEXT),
        "BEFORE_TEXT": ("texts", marks[0]),
        "AFTER_TEXT": ("texts", marks[1]),
    }
    # Chunks have a limit, too.
    needed = parts | {"one_by_one"}
    return {name: value for name, (part, value) in named.items() if part in needed}


def as_python(value: Any) -> str:
    """Give a value as Python writes it, a dictionary one entry a line."""
    if not isinstance(value, dict):
        return repr(value)
    inside = "".join(f"    {key!r}: {one!r},\n" for key, one in value.items())
    return f"{{\n{inside}}}"
