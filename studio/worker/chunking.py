"""Learn a body of text: whole texts one after the other, cut into chunks of the longest length.

    "One text."  "Another."   ->   [One text.<end>Anoth] [nother.<end>]

Rows are lists of token ids, and an end token stands between two texts. Every token is learned once: what a chunk repeats
of the one before is only read.
"""

from pathlib import Path

from transformers import PreTrainedTokenizerBase

from studio.domain.recipe import Training
from studio.domain.records import read_rows
from studio.domain.workload import chunk_ranges
from studio.errors import StudioError
from studio.worker.rendering import IGNORED, encode_text
from studio.worker.task import Task

Chunks = list[dict[str, list[int]]]


def encode_chunks(task: Task, tokenizer: PreTrainedTokenizerBase, path: Path, part: str) -> Chunks:
    """Turn stored texts into chunks and tell how many.

    Raises:
        StudioError: `train.not_texts` where a row is no text.
    """
    chunks, texts = chunks_of(tokenizer, path, task.recipe.training)
    if texts:
        task.note("texts_in_chunks", part=part, count=len(chunks), texts=texts)
    return chunks


def chunks_of(
    tokenizer: PreTrainedTokenizerBase, path: Path, training: Training
) -> tuple[Chunks, int]:
    """Turn stored texts into chunks of token ids and labels; nothing is left out and nothing is learned twice.

    Raises:
        StudioError: `train.not_texts` where a row is no text.
    """
    ids: list[int] = []
    labels: list[int] = []
    texts = 0
    for row in read_rows(path):
        if row.kind != "text":
            raise StudioError("train.not_texts", line=row.line)
        encoded = encode_text(tokenizer, row.text)
        ids += encoded.input_ids
        labels += encoded.labels
        texts += 1
    ranges = chunk_ranges(len(ids), training.max_length_tokens, training.overlap_tokens)
    chunks = [
        {"input_ids": ids[start:stop], "labels": [IGNORED] * (new - start) + labels[new:stop]}
        for start, stop, new in ranges
    ]
    return chunks, texts
