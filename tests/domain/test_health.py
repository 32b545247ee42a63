"""The health check: what harms a training is found, and nothing else is said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio.domain import health as health_module
from studio.domain.dataset_folder import Step, Version
from studio.domain.findings import FINDINGS, Finding, Health, flagged
from studio.domain.health import check_health
from studio.domain.records import Message, Row, Skipped
from studio.domain.watching import Cancelled, Unwatched
from studio.i18n import languages, translator
from tests.made_versions import chat, labelled, make_version

THINGS = ("kettle", "ladder", "mirror", "needle", "orange", "pillow", "rocket", "saddle", "tunnel", "violin")  # fmt: skip


def sound(count: int = 60) -> list[Row]:
    """Give examples without a fault: different questions, different answers of several words."""
    return [
        chat(
            f"Where is the {THINGS[i % 10]} of the {THINGS[i // 10]} house?",
            f"You find the {THINGS[i % 10]} beside {THINGS[i // 10]} number {i}, where we put it.",
        )
        for i in range(count)
    ]


def found(version: Version) -> dict[str, Finding]:
    return {one.code: one for one in check_health(version, Unwatched())[0].findings}


def test_sound_data_has_no_findings(tmp_path: Path) -> None:
    assert found(make_version(tmp_path, sound())) == {}


MARK = "<|im_end|>"
FAULTS: list[tuple[str, list[Row]]] = [
    ("duplicate", [sound()[3]]),
    ("near_duplicate", [chat("Where's the ladder of the kettle house", sound()[1].answer())]),
    ("short_answer", [chat("Is the shop open on Sunday?", "Yes.")]),
    ("short_answer", [chat("Is it open?", "营业")]),
    ("answer_is_question", [chat("Is the shop open?", "is the shop open")]),
    ("same_answer", [chat(f"And the {t}?", "I cannot help you with that.") for t in THINGS]),
    ("mixed_language", [chat("商店周日营业吗？我想去买东西。", "商店周日也营业，欢迎光临。")]),
    ("control_characters", [chat("One\x00two?", "Yes, one and two.")]),
    ("template_marker", [chat("One or two?", f"Both of them.{MARK}")]),
    ("personal_mail", [chat("Who is it?", "Write to anna.schmidt@firma.de.")]),
    ("personal_phone", [chat("Who is it?", "Call +49 30 1234567.")]),
    ("personal_card", [chat("I pay with 4111 1111 1111 1111.", "Please never tell us that.")]),
    ("personal_id", [chat("Where to?", "To DE89 3704 0044 0532 0130 00.")]),
    ("very_long", [chat("Tell me all.", "word " * 10_000)]),
]


@pytest.mark.parametrize(("code", "rows"), FAULTS)
def test_a_fault_is_found_and_nothing_else(tmp_path: Path, code: str, rows: list[Row]) -> None:
    version = make_version(tmp_path, [*sound(), *rows])
    health, flags = check_health(version, Unwatched())
    assert [one.code for one in health.findings] == [code]
    wanted = rows[1:] if code == "same_answer" else rows
    assert health.findings[0].rows == len(wanted)
    assert flagged(flags, code).tolist() == list(
        range(60 + len(rows) - len(wanted), 60 + len(rows))
    )


def test_of_a_copy_the_first_is_shown_with_it(tmp_path: Path) -> None:
    finding = found(make_version(tmp_path, [*sound(), sound()[3]]))["duplicate"]
    assert finding.places == (3, 60)
    assert finding.fix == Step("drop_rows", {"finding": "duplicate"})


def test_a_held_out_row_that_is_learned_is_found(tmp_path: Path) -> None:
    asked = chat("where is the ladder of the kettle house", "Somewhere else, I think.")
    version = make_version(tmp_path, sound(), held_out=[asked, chat("Who are you?", "I am Bo.")])
    health, flags = check_health(version, Unwatched())
    assert [one.code for one in health.findings] == ["overlap"]
    assert flagged(flags, "overlap").tolist() == [60]


@pytest.mark.parametrize(("sound_rows", "same_rows"), [(0, 60), (30, 60), (60, 10)])
def test_one_answer_to_everything_is_found(tmp_path: Path, sound_rows: int, same_rows: int) -> None:
    same = [chat(f"{row.question()} Or not?", "I cannot help.") for row in sound(same_rows)]
    finding = found(make_version(tmp_path, [*sound(sound_rows), *same]))["same_answer"]
    assert finding.rows == same_rows - 1


def test_several_wordings_of_questions_with_one_answer_are_sound(tmp_path: Path) -> None:
    rows = [
        chat(f"{word} about the {thing}?", f"Here is all that we know about the {thing}.")
        for thing in THINGS
        for word in ("What", "Who says something", "Please tell me", "I ask", "News", "A word")
    ]
    assert found(make_version(tmp_path, rows)) == {}


def test_an_answer_chosen_from_the_question_is_not_short(tmp_path: Path) -> None:
    row = chat("Is it friendly or unfriendly: I like it.", "Friendly.")
    assert found(make_version(tmp_path, [*sound(), row])) == {}


def test_data_in_two_languages_is_meant_so(tmp_path: Path) -> None:
    zh = [chat(f"第{n}号商店在哪里？我想去看看。", f"第{n}号商店就在街角。") for n in range(40)]
    assert found(make_version(tmp_path, [*sound(), *zh])) == {}


def test_labels_are_neither_short_nor_repeated_answers(tmp_path: Path) -> None:
    rows = [labelled(row.question(), ("lost", "found")[i % 2]) for i, row in enumerate(sound())]
    assert found(make_version(tmp_path, rows)) == {}
    plain = [chat(row.question(), ("lost", "found")[i % 2]) for i, row in enumerate(sound())]
    assert found(make_version(tmp_path / "plain", plain)) == {}


def test_a_text_with_two_labels_is_found(tmp_path: Path) -> None:
    rows = [labelled(row.question(), ("lost", "found")[i % 2]) for i, row in enumerate(sound())]
    findings = found(make_version(tmp_path, [*rows, labelled(rows[0].question(), "found")]))
    assert {code: one.rows for code, one in findings.items()} == {"different_labels": 2}


@pytest.mark.parametrize(
    ("counts", "most_rows"),
    [
        ((30, 30), 0),
        ((40, 10), 0),  # four times is not yet unbalanced
        ((60, 60, 60, 12), 48),
    ],
)
def test_unbalanced_labels_are_found_and_can_be_balanced(
    tmp_path: Path, counts: tuple[int, ...], most_rows: int
) -> None:
    rows = [
        labelled(f"About {THINGS[n]} {THINGS[i % 10]} {THINGS[i // 10]}, what?", THINGS[n])
        for n, count in enumerate(counts)
        for i in range(count)
    ]
    finding = found(make_version(tmp_path, rows)).get("unbalanced_labels")
    assert finding is None if not most_rows else finding is not None
    assert finding is None or finding.fix == Step("balance_labels", {"most_rows": most_rows})


def test_few_examples_are_said_with_the_number_wanted(tmp_path: Path) -> None:
    finding = found(make_version(tmp_path, sound(20)))["too_few"]
    assert (finding.rows, finding.values["wanted"]) == (20, 50)


def test_rows_left_out_at_the_import_are_told_with_their_lines(tmp_path: Path) -> None:
    skipped = [Skipped(n, "not_in_turns") for n in range(1, 8)] + [Skipped(9, "empty_answer")]
    findings = found(make_version(tmp_path, sound(), skipped=skipped))
    assert findings["roles_out_of_order"].values["lines"] == "1, 2, 3, 4, 5, …"
    assert findings["roles_out_of_order"].fix is None
    assert findings["empty_answer"].rows == 1


def test_translations_and_code_are_no_mixed_languages(tmp_path: Path) -> None:
    rows = [
        chat(
            "把这句话翻译成英文：你好，我很高兴认识你。",
            "Hello, it is nice to meet you and I am glad.",
        ),
        chat("写一段打印数字的代码，谢谢你的帮助。", "for i in range(10):\n    print(i)"),
        chat(
            "我想买 iPhone 15 Pro Max 和 MacBook Air",
            "好的，iPhone 15 Pro Max 有货，MacBook 也有。",
        ),
    ]
    zh = [
        chat(f"第{n}号商店在哪里？我想去看看。", f"第{n}号商店就在街角，欢迎光临。")
        for n in range(60)
    ]
    assert found(make_version(tmp_path, [*zh, *rows])) == {}


def test_every_kind_of_row_is_checked(tmp_path: Path) -> None:
    mail = "anna.schmidt@firma.de"
    pair = replace(
        chat("Who?", "I am Bo."), kind="preference", rejected=(Message("assistant", mail),)
    )
    text = Row((), 1, kind="text", text=f"A page about {mail} and more.")
    assert found(make_version(tmp_path, [*sound(), pair, text]))["personal_mail"].rows == 2


def test_of_many_rows_a_sample_is_looked_at_but_copies_are_found_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_module, "MOST_CHECKED_ROWS", 20)
    version = make_version(tmp_path, [*sound(), *sound()], held_out=[chat("Who?", "I am Bo.")])
    health, flags = check_health(version, Unwatched())
    assert (health.checked_rows, health.total_rows) == (20, 121)
    assert flagged(flags, "duplicate").tolist() == list(range(60, 120))
    assert np.array_equal(check_health(version, Unwatched())[1], flags)


def test_health_survives_being_stored(tmp_path: Path) -> None:
    health, _ = check_health(make_version(tmp_path, [*sound(20), sound()[3]]), Unwatched())
    assert len(health.findings) == 2
    assert Health.from_json(health.to_json()) == health


def test_the_check_can_be_called_off(tmp_path: Path) -> None:
    class Stopped(Unwatched):
        is_cancelled = True

    with pytest.raises(Cancelled):
        check_health(make_version(tmp_path, sound()), Stopped())


@pytest.mark.parametrize("lang", languages())
def test_every_finding_has_its_words(lang: str) -> None:
    t = translator(lang)
    values = {"n": 3, "main": "a", "others": "b", "lines": "1", "wanted": 5, "frequent": "c", "most": 4, "rare": "d", "fewest": 1}  # fmt: skip
    for code in FINDINGS:
        for part in ("title", "what", "why"):
            assert t(f"health.{code}.{part}", **values)
