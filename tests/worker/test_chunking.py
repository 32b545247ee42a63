"""Texts one after the other: every token is learned once, with the end of the chunk before in view."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from studio.domain.recipe import parse_recipe
from studio.domain.records import Message, Row, write_rows
from studio.errors import StudioError
from studio.worker.chunking import encode_chunks
from studio.worker.rendering import IGNORED
from tests.worker.template_families import FAMILIES

TOKENIZER = FAMILIES["ours"].tokenizer()
TEXTS = ("Es war einmal. " * 3, "狐狸", "The end.")


class Notes:
    """A task that only takes notes."""

    def __init__(self, **training: Any) -> None:
        self.recipe = parse_recipe({"objective": {"type": "text"}, "training": training})
        self.notes: list[dict[str, Any]] = []

    def note(self, code: str, **values: Any) -> None:
        self.notes.append({"code": code, **values})


@pytest.mark.parametrize("overlap", [0, 5, 16])
def test_every_token_of_every_text_is_learned_once(tmp_path: Path, overlap: int) -> None:
    rows = [Row((), line, kind="text", text=text) for line, text in enumerate(TEXTS)]
    write_rows(tmp_path / "train.jsonl", rows)
    task: Any = Notes(max_length_tokens=32, overlap_tokens=overlap)
    chunks = encode_chunks(task, TOKENIZER, tmp_path / "train.jsonl", "train")
    learned = [label for chunk in chunks for label in chunk["labels"] if label != IGNORED]
    assert TOKENIZER.decode(learned) == "".join(f"{text}</s>" for text in TEXTS)
    for before, after in pairwise(chunks):
        assert (
            before["input_ids"][len(before["input_ids"]) - overlap :]
            == after["input_ids"][:overlap]
        )
        assert after["labels"][:overlap] == [IGNORED] * overlap
    assert task.notes[0]["count"] == len(chunks)


def test_where_no_text_is_held_out_nothing_is_told_of_it(tmp_path: Path) -> None:
    write_rows(tmp_path / "held_out.jsonl", [])
    task: Any = Notes()
    assert encode_chunks(task, TOKENIZER, tmp_path / "held_out.jsonl", "held_out") == []
    assert task.notes == []


def test_a_conversation_is_no_text(tmp_path: Path) -> None:
    write_rows(tmp_path / "train.jsonl", [Row((Message("user", "Hi"),), 3)])
    task: Any = Notes()
    with pytest.raises(StudioError, match=r"train\.not_texts"):
        encode_chunks(task, TOKENIZER, tmp_path / "train.jsonl", "train")
