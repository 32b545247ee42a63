"""Learn a body of text: whole texts one after the other, cut into chunks of the longest length.

    "One text."  "Another."   ->   [One text.<end>Anoth] [er.<end>]

Rows are lists of token ids; every token is learned, and an end token stands between two texts.
"""

from pathlib import Path

from transformers import PreTrainedTokenizerBase

from studio.domain.records import read_rows
from studio.errors import StudioError
from studio.worker.rendering import encode_text
from studio.worker.task import Task

# The first token of a sequence is never guessed, so one alone has nothing to learn.
SHORTEST_CHUNK = 2


def encode_chunks(
    task: Task, tokenizer: PreTrainedTokenizerBase, path: Path, part: str
) -> list[dict[str, list[int]]]:
    """Turn stored texts into chunks of token ids and labels; nothing is left out and nothing is learned twice.

    Raises:
        StudioError: `train.not_texts` where a row is no text.
    """
    most_tokens = task.recipe.training.max_length_tokens
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
    chunks = [
        {"input_ids": ids[start:stop], "labels": labels[start:stop]}
        for start in range(0, len(ids), most_tokens)
        if (stop := min(len(ids), start + most_tokens)) - start >= SHORTEST_CHUNK
    ]
    task.note("texts_in_chunks", part=part, count=len(chunks), texts=texts)
    return chunks
