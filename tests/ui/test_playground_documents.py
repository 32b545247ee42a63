"""My documents in the Playground, called as plain functions: dropped, read by a column, shown, and taken away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.domain.column import Column
from studio.domain.passages import Document, Passage
from studio.i18n import translator
from studio.services import document_shelf
from studio.services.columns import Choice
from studio.services.dialogue import Dialogue, Turn
from studio.services.dialogue_memory import read_dialogue, write_dialogue
from studio.services.playground import Answer, AskOptions, take_in
from studio.ui.chat_view import chat_value
from studio.ui.documents_view import documents_value
from studio.ui.page import Page
from studio.ui.tabs import playground_documents
from studio.ui.tabs.playground_judging import keep_correction

NASTY = "<img src=x onerror=alert(1)>"
READER = Column(model_id="starter", has_documents=True)


@pytest.fixture
def dialogue(dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> Dialogue:
    """Give what a visitor finds after a training; texts are read without a process of their own."""
    monkeypatch.setattr(document_shelf, "extract", lambda path, _kind: path.read_text("utf-8"))
    return dialogue


def drop(page: Page, dialogue: Dialogue, folder: Path, name: str = "hours.txt") -> dict[str, Any]:
    path = folder / name
    path.write_text(f"Nine to five. {NASTY}", encoding="utf-8")
    emptied, shown, *_ = playground_documents.take_documents(page, dialogue, [str(path)])
    assert emptied is None
    assert not path.exists()
    return shown


def test_dropped_documents_are_listed_and_offered_to_the_base_of_the_training(
    page: Page, dialogue: Dialogue, tmp_path: Path
) -> None:
    assert playground_documents.draw_documents(page, dialogue)["join"] == ""
    shown = drop(page, dialogue, tmp_path)
    assert [item["name"] for item in shown["items"]] == ["hours.txt"]
    assert "starter" in shown["join"]


def test_how_much_a_model_reads_at_once_is_said() -> None:
    document = Document("d1", "hours.txt", ("Nine to five.",), 13, is_cut=True)
    shown = documents_value(translator("en"), [document], "starter", 512, has_column=False)
    assert "starter reads 512 word pieces" in shown["note"]
    assert shown["items"][0]["facts"] == "1 passage; only the beginning is kept"


def test_a_file_that_cannot_be_read_is_named_with_its_reason(
    page: Page, dialogue: Dialogue, tmp_path: Path
) -> None:
    shown = drop(page, dialogue, tmp_path, f"{NASTY.replace('/', '')}.exe")
    assert shown["items"] == []
    assert "PDF, DOCX, TXT" in shown["problems"][0]


def test_a_column_answers_with_documents_until_the_last_one_is_gone(
    page: Page, dialogue: Dialogue, tmp_path: Path, picked: Callable[..., Any]
) -> None:
    before = dialogue.lineup.columns
    shown = drop(page, dialogue, tmp_path)
    told, row, *_ = playground_documents.add_reader(page, dialogue)
    assert dialogue.lineup.columns == (*before, READER)
    assert told["join"] == ""
    assert row["items"][-1]["name"] == "Base model with my documents · starter"
    event = picked(id=shown["items"][0]["id"])
    emptied, *_ = playground_documents.drop_document(page, dialogue, event)
    assert emptied["items"] == []
    assert dialogue.lineup.columns == before


def test_a_reader_alone_becomes_the_plain_base_when_its_documents_go(
    page: Page, dialogue: Dialogue, tmp_path: Path, picked: Callable[..., Any]
) -> None:
    shown = drop(page, dialogue, tmp_path)
    dialogue.lineup = type(dialogue.lineup)((READER,))
    playground_documents.drop_document(page, dialogue, picked(id=shown["items"][0]["id"]))
    assert dialogue.lineup.columns == (Column(model_id="starter"),)


def made_turn(passages: list[dict[str, Any]]) -> Turn:
    """Give a turn that a reader of documents has answered, as its replies come in."""
    answer = Answer()
    take_in(answer, {"column": 0, "passages": passages})
    take_in(answer, {"column": 0, "text": "At nine.", "tokens": 3, "reason": "end"})
    return Turn("When?", (Choice(READER, "starter", "starter"),), (answer,), (AskOptions(),))


def test_an_answer_shows_what_was_given_as_text_and_keeps_it_over_a_reload() -> None:
    given = {"document": NASTY, "text": f"${{x}} {NASTY}", "is_cut": True}
    dialogue = Dialogue()
    dialogue.begin(made_turn([given]))
    again = read_dialogue(write_dialogue(dialogue))
    assert again.turns[0].answers[0].passages == (Passage(**given),)
    (answer,) = chat_value(translator("en"), again.turns)["turns"][0]["answers"]
    assert answer["given"]["items"] == [{"name": NASTY, "text": f"${{x}} {NASTY}"}]
    assert "1 passage" in answer["given"]["label"]
    assert "beginning" in answer["given"]["note"]
    assert not answer["can_weigh"]


def test_what_is_corrected_is_learned_without_the_passages(
    page: Page, dialogue: Dialogue, picked: Callable[..., Any]
) -> None:
    given = {"document": "hours.txt", "text": "Nine to five.", "is_cut": False}
    dialogue.begin(made_turn([given]))
    (answer,) = chat_value(page.t, dialogue.turns)["turns"][0]["answers"]
    assert answer["can_correct"]
    keep_correction(page, dialogue, picked(number=dialogue.begun, place=0, text="From nine on."))
    (row,) = page.workspace.datasets.rows("corrections", [0])
    assert [message.content for message in row.messages] == ["When?", "From nine on."]


def test_where_no_passage_fitted_the_answer_says_so() -> None:
    (answer,) = chat_value(translator("en"), [made_turn([])])["turns"][0]["answers"]
    assert answer["given"]["items"] == []
    assert "No passage fitted" in answer["given"]["note"]
