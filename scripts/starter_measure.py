"""Measure the starter: fresh dialogues of trained and of held-out wordings, greedy, exact match."""

import zlib
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any, cast

import torch
from starter_text.mixture import families
from starter_text.wordings import Dialogue
from starter_text.words import NOUNS
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
)

# Trains embeddings; long lists of random words are no skill that anyone asks for. Shown, not counted.
EXERCISES = {"copy_pieces"}
BATCH_ROWS = 48
NEW_TOKENS = 48


def fresh(held_out: bool, rows_per_family: int, pieces: tuple[str, ...]) -> list[Dialogue]:
    """Draw the dialogues to measure on; their seed is never used in training."""
    drawn = []
    for name, (_, maker) in families(pieces).items():
        rng = Random(zlib.crc32(f"measure-{name}-{held_out}".encode()))  # noqa: S311  # text
        drawn += [maker(rng, held_out) for _ in range(rows_per_family)]
    return drawn


@torch.inference_mode()
def answers(
    model: PreTrainedModel,
    tokenizer: Any,
    chats: list[list[dict[str, str]]],
    batch_rows: int = BATCH_ROWS,
) -> list[tuple[str, bool]]:
    """Give the greedy answer to each chat, and whether it ended by itself."""
    tokenizer.padding_side = "left"
    order = sorted(range(len(chats)), key=lambda i: sum(len(m["content"]) for m in chats[i]))
    found: list[tuple[str, bool]] = [("", False)] * len(chats)
    for at in range(0, len(order), batch_rows):
        part = order[at : at + batch_rows]
        batch = tokenizer.apply_chat_template(
            [chats[i] for i in part], add_generation_prompt=True, return_dict=True,
            return_tensors="pt", padding=True,
        )  # fmt: skip
        made = cast("Any", model).generate(**batch, do_sample=False, max_new_tokens=NEW_TOKENS)
        made = made[:, batch["input_ids"].shape[1] :]
        for i, ids in zip(part, made, strict=True):
            text = tokenizer.decode(ids, skip_special_tokens=True).strip()
            found[i] = (text, bool((ids == tokenizer.eos_token_id).any()))
    return found


def measure(folder: Path, rows_per_family: int) -> dict[str, object]:
    """Give accuracy and self-ending in total and by family, for trained and held-out wordings."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    pieces = tuple(f" {noun}" for noun in NOUNS)
    report: dict[str, object] = {}
    for split, held_out in (("trained", False), ("held_out", True)):
        items = fresh(held_out, rows_per_family, pieces)
        found = answers(model, tokenizer, [list(item.messages[:-1]) for item in items])
        right, wrong = defaultdict(list), []
        for item, (text, _) in zip(items, found, strict=True):
            right[item.family].append(text == item.expect)
            if text != item.expect:
                wrong.append([item.family, item.messages[-2]["content"], text, item.expect])
        flat = [r for name, rs in right.items() if name not in EXERCISES for r in rs]
        report[split] = {
            "n": len(flat),
            "accuracy": round(sum(flat) / len(flat), 4),
            "ends_by_itself": round(sum(ended for _, ended in found) / len(found), 4),
            "by_family": {name: round(sum(rs) / len(rs), 3) for name, rs in right.items()},
            "wrong": wrong,
        }
    return report
