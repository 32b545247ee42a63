"""Parquet files, batch by batch; lists and structures come as JSON has them."""

import base64
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from studio.domain.raw_rows import LARGEST_FILE_BYTES, MOST_ROWS, Position, RawRow
from studio.errors import StudioError

BATCH_ROWS = 1_000
LARGEST_GROUP_BYTES = 1 << 30
# Of a picture or a sound only this much is kept, to say that it is none of our texts.
SHOWN_BYTES = 24


def open_parquet(path: Path, position: Position) -> tuple[tuple[str, ...], Iterator[RawRow]]:
    """Give the column names and the rows of a Parquet file.

    Raises:
        StudioError: `data.bad_parquet`, `data.too_large`, `data.too_many_rows`, `data.empty_file`, `data.duplicate_columns`.
    """
    try:
        with pq.ParquetFile(path) as file:
            facts = file.metadata
            groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
            schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise StudioError("data.bad_parquet") from error
    sizes = [group.total_byte_size for group in groups]
    if max(sizes, default=0) > LARGEST_GROUP_BYTES or sum(sizes) > 4 * LARGEST_FILE_BYTES:
        raise StudioError("data.too_large", gib=round(LARGEST_FILE_BYTES / 1024**3, 1))
    if facts.num_rows > MOST_ROWS:
        raise StudioError("data.too_many_rows", most=MOST_ROWS)
    if not facts.num_rows:
        raise StudioError("data.header_only" if schema.names else "data.empty_file")
    names = schema.names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StudioError("data.duplicate_columns", names=", ".join(twice))
    return tuple(names), read_batches(path, schema, facts.num_rows, position)


def read_batches(path: Path, schema: pa.Schema, total: int, position: Position) -> Iterator[RawRow]:
    """Read the rows of a Parquet file; `line` is a row's number.

    Raises:
        StudioError: `data.bad_parquet` where the file is damaged further on.
    """
    labels = class_names(schema)
    size, number = path.stat().st_size, 0
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
        batches = file.iter_batches(batch_size=BATCH_ROWS, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError) as error:
                raise StudioError("data.bad_parquet") from error
            if batch is None:
                return
            columns = [column_values(batch, name, labels.get(name)) for name in schema.names]
            for cells in zip(*columns, strict=True):
                number += 1
                yield RawRow(number, dict(zip(schema.names, cells, strict=True)))
            position.taken_bytes = size * number // total


def column_values(batch: pa.RecordBatch, name: str, labels: list[str] | None) -> list[Any]:
    """Give a column's cells as plain values, categories by their names."""
    column = batch.column(name)
    is_plain = pa.types.is_string(column.type) or pa.types.is_boolean(column.type)
    values = column.to_pylist()
    if labels is not None:
        return [labels[v] if isinstance(v, int) and 0 <= v < len(labels) else v for v in values]
    return values if is_plain else [plain(value) for value in values]


def plain(value: Any) -> Any:
    """Give a value as JSON would hold it."""
    if isinstance(value, dict):
        return {str(name): plain(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [plain(inside) for inside in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return bytes_as_text(value)
    return value if value is None or isinstance(value, str | bool | int) else str(value)


def bytes_as_text(value: bytes) -> str:
    """Give bytes as the text they are, or the beginning of a picture or a sound as base64."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value[:SHOWN_BYTES]).decode("ascii")


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Give the names of the categories that `datasets` notes beside a column of numbers.

    Source: https://huggingface.co/docs/datasets/about_dataset_features (`ClassLabel`)
    """
    noted = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        features = json.loads(noted)["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    if not isinstance(features, dict):
        return {}
    return {
        name: [str(label) for label in about["names"]]
        for name, about in features.items()
        if isinstance(about, dict)
        and about.get("_type") == "ClassLabel"
        and isinstance(about.get("names"), list)
    }
