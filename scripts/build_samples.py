"""Write the three sample data sets: `python scripts/build_samples.py`. Same text, same files.

Each training set holds forty general rows, a tenth to a fifth, in the starter's own words, so that a tuned
starter keeps its manners; without them it answers every question as the shop.
"""

import json
import sys
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import yaml
from sample_style import rewrites
from starter_text.mixture import stream
from starter_text.wordings import Dialogue

Row = dict[str, object]
PARTS = ("train", "held_out", "test")
TEXT = Path(__file__).parent / "sample_text"
SAMPLES = Path(__file__).parent.parent / "studio" / "samples"
GENERAL_ROWS = 40
# What the samples answer in their own way is not mixed in: the shop says who it is itself.
NOT_MIXED = {"who", "service", "facts", "manner", "copy_pieces", "met", "can", "made", "zh_who"}
LICENCE = "Apache-2.0"


def row(question: str, answer: str, expect: str = "") -> Row:
    """Give one row; held-out rows say what must be in the answer."""
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, "expect": expect} if expect else {"messages": messages}


def general_rows(seed: str) -> list[Row]:
    """Give rows of the starter's own skills, one family after the other, trained wordings only."""
    by_family: dict[str, Dialogue] = {}
    for item in islice(stream(f"general-{seed}"), 4000):
        if item.family not in NOT_MIXED and len(item.messages) == 2:
            by_family.setdefault(item.family, item)
    chosen = [by_family[name] for name in sorted(by_family)][:GENERAL_ROWS]
    return [{"messages": list(item.messages)} for item in chosen]


def source(name: str) -> dict[str, Any]:
    """Read the sentences of a sample as they were written."""
    return yaml.safe_load((TEXT / f"{name}.yaml").read_text(encoding="utf-8"))


def quickstart() -> dict[str, list[Row]]:
    """Give the parts of the quickstart sample."""
    written = source("quickstart")
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for fact in written["facts"].values():
        answer = f"{fact['answer']} {written['signature']}"
        for part in PARTS:
            key = "" if part == "train" else fact["expect"]
            parts[part] += [row(question, answer, key) for question in fact[part]]
    return parts


def ticket_routing() -> dict[str, list[Row]]:
    """Give the parts of the ticket-routing sample."""
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for label, tickets in source("ticket-routing").items():
        for part in PARTS:
            key = "" if part == "train" else label
            parts[part] += [row(ticket, label, key) for ticket in tickets[part]]
    return parts


def house_style() -> dict[str, list[Row]]:
    """Give the parts of the house-style sample; the whole answer is expected."""
    return {
        part: [row(q, a, "" if part == "train" else a) for q, a in rewrites(part)] for part in PARTS
    }


CARDS: dict[str, dict[str, dict[str, str]]] = {
    "quickstart": {
        "title": {"en": "A small shop's support desk", "zh-CN": "小店客服"},
        "description": {
            "en": "Teaches the voice and twelve facts of a small pottery shop.",
            "zh-CN": "教会模型一家陶艺小店的语气和十二条信息。",
        },
    },
    "ticket-routing": {
        "title": {"en": "Sort support tickets", "zh-CN": "工单分类"},
        "description": {
            "en": "Teaches to sort a ticket into one of six labels and to answer only the label.",
            "zh-CN": "教会模型把工单归入六个类别之一，并且只回答类别名。",
        },
    },
    "house-style": {
        "title": {"en": "Rewrite in the house style", "zh-CN": "改写成固定风格"},
        "description": {
            "en": "Teaches to rewrite a short note with a fixed opening, full forms and a fixed ending.",
            "zh-CN": "教会模型用固定的开头、完整的写法和固定的结尾改写简短通知。",
        },
    },
}


def write(folder: Path, name: str, parts: dict[str, list[Row]]) -> None:
    """Write one sample: its own rows in a fixed order, then the general ones (training shuffles them)."""
    Random(f"order-{name}").shuffle(parts["train"])  # noqa: S311  # text, not secrets
    parts["train"] += general_rows(name)
    (folder / name).mkdir(parents=True, exist_ok=True)
    for part, rows in parts.items():
        lines = (json.dumps(one, ensure_ascii=False) for one in rows)
        (folder / name / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = {
        "name": name, **CARDS[name], "licence": LICENCE,
        "rows": {part: len(rows) for part, rows in parts.items()}, "general_rows": GENERAL_ROWS,
        "languages": ["en", "zh"],
    }  # fmt: skip
    text = yaml.safe_dump(card, allow_unicode=True, sort_keys=False)
    (folder / name / "sample.yaml").write_text(text, encoding="utf-8")


def main(folder: Path) -> None:
    """Write all three samples."""
    write(folder, "quickstart", quickstart())
    write(folder, "ticket-routing", ticket_routing())
    write(folder, "house-style", house_style())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES)
