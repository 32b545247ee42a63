"""Votes, ratings and corrections: kept with their training, counted, and made into data sets."""

import csv
import io
from pathlib import Path

import pytest

from studio.domain.column import Column
from studio.domain.judging import Candidate, Judgement, correct, rate, vote
from studio.domain.records import Message
from studio.domain.scores import Score
from studio.errors import StudioError
from studio.services.judgements import CORRECTIONS_ID, Means, append_line, read_judgements
from studio.services.workspace import Workspace
from studio.settings import Home
from tests.ui.conftest import FakeWork, do_light_jobs, fake_workspace

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "<script>alert(1)</script>${x}{{y}}"]


@pytest.fixture
def faked(home: Home) -> Workspace:
    return fake_workspace(home.root)


def candidate(key: str, text: str, question: str = "Hi") -> Candidate:
    return Candidate(key, f"name of {key}", (Message("user", question),), text)


def two(question: str, time: float, verdict: str = "better", other: str = "1") -> Judgement:
    answers = [candidate("starter", "What", question), candidate(other, "Hello", question)]
    return vote(answers, verdict, 1, time)


def test_what_is_said_lies_with_the_newest_training_and_goes_with_it(faked: Workspace) -> None:
    work = FakeWork(faked)
    work.end(first := work.start())
    work.end(second := work.start())
    kept = faked.judgements
    kept.add(two("a", 1.0, other=f"{first.id}"))
    kept.add(
        vote([candidate(f"{first.id}", "x"), candidate(f"{second.id}@5", "y")], "tie", None, 2.0)
    )
    kept.add(vote([candidate("starter", "x"), candidate("other/base", "y")], "better", 0, 3.0))
    assert [one.time for one in kept.list()] == [1.0, 2.0, 3.0]
    assert [one.time for one in kept.list(first.id)] == [1.0, 2.0]
    assert [one.time for one in kept.list(second.id)] == [2.0]
    assert len([*read_judgements(second.folder.judgements)]) == 1
    assert second.folder.judgements.stat().st_mode & 0o077 == 0
    faked.delete_run(second.id)
    assert [one.time for one in kept.list()] == [1.0, 3.0]
    with pytest.raises(StudioError, match=r"job\.unknown"):
        kept.add(two("a", 1.0, other=f"{second.id}"))


def test_votes_and_ratings_are_counted(faked: Workspace) -> None:
    work = FakeWork(faked)
    work.end(work.start())
    kept, base, tuned = faked.judgements, Column("starter"), Column(run_id=1)
    for time, verdict in enumerate(["better", "better", "worse"]):
        kept.add(two("a", float(time), verdict))
    assert kept.score(tuned, base) == Score(2, 1)
    assert kept.score(base, tuned) == Score(1, 2)
    kept.add(rate(candidate("1", "Hello"), {"relevance": 5, "accuracy": 2}, 9.0))
    kept.add(rate(candidate("1", "Hello"), {"relevance": 2}, 9.0))
    assert kept.means(tuned) == Means(2, {"relevance": 3.5, "accuracy": 2.0})
    assert kept.means(base) == Means(0, {})


def test_what_a_power_cut_has_torn_is_passed_over(tmp_path: Path, faked: Workspace) -> None:
    path = faked.settings.home.judgements
    bases = vote([candidate("starter", "x"), candidate("other/base", "y")], "better", 0, 3.0)
    faked.judgements.add(bases)
    with path.open("ab") as file:
        file.write(b'{"kind": "vote", "candi')
    faked.judgements.add(bases)
    assert faked.judgements.list() == [bases, bases]
    append_line(tmp_path / "new", "x")
    assert (tmp_path / "new").read_bytes() == b"x\n"


def test_a_table_runs_nothing_in_a_spreadsheet(faked: Workspace) -> None:
    for time, text in enumerate(HOSTILE):
        answers = [candidate("starter", text, text), candidate("other", "fine")]
        faked.judgements.add(vote(answers, "better", 0, float(time)))
    faked.judgements.add(rate(candidate("starter", "x"), {"accuracy": 4}, 50.0))
    rows = [*csv.DictReader(io.StringIO(faked.judgements.csv().removeprefix("\ufeff")))]
    assert len(rows) == 2 * len(HOSTILE) + 1
    assert [row["answer"] for row in rows[:10:2]] == [f"'{text}" for text in HOSTILE[:5]]
    assert rows[10]["answer"] == HOSTILE[5]
    assert (rows[0]["result"], rows[1]["result"]) == ("better", "")
    assert (rows[-1]["accuracy"], rows[-1]["relevance"]) == ("4", "")
    assert rows[0]["time"] == "1970-01-01T00:00:00+00:00"


def test_votes_become_a_data_set_of_better_and_worse_answers(faked: Workspace) -> None:
    work = FakeWork(faked)
    work.end(work.start())
    with pytest.raises(StudioError, match=r"judge\.nothing_to_learn"):
        faked.judgements.votes_dataset()
    for time, question in enumerate(["a", "b", "c", "a"]):
        faked.judgements.add(two(question, float(time)))
    faked.judgements.add(two("d", 9.0, "worse"))
    dataset = faked.datasets.get(faked.judgements.votes_dataset())
    assert (dataset.name, dataset.shape, dataset.used) == ("votes.jsonl", "preference", 4)
    rows = faked.datasets.rows(dataset.id, range(4))
    said = {(row.question(), row.answer(), row.rejected[0].content) for row in rows}
    assert said == {(q, "Hello", "What") for q in "abc"} | {("d", "What", "Hello")}


def test_corrections_collect_in_a_data_set_that_can_be_trained_on(faked: Workspace) -> None:
    work = FakeWork(faked)
    work.end(work.start())
    for place, question in enumerate(["a", "b", "c"]):
        wrong = candidate("1", "Hello", question)
        faked.judgements.add(correct(wrong, f"Right {question}", float(place)))
        do_light_jobs(faked)
    rows = faked.datasets.rows(CORRECTIONS_ID, range(3))
    assert [(row.question(), row.answer()) for row in rows] == [
        (question, f"Right {question}") for question in "abc"
    ]
    assert faked.datasets.get(CORRECTIONS_ID).name == "corrections.jsonl"
    assert [one.right for one in faked.judgements.list(1)] == ["Right a", "Right b", "Right c"]
    faked.delete_dataset(CORRECTIONS_ID)
    faked.judgements.add(correct(candidate("1", "Hello", "d"), "Right d", 5.0))
    assert faked.datasets.get(CORRECTIONS_ID).used == 1


def test_a_conversation_that_is_no_example_is_not_collected(faked: Workspace) -> None:
    silent = Candidate("starter", "starter", (Message("user", " "),), "Hello")
    with pytest.raises(StudioError, match=r"judge\.unusable"):
        faked.judgements.add(correct(silent, "Right", 0.0))
    assert faked.judgements.list() == []
