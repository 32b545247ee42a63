"""What the curve says in words, and the figures below it."""

from typing import Any

import pytest

from studio.services.runs import few_rows
from studio.ui.charts import curve_value
from studio.ui.page import Page
from studio.ui.tabs import train
from tests.ui.conftest import emit, make_page
from tests.ui.test_run_acts import checkpoint


def drawn(page: Page, run_id: int) -> dict[str, Any]:
    return curve_value(page.t, page.workspace.runs.snapshot(run_id))


def test_a_young_curve_says_nothing_yet(page: Page, work: Any) -> None:
    job = work.start(step=3)
    assert drawn(page, job.id)["reading"] == ""
    assert drawn(page, job.id)["held_out"] == []


def test_a_curve_that_falls_is_told_in_a_sentence(page: Page, work: Any) -> None:
    job = work.start(step=40)
    shown = drawn(page, job.id)
    assert shown["reading"] == page.t("curve.improving")
    assert [step for step, _ in shown["held_out"]] == [6, 12, 18, 24, 30, 36]


def test_the_sentence_of_a_finished_training_says_so(page: Page, work: Any) -> None:
    job = work.start(step=60)
    work.end(job)
    assert drawn(page, job.id)["reading"].startswith("Finished")
    assert train.redraw(page, job.id, None)[2]["stage"].startswith(page.t("stages.done"))


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_perplexity_and_token_accuracy_are_explained(page: Page, work: Any, lang: str) -> None:
    job = work.start(step=6)
    page = make_page(page.workspace, lang)
    perplexity, accuracy = drawn(page, job.id)["figures"]
    assert perplexity["where"] == page.t("curve.on_held_out")
    assert perplexity["hint"] == page.t("curve.perplexity_hint")
    assert accuracy["value"] == "25 %"
    assert accuracy["where"] == page.t("curve.on_learned")


def test_before_the_first_check_perplexity_is_of_what_is_learned(page: Page, work: Any) -> None:
    job = work.start(step=2)
    assert drawn(page, job.id)["figures"][0]["where"] == page.t("curve.on_learned")


def test_few_examples_are_counted_many_are_not(page: Page, work: Any) -> None:
    job = work.start(step=1)
    assert few_rows(job) is None
    job.folder.train_rows.write_text('{"messages": []}\n' * 12, encoding="utf-8")
    assert few_rows(job) == 12
    job.folder.train_rows.unlink()
    assert few_rows(job) is None


def test_the_best_point_is_marked_while_training_and_after(page: Page, work: Any) -> None:
    job = work.start(step=40)
    shown = drawn(page, job.id)
    assert shown["best"] == shown["held_out"][-1]
    assert shown["best_label"] == page.t("curve.best_so_far")
    emit(job, 99, "kept", step=36, which="best")
    work.end(job)
    assert drawn(page, job.id)["best_label"] == page.t("curve.best_kept_point")


def test_where_the_last_state_is_kept_no_point_is_called_the_best(page: Page, work: Any) -> None:
    job = work.start(step=40)
    emit(job, 99, "kept", step=40, which="last")
    assert drawn(page, job.id)["best"] is None


def test_a_resumed_training_shows_the_earlier_curve_before_its_first_step(
    page: Page, work: Any
) -> None:
    first = work.start(step=14)
    checkpoint(first, 12)
    work.end(first, "cancelled")
    job = page.workspace.submit_resume(first.id, "again")
    shown = drawn(page, job.id)
    assert [step for step, _ in shown["train"]] == list(range(1, 13))
    assert [step for step, _ in shown["held_out"]] == [6, 12]
    emit(job, 0, "note", code="resumed", values={"run": first.id, "step": 12})
    assert drawn(page, job.id)["resumed"] == 12
