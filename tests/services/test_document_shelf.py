"""Documents that are kept: their text, in passages, for their owner only, and gone when they are deleted."""

from pathlib import Path

import pytest

from studio.domain.column import Column
from studio.errors import StudioError
from studio.services import document_shelf
from studio.services.document_shelf import DocumentShelf
from studio.services.workspace import Workspace


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DocumentShelf:
    """Give a shelf that reads texts itself; reading in a process has its own test."""
    monkeypatch.setattr(document_shelf, "extract", lambda path, _kind: path.read_text("utf-8"))
    return DocumentShelf(tmp_path / "documents")


def drop(shelf: DocumentShelf, folder: Path, text: str, name: str = "hours.txt") -> str:
    path = folder / "dropped"
    path.write_text(text, encoding="utf-8")
    return shelf.add(path, name).id


def test_a_document_is_kept_for_its_owner_only_and_deleted_with_what_was_made_of_it(
    shelf: DocumentShelf, tmp_path: Path
) -> None:
    mine = drop(shelf, tmp_path, "One.\n\nTwo.")
    (kept,) = shelf.list()
    assert (kept.name, kept.passages, kept.is_cut) == ("hours.txt", ("One.\n\nTwo.",), False)
    assert shelf.folder.stat().st_mode & 0o777 == 0o700
    assert (shelf.folder / f"{mine}.json").stat().st_mode & 0o777 == 0o600
    (shelf.folder / f"{mine}.abc.npy").touch()
    shelf.delete(mine)
    assert list(shelf.folder.iterdir()) == []


def test_a_document_takes_the_place_of_the_one_with_its_name(
    shelf: DocumentShelf, tmp_path: Path
) -> None:
    drop(shelf, tmp_path, "Old.")
    drop(shelf, tmp_path, "New.")
    assert [document.passages for document in shelf.list()] == [("New.",)]


def test_a_name_from_elsewhere_deletes_nothing(shelf: DocumentShelf, tmp_path: Path) -> None:
    drop(shelf, tmp_path, "One.")
    for name in ("*", "../documents/*", ""):
        shelf.delete(name)
    assert len(shelf.list()) == 1


def test_there_is_a_limit_to_everything(
    shelf: DocumentShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_shelf, "MOST_PASSAGES", 3)
    drop(shelf, tmp_path, "A sentence. " * 500)
    assert len(shelf.list()[0].passages) == 3
    assert shelf.list()[0].is_cut
    for limit, name, code in (
        ("MOST_PASSAGES", "b.txt", "full"),
        ("MOST_DOCUMENTS", "b.txt", "too_many"),
        ("LARGEST_FILE_BYTES", "b.txt", "too_large"),
        ("MOST_PASSAGES", "b.exe", "unknown_kind"),
    ):
        monkeypatch.setattr(document_shelf, limit, 1)
        with pytest.raises(StudioError, match=rf"documents\.{code}"):
            drop(shelf, tmp_path, "More.", name)


def test_with_documents_each_base_model_can_answer_once_more(
    workspace: Workspace, tmp_path: Path
) -> None:
    library, column = workspace.playground.columns, Column(model_id="starter", has_documents=True)
    assert column not in [choice.column for choice in library.choices()]
    with pytest.raises(StudioError, match=r"documents\.none"):
        library.source(column)
    drop(workspace.documents, tmp_path, "Nine to five.")
    assert column in [choice.column for choice in library.choices()]
    assert library.source(column).documents == workspace.documents.folder
    assert library.together([Column(model_id="starter"), column]) == [[Column(model_id="starter"), column]]  # fmt: skip
