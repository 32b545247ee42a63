"""What the Data tab draws: values in, JSON out."""

from typing import Any

import numpy as np
import pytest

from studio.domain.dataset_folder import Facts, Step
from studio.domain.findings import Finding, Health
from studio.domain.records import Message, Row, ToolCall
from studio.domain.row_lengths import describe_lengths
from studio.domain.topic_map import Topic, Topics
from studio.errors import StudioError
from studio.i18n import translator
from studio.services.previews import Preview, TokenSpan
from studio.ui.conversation_view import conversation_value, tool_names
from studio.ui.corrections import corrected, written
from studio.ui.examples_view import View
from studio.ui.health_view import blanks_value, health_value, history_value
from studio.ui.lengths_view import lengths_value
from studio.ui.template_view import template_value
from studio.ui.topics_view import MOST_POINTS, topics_value

T = translator("en")
ASKED, SAID = Message("user", "Where?"), Message("assistant", "At the harbour.")
CALL = Message("assistant", "", (ToolCall("find", '{"place": "here"}'),))
RESULT = Message("tool", "[1, 2]")
CHAT = Row((ASKED, SAID), 3)
CALLS = Row(
    (ASKED, CALL, RESULT, SAID), 4, tools='[{"function": {"name": "find"}}, {"name": "go"}]'
)
PAIR = Row((ASKED, SAID), 5, "preference", rejected=(Message("assistant", "No idea."),))
FACTS = Facts(Step("import"), "csv", "question-answer", 9, 9, 0, (), (), 8, 1, 10.0, {}, ())


def spot(**changed: Any) -> dict[str, Any]:
    return {"side": "messages", "turn": 1, "call": -1, "text": "At the pier.", **changed}


def test_a_call_and_its_result_are_shown_as_such() -> None:
    shown = conversation_value(T, CALLS, 7)
    assert [turn["role"] for turn in shown["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert shown["messages"][1]["calls"][0]["name"] == "find"
    assert shown["marks"][0]["text"] == "Functions on offer: find, go"


def test_the_rejected_answer_stands_beside_the_chosen_one() -> None:
    shown = conversation_value(T, PAIR, 7)
    assert shown["shared"] == 1
    assert shown["rejected"][0]["content"] == "No idea."


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        (Row((ASKED, SAID), 1, "thumbs", is_good=True), ["good"]),
        (Row((ASKED, SAID), 1, "thumbs", is_good=False), ["bad"]),
        (Row((ASKED, SAID), 1, label="place"), ["label"]),
        (CHAT, []),
    ],
)
def test_what_is_known_besides_the_words_is_marked(row: Row, kinds: list[str]) -> None:
    assert [mark["kind"] for mark in conversation_value(T, row, 0)["marks"]] == kinds


@pytest.mark.parametrize("tools", ["", "nothing", "7", '[1, {"x": 2}]', '{"name": 3}'])
def test_strange_functions_on_offer_break_nothing(tools: str) -> None:
    assert all(isinstance(name, str) for name in tool_names(tools))


@pytest.mark.parametrize(
    ("row", "at", "found"),
    [
        (CHAT, spot(), lambda row: row.messages[1].content),
        (PAIR, spot(side="rejected", turn=0), lambda row: row.rejected[0].content),
        (CALLS, spot(call=0), lambda row: row.messages[1].tool_calls[0].arguments),
        (Row((), 1, "text", text="Old."), spot(side="text"), lambda row: row.text),
        (Row((ASKED, SAID), 1, label="place"), spot(), lambda row: row.label),
    ],
)
def test_a_correction_goes_where_the_pencil_was(row: Row, at: dict[str, Any], found: Any) -> None:
    assert found(corrected(row, at)) == "At the pier."


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (spot(text=" "), "data.bad_correction"),
        (spot(turn=9), "data.no_such_place"),
        (spot(side="line"), "data.no_such_place"),
        (spot(call=2), "data.no_such_place"),
    ],
)
def test_a_correction_that_cannot_be_made_is_told(at: dict[str, Any], code: str) -> None:
    with pytest.raises(StudioError) as raised:
        corrected(CHAT, at)
    assert raised.value.code == code


