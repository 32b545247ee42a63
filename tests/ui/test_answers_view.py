"""The strip: what was said before, on the way and newest, and whether the model ends its answers by itself."""

from typing import Any

import gradio as gr
import pytest

from studio.domain.job import Job
from studio.i18n import languages, translator
from studio.ui.answers_view import answers_value
from studio.ui.page import Page
from studio.ui.tabs import runs, train
from tests.ui.conftest import emit

PROMPTS = [
    {"question": "When do you open?", "reference": "At ten."},
    {"question": "Do you ship?", "reference": "Yes."},
]


def ask(job: Job, *, is_learned: bool = False) -> None:
    emit(job, 90, "prompts", prompts=PROMPTS, is_learned=is_learned)


def answer(job: Job, step: int, *texts: str) -> None:
    answers = [{"text": text, "has_ended": step > 0} for text in texts]
    emit(job, 91, "sample", step=step, answers=answers, seconds=0.1)


def strip(page: Page, job: Job) -> dict[str, Any]:
    return answers_value(page.t, page.workspace.runs.snapshot(job.id))


def test_each_question_shows_what_was_said_before_on_the_way_and_newest(
    page: Page, work: Any
) -> None:
    job = work.start(step=12)
    ask(job)
    for step, text in ((0, "I do not know."), (6, "At nine."), (12, "At ten.")):
        answer(job, step, text, "I do not know.")
    first, second = strip(page, job)["items"]
    assert [row["label"] for row in first["rows"]] == ["Before", "Step 6", "Step 12"]
    assert first["rows"][2]["pieces"] == [("At ", False), ("ten", True), (".", False)]
    assert [row["is_cut"] for row in first["rows"]] == [True, False, False]
    assert first["between"] == page.t("watch.between", n=1)
    assert first["reference"] == "At ten."
    assert [row["label"] for row in second["rows"]] == ["Before", "Steps 6 to 12"]


def test_where_the_questions_are_from_is_said(page: Page, work: Any) -> None:
    held_out, learned = work.start(step=1), work.start(step=1)
    ask(held_out)
    ask(learned, is_learned=True)
    assert strip(page, held_out)["about"] == page.t("watch.not_seen")
    assert strip(page, learned)["about"] == page.t("watch.seen")


def test_the_kept_state_is_named(page: Page, work: Any) -> None:
    job = work.start(step=12)
    ask(job)
    for step, text in ((0, "a"), (6, "b"), (12, "c")):
        answer(job, step, text, text)
    emit(job, 92, "kept", step=6, which="best")
    assert strip(page, job)["items"][0]["rows"][1]["label"] == "Step 6 · kept"


def test_a_training_without_questions_says_so(page: Page, work: Any) -> None:
    waiting, asked_nothing = work.start(), work.start(step=3)
    assert strip(page, waiting)["empty"] == page.t("watch.empty")
    assert strip(page, asked_nothing)["empty"] == page.t("watch.none")


@pytest.mark.parametrize("lang", languages())
def test_whether_it_ends_by_itself_is_said_with_advice(page: Page, work: Any, lang: str) -> None:
    good, bad, cut = work.start(step=3), work.start(step=3), work.start(step=3)
    emit(good, 93, "stop_test", asked=5, ended=5)
    emit(bad, 93, "stop_test", asked=5, ended=2)
    emit(cut, 93, "stop_test", asked=5, ended=0)
    emit(
        cut,
        94,
        "note",
        code="rows_cut",
        values={"part": "train", "count": 9, "max_length_tokens": 64},
    )
    t = translator(lang)
    told = [
        answers_value(t, page.workspace.runs.snapshot(j.id))["ending"] for j in (good, bad, cut)
    ]
    assert [one["kind"] for one in told] == ["good", "warn", "warn"]
    assert "5" in told[0]["text"]
    assert "3" in told[1]["text"]
    assert told[1]["text"].endswith(t("watch.advice_more"))
    assert told[2]["text"].endswith(t("watch.advice_cut"))


def test_steps_do_not_send_the_strip_again_and_looks_do(page: Page, work: Any) -> None:
    job = work.start(step=1)
    ask(job)
    answer(job, 0, "a", "a")
    seen = train.redraw(page, job.id, None)[1]
    work.step(job, 2)
    later = train.redraw(page, job.id, seen)
    assert later[3]["train"][-1][0] == 2
    assert later[-1] == gr.skip()
    answer(job, 2, "b", "b")
    assert len(train.redraw(page, job.id, later[1])[-1]["items"][0]["rows"]) == 2


def test_an_opened_run_shows_its_answers(page: Page, work: Any) -> None:
    job = work.start(step=2)
    ask(job)
    answer(job, 0, "a", "b")
    work.end(job)
    shown = runs.redraw(page, job.id, "", None, None)
    (strip,) = [one for one in shown if isinstance(one, dict) and "ending" in one]
    assert [row["label"] for row in strip["items"][0]["rows"]] == ["Before"]
    again = runs.redraw(page, job.id, "", shown[0], shown[3])
    assert again == (gr.skip(),) * len(shown)
