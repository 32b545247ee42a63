"""Search, after the start: what is shown of a board, and what its buttons do."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import pytest

from studio.domain.job import Job, Outcome
from studio.errors import StudioError
from studio.services.processes import Handle
from studio.ui.page import Page
from studio.ui.tabs import runs, search_acts
from studio.ui.tabs.search_board import redraw
from tests.made_tries import ended, leave_adapter, store_try
from tests.ui.conftest import make_page

Pick = Callable[..., Any]
NASTY = "<img src=x onerror=alert(1)>"
SETTINGS = [
    {"training.learning_rate": 0.003, "method.rank": 16},
    {"training.learning_rate": 0.003, "method.rank": 16},
    {"training.learning_rate": 0.001, "method.rank": 4},
    {"training.learning_rate": 0.01, "method.rank": 8},
    {"training.learning_rate": 0.015, "method.rank": 32},
    {"training.learning_rate": 0.006, "method.rank": 32},
]
VALUES = [1.5, 1.52, 1.9, 1.2, 1.21, None]


@pytest.fixture
def job(page: Page) -> Job:
    """Give a search at work with five ended tries, the fourth of them the best, and one that runs."""
    recipe = page.workspace.recipes.load("search-quickstart", ["search.tries=12"])
    job = page.workspace.submit_training(recipe, key="search", name=NASTY)
    page.workspace.jobs.claim(Handle(1, 1.0))
    for number, (settings, value) in enumerate(zip(SETTINGS, VALUES, strict=True), 1):
        state = "pruned" if number == 3 else "done"
        outcome = Outcome("done", None, ended(state, value)) if value else None
        own = store_try(job.folder, number, outcome, settings=settings, is_twin=number == 2)
        if number == 4:
            leave_adapter(own)
            own.train_rows.parent.symlink_to("../../data")
    return page.workspace.jobs.get(job.id)


def finish(page: Page, job: Job, error: StudioError | None = None) -> None:
    outcome = Outcome("failed" if error else "done", error, {"reason": "tries"})
    outcome.write(job.folder)
    page.workspace.jobs.finish(job.id, outcome)


def shown(page: Page, search_id: int | None = None) -> dict[str, Any]:
    names = ("search", "seen", "which", "status", "acts", "card", "board", "pictures")
    pictures = ("curves", "weights", "scatter", "parallel")
    return dict(zip((*names, *pictures), redraw(page, search_id, None), strict=True))


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_board_shows_every_try_the_best_first(page: Page, job: Job, lang: str) -> None:
    page = make_page(page.workspace, lang)
    told = shown(page)
    rows = told["board"]["rows"]
    assert [row["number"] for row in rows] == [6, 4, 5, 1, 2, 3]
    assert [act["id"] for act in rows[0]["acts"]] == ["stop", "clone"]
    assert rows[1]["tags"] == [page.t("board.tags.best")]
    assert rows[2]["tags"] == [page.t("board.tags.tie")]
    assert rows[3]["tags"] == [page.t("board.tags.own")]
    assert rows[4]["tags"] == [page.t("board.tags.twin")]
    assert {"0.01", "8"} == {setting["text"] for setting in rows[1]["settings"]}
    assert "0.0200" in told["board"]["note"]
    assert told["status"]["state_label"] == page.t("board.running")
    assert told["status"]["share"] == pytest.approx(5 / 12)
    assert "#6" in told["status"]["stage"]
    assert told["search"] == job.id


def test_the_pictures_say_the_same_as_the_board(page: Page, job: Job) -> None:
    told = shown(page, job.id)
    looks = {one["number"]: one["look"] for one in told["curves"]["series"]}
    assert looks == {1: "good", 2: "good", 3: "faint", 4: "best", 5: "good", 6: "running"}
    assert told["weights"]["sentences"][0].startswith("Learning rate matters most")
    assert sum(bar["share"] for bar in told["weights"]["bars"]) == pytest.approx(1.0, abs=0.01)
    plots = told["scatter"]["plots"]
    assert [len(plot["points"]) for plot in plots] == [6, 6]
    assert all(0 <= point[at] <= 1 for plot in plots for point in plot["points"] for at in "xy")
    lines = told["parallel"]["lines"]
    assert lines[-1]["number"] == 4
    assert lines[-1]["places"][-1] == 0.0
    assert len(told["parallel"]["axes"]) == 3


def test_nothing_is_sent_while_nothing_changes(page: Page, job: Job) -> None:
    seen = redraw(page, job.id, None)[1]
    assert redraw(page, job.id, seen) == (gr.skip(),) * 12
    events = job.folder.attempt(6).events
    events.write_text(events.read_text() + "\n")
    assert redraw(page, job.id, seen)[1] != seen


def test_a_try_is_stopped_and_the_search_goes_on(page: Page, job: Job, picked: Pick) -> None:
    told = search_acts.stop_try(page, picked(search=job.id, number=6))
    assert job.folder.attempt(6).cancel.exists()
    assert [act["id"] for act in told[6]["rows"][0]["acts"]] == ["clone"]
    assert not job.folder.cancel.exists()


def test_the_best_opens_in_the_playground_and_can_be_trained_further(
    page: Page, job: Job, picked: Pick
) -> None:
    run_id, said, tabs = search_acts.use_best(page, picked(id=job.id))
    assert page.workspace.jobs.get(run_id).state == "done"
    assert (NASTY in said["text"], tabs.selected) == (True, "playground")
    draft, _, tabs = search_acts.train_further(page, picked(id=job.id))
    assert draft["values"]["model"]["continue_from"] == run_id
    assert draft["values"]["training"]["learning_rate"] == 0.01 or tabs.selected == "train"


def test_settings_go_to_the_train_tab_in_the_recipe_that_the_search_began_with(
    page: Page, job: Job, picked: Pick
) -> None:
    recipe = page.workspace.runs.recipe(job.id)
    draft, said, tabs = search_acts.take_settings(page, picked(search=job.id, number=3))
    assert draft["values"]["method"]["rank"] == 4
    assert draft["values"]["training"]["watch_prompts"] == recipe.training.watch_prompts
    assert "search" not in draft["values"]
    assert ("#3" in said["text"], tabs.selected) == (True, "train")
    best = search_acts.take_best(page, picked(id=job.id))[0]
    assert best["values"]["training"]["learning_rate"] == 0.01


def test_a_copy_of_a_try_with_a_change_comes_next(page: Page, job: Job, picked: Pick) -> None:
    typed = {"training.learning_rate": "2e-3", "method.rank": "16"}
    said, *_ = search_acts.clone_try(page, picked(search=job.id, number=1, settings=typed))
    assert "#1" in said["text"]
    rows = shown(page)["board"]["rows"]
    assert [row["number"] for row in rows] == [6, None, 4, 5, 1, 2, 3]
    assert (rows[1]["state"], rows[1]["tags"]) == ("waiting", ["#1 with a change"])
    assert {one["text"] for one in rows[1]["settings"]} == {"0.002", "16"}
    assert [rows[1]["wish"]] == shown(page)["board"]["wishes"]
    told = search_acts.withdraw(page, picked(search=job.id, wish=rows[1]["wish"]))
    assert [row["number"] for row in told[6]["rows"]] == [6, 4, 5, 1, 2, 3]
    assert told[6]["wishes"] == []
    for wrong in ("many", "[", "{a: 1}", NASTY):
        wanted = picked(search=job.id, number=1, settings={"method.rank": wrong})
        with pytest.raises(StudioError, match=r"recipe\.invalid"):
            search_acts.clone_try(page, wanted)
    finish(page, job)
    assert all("clone" not in str(row["acts"]) for row in shown(page)["board"]["rows"])


def test_a_paused_search_goes_on_with_the_rest(page: Page, job: Job, picked: Pick) -> None:
    page.workspace.jobs.request_cancel(job.id)
    outcome = Outcome("cancelled", None, {"reason": None})
    outcome.write(job.folder)
    page.workspace.jobs.finish(job.id, outcome)
    told = shown(page)
    assert told["status"]["stage"] == page.t("board.stopped_kept")
    assert "resume" in [act["id"] for act in told["acts"]["acts"]]
    again = search_acts.resume(page, picked(id=job.id))[0]
    assert page.workspace.runs.recipe(again) == page.workspace.runs.recipe(job.id)


def test_right_answers_are_told_in_percent(page: Page, job: Job) -> None:
    spec = job.folder.spec.read_text().replace("judge_by: held_out_loss", "judge_by: rouge_l")
    job.folder.spec.write_text(spec)
    for number, value in enumerate((0.5, 0.52, None, 0.9, 0.6, None), 1):
        own = job.folder.attempt(number)
        asked = own.spec.read_text().replace("\ntry:\n", "\ntry:\n  judged_by: rouge_l\n")
        own.spec.write_text(asked)
        if own.result.exists():
            Outcome("done", None, ended("done" if value else "pruned", value)).write(own)
    board = shown(page)
    assert [row["value"] for row in board["board"]["rows"]][1] == "90.0 %"
    assert board["status"]["tiles"][1]["label"] == "best ROUGE-L"
    assert board["parallel"]["lines"][-1]["places"][-1] == 1.0
    assert board["scatter"]["high"] == "90 %"


def test_a_search_stops_and_goes_on_with_more(page: Page, job: Job, picked: Pick) -> None:
    told = search_acts.stopping(discard=False)(page, picked(id=job.id))
    assert told[3]["stage"] == page.t("stages.stopping")
    assert [act["id"] for act in told[4]["acts"]] == ["use"]
    finish(page, job)
    assert [act["id"] for act in shown(page, job.id)["acts"]["acts"]] == [
        "use", "further", "again", "more", "remove",
    ]  # fmt: skip
    for wrong in ({"minutes": "", "tries": "0"}, {"minutes": "soon", "tries": "1"}):
        with pytest.raises(StudioError, match=r"search\.no_more"):
            search_acts.go_on(page, picked(id=job.id, **wrong))
    more = search_acts.go_on(page, picked(id=job.id, minutes="", tries="3"))
    again = page.workspace.runs.recipe(more[0])
    assert again.search is not None
    assert (again.search.tries, again.search.minutes) == (8, None)
    timed = search_acts.go_on(page, picked(id=job.id, minutes="10", tries=""))
    again = page.workspace.runs.recipe(timed[0])
    assert again.search is not None
    assert again.search.tries is None
    assert again.search.minutes == pytest.approx(10 + 25 / 60, abs=0.01)


def test_another_search_can_be_opened_while_one_runs(page: Page, job: Job, picked: Pick) -> None:
    finish(page, job)
    assert shown(page)["which"].visible is False
    more = search_acts.go_on(page, picked(id=job.id, minutes="1", tries=""))[0]
    assert shown(page)["search"] == more
    told = search_acts.open_search(page, job.id)
    assert told[0] == job.id
    assert [search_id for _, search_id in told[2].choices] == [more, job.id]


def test_where_nothing_worked_it_says_what_to_change(page: Page, job: Job) -> None:
    for number in (1, 2, 4, 5):
        job.folder.attempt(number).result.unlink()
    finish(page, job, StudioError("search.all_diverged", count=5))
    told = shown(page, job.id)
    assert told["status"]["problem"]["fix"] == page.t("errors.search.all_diverged.fix")
    assert [act["id"] for act in told["acts"]["acts"]] == ["more", "remove"]
    assert told["weights"]["sentences"] == []


def test_a_search_stands_among_the_runs_and_opens_on_its_own_tab(
    page: Page, job: Job, picked: Pick
) -> None:
    listed = runs.redraw_list(page, None, runs.NOBODY, None)[1]["items"]
    assert (listed[0]["kind"], listed[0]["state_label"]) == ("search", page.t("board.running"))
    assert "1.2" in listed[0]["facts"]
    opened = runs.open_run(page, picked(id=job.id))
    assert (opened[0], opened[1].selected) == (job.id, "search")
    assert len(opened) == len(runs.open_run(page, picked(id=job.id)))


def test_a_deleted_search_is_gone(page: Page, job: Job, picked: Pick) -> None:
    with pytest.raises(StudioError, match=r"job\.busy"):
        search_acts.remove(page, picked(id=job.id))
    finish(page, job)
    said, *told = search_acts.remove(page, picked(id=job.id))
    assert NASTY in said["text"]
    assert told[3] == {"empty": page.t("board.nothing")}
    assert redraw(page, None, None) == (gr.skip(),) * 12