@pytest.mark.parametrize("kind", ["chat", "preference", "thumbs", "text"])
def test_a_new_example_is_written_with_the_fields_that_are_offered(kind: Any) -> None:
    fields = conversation_value(T, None, None, kind=kind)["fields"]
    row = written({field["key"]: "Words." for field in fields}, kind)
    assert row.kind == kind
    with pytest.raises(StudioError, match="bad_correction"):
        written({}, kind)


def test_the_end_of_a_turn_stands_alone_among_the_tokens() -> None:
    spans = [
        TokenSpan("a", "learned"),
        TokenSpan("b", "learned"),
        TokenSpan("<end>", "learned", True),
    ]
    preview = Preview(
        (*spans, TokenSpan("", "break")), 9, 3, 2, 2, True, own_template=True, tools_as_text=True
    )
    shown = template_value(T, preview)
    assert [span["text"] for span in shown["spans"]] == ["ab", "<end>", ""]
    assert len(shown["notes"]) == 5
    assert shown["share"] == "3 of 9 word pieces are learned"


def test_every_stop_of_the_slider_knows_what_it_cuts() -> None:
    tokens = np.arange(10, 1010, 10, dtype=np.uint32)
    shown = lengths_value(T, describe_lengths(np.stack([tokens, tokens - 5])), 256, "x")
    cut = {limit: (rows, lost) for limit, rows, lost in shown["stops"]}
    assert cut[256] == (75, 74)
    assert shown["stops"][-1][1] == 0
    assert shown["cut_text"] == "{cut} of 100 examples will be cut, {lost} lose their ending."


@pytest.mark.parametrize(
    ("health", "is_checking", "title"),
    [
        (None, True, "Being checked"),
        (None, False, "Not checked yet"),
        (Health((), 9, 9), False, "No problems found"),
        (Health((Finding("duplicate", 2, "warning", (0,)),), 9, 9), False, "1 thing to look at"),
    ],
)
def test_the_health_card_says_how_it_stands(
    health: Health | None, is_checking: bool, title: str
) -> None:
    shown = health_value(T, health, {0: CHAT}, is_checking=is_checking)
    assert shown["title"] == title


def test_a_finding_shows_two_examples_and_its_fix() -> None:
    finding = Finding(
        "duplicate", 2, "warning", (0, 1), fix=Step("drop_rows", {"finding": "duplicate"})
    )
    card = health_value(T, Health((finding,), 9, 9), {0: CHAT, 1: PAIR}, is_checking=False)
    shown = card["findings"][0]
    assert [example["place"] for example in shown["examples"]] == [0, 1]
    assert shown["examples"][0]["text"] == "Where? → At the harbour."
    assert shown["fix"] == "Leave them out"


def test_only_the_last_step_can_be_taken_back_and_never_the_import() -> None:
    assert history_value(T, [FACTS])["undo"] is None
    step = Step("drop_rows", {"finding": "duplicate"})
    dropped = Facts(step, "csv", "question-answer", 9, 7, 0, (), (), 6, 1, 10.0, {}, (), 2)
    shown = history_value(T, [FACTS, dropped])
    assert shown["undo"]
    assert shown["steps"][1]["count"] == "2 changed · 7 examples"


def test_names_that_wait_are_asked_for_in_their_braces() -> None:
    assert blanks_value(T, ("name",))["labels"] == ["What shall stand for {{name}}?"]


def test_a_large_map_is_thinned_and_the_chosen_topic_marked() -> None:
    rows = 3 * MOST_POINTS
    found = Topics(
        (Topic(4, ("card", "lost"), rows),),
        np.arange(rows),
        np.full((rows, 2), 0.5),
        np.full(rows, 4, dtype=np.int16),
    )
    shown = topics_value(T, found, 4, is_checking=False)
    assert len(shown["points"]) <= MOST_POINTS
    assert shown["points"][0] == [500, 500, 0]
    assert shown["chosen"] == 0


def test_a_view_that_somebody_made_up_is_harmless() -> None:
    asked = {"part": "../x", "order": "random", "filter": "topic:-1e9", "search": 7, "offset": -5}
    wanted = View.from_page(asked)
    found = wanted.row_view(None, 512)
    assert (found.part, found.order, found.topic, found.search) == (None, "file", None, "7")
    assert (wanted.offset, wanted.chosen) == (0, None)
