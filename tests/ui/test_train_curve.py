"""What the curve says in words, and the figures below it."""

from typing import Any

import pytest

from studio.services.runs import few_rows
from studio.ui.charts import curve_value
from studio.ui.page import Page
from studio.ui.tabs import train
from tests.ui.conftest import make_page


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
