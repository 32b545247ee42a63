"""The table of examples: filters, search and order give the right rows, and pages of a choice stay the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from studio.domain.findings import FINDINGS, flag
from studio.domain.searching import find_text
from studio.services.row_views import RowView
from studio.services.workspace import Workspace

TEXTS = [
    "I lost my Card", "Où est ma CARTE", "¿ESTÁ bien?", "我的卡丢了", "user", "line 17", 'a "quote"', "two\nlines", "x" * 400,
]  # fmt: skip


@pytest.fixture
def dataset_id(workspace: Workspace, tmp_path: Path) -> str:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"text": text, "category": "even" if i % 2 == 0 else "odd"}
        for i, text in enumerate(TEXTS * 5)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return workspace.datasets.add_file(path, path.name).id


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("card", {0}), ("CARTE", {1}), ("está", {2}), ("ESTÁ", {2}), ("卡", {3}), ("user", {4}), ("17", {5}),
        ('"quote"', {6}), ("two\nlines", {7}), ("content", set()), ("no such thing", set()), ("categories", set(range(9))),
    ],
)  # fmt: skip
def test_search_finds_what_rows_say_and_nothing_else(
    workspace: Workspace, dataset_id: str, wanted: str, found: set[int]
) -> None:
    places = np.flatnonzero(find_text(workspace.datasets.folder(dataset_id).head(), wanted))
    assert {place % len(TEXTS) for place in places.tolist()} == found


def test_views_filter_and_order(workspace: Workspace, dataset_id: str) -> None:
    select, head = workspace.datasets.select, workspace.datasets.folder(dataset_id).head()
    assert [*select(dataset_id, RowView())] == [*range(45)]
    assert [*select(dataset_id, RowView(part="held_out"))] == [*head.places("held_out")]
    assert [*select(dataset_id, RowView(label="odd"))] == [*range(1, 45, 2)]
    assert [*select(dataset_id, RowView(label="none"))] == []
    assert select(dataset_id, RowView(order="longest"))[0] % len(TEXTS) == 8
    sizes = head.index()["bytes"][select(dataset_id, RowView(order="shortest"))]
    assert [*sizes] == sorted(sizes)


def test_what_the_checks_found_can_be_filtered(workspace: Workspace, dataset_id: str) -> None:
    head = workspace.datasets.folder(dataset_id).head()
    assert [*workspace.datasets.select(dataset_id, RowView(finding="any"))] == []
    flags, topics = np.zeros(45, np.uint32), np.full(45, -1, np.int16)
    flags[3], flags[5], topics[7] = flag("duplicate"), flag("personal_mail"), 2
    np.save(head.flags, flags)
    np.save(head.topic_of, topics)
    for view, places in (
        (RowView(finding="any"), [3, 5]),
        (RowView(finding="personal_mail"), [5]),
        (RowView(finding="no such code"), []),
        (RowView(topic=2), [7]),
    ):
        assert [*workspace.datasets.select(dataset_id, view)] == places
    assert "duplicate" in FINDINGS


def test_a_place_gives_its_row(workspace: Workspace, dataset_id: str) -> None:
    rows = workspace.datasets.rows(dataset_id, [8, 0])
    assert [row.line for row in rows] == [9, 1]
