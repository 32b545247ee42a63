"""Searches from outside: the board, the best as a training, one try stopped, more time."""

import json
from typing import Any

import pytest

from studio.cli import main
from studio.domain.job import Job, Outcome
from studio.domain.kept_files import describe_files
from studio.domain.next_try import next_wanted
from studio.errors import StudioError
from studio.services.processes import Handle
from studio.services.workspace import Workspace
from tests.made_tries import ended, leave_adapter, store_try


@pytest.fixture
def job(workspace: Workspace) -> Job:
    """Give a search at work whose second try is the best so far."""
    recipe = workspace.recipes.load("search-quickstart")
    job = workspace.submit_training(recipe, key="search")
    workspace.jobs.claim(Handle(1, 1.0))
    for number, value in ((1, 1.5), (2, 1.2)):
        own = store_try(job.folder, number, Outcome("done", None, ended("done", value)))
    leave_adapter(own)
    own.train_rows.parent.symlink_to("../../data")
    store_try(job.folder, 3, None)
    return workspace.jobs.get(job.id)


def test_a_try_is_cloned_with_a_change_and_comes_next(
    workspace: Workspace, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    told = board(capsys, str(job.id), "--clone", "2", "--set", "training.learning_rate=2e-3")
    assert told == {"settings": {"method.rank": 4, "training.learning_rate": 0.002}}
    workspace.searches.clone_try(job.id, 1, {"method.type": "lora", "method.dropout": 0.5})
    recipe, tries = workspace.runs.recipe(job.id), workspace.searches.board(job.id).tries
    wanted = next_wanted(recipe, tries, job.folder)
    assert wanted is not None
    assert (wanted.settings, wanted.clone_of) == (told["settings"], 2)
    store_try(job.folder, 4, None, settings=wanted.settings, wish=wanted.wish)
    tries = workspace.searches.board(job.id).tries
    wanted = next_wanted(recipe, tries, job.folder)
    assert wanted is not None
    assert wanted.settings == {"method.rank": 4, "method.type": "lora", "method.dropout": 0.5}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "search.tried_before"),
        ({"method.rank": 0}, "recipe.invalid"),
        ({"training.seed": 1}, "recipe.invalid"),
        ({"training.learning_rat": 0.1}, "recipe.invalid"),
        ({"model.id": "other"}, "recipe.invalid"),
    ],
)
def test_what_cannot_be_cloned_is_told(
    workspace: Workspace, job: Job, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(StudioError) as caught:
        workspace.searches.clone_try(job.id, 2, changes)
    assert caught.value.code == told
    assert not job.folder.wishes.exists()


def test_a_copy_that_waits_is_listed_once_and_can_be_taken_back(
    workspace: Workspace, job: Job
) -> None:
    searches, change = workspace.searches, {"method.rank": 8}
    for rank in (8, 16):
        searches.clone_try(job.id, 2, {"method.rank": rank})
    with pytest.raises(StudioError, match=r"search\.asked_before"):
        searches.clone_try(job.id, 1, change)
    before = searches.mark(job.id)
    first, second = searches.waiting(job.id, searches.board(job.id))
    assert [one.settings["method.rank"] for one in (first, second)] == [8, 16]
    assert first.wish is not None
    searches.withdraw(job.id, first.wish)
    assert searches.mark(job.id) != before
    assert searches.waiting(job.id, searches.board(job.id)) == [second]
    # A new one still comes after the one that is left, and what has begun waits no longer.
    searches.clone_try(job.id, 1, change)
    _, last = searches.waiting(job.id, searches.board(job.id))
    assert (last.settings["method.rank"], last.wish) == (8, max(second.wish or "", last.wish or ""))
    store_try(job.folder, 4, None, settings=second.settings, wish=second.wish)
    assert searches.waiting(job.id, searches.board(job.id)) == [last]
    for gone in (first.wish, second.wish or "", "../job", "*"):
        with pytest.raises(StudioError, match=r"search\.no_wish"):
            searches.withdraw(job.id, gone)


def test_an_ended_search_tries_nothing_more(workspace: Workspace, job: Job) -> None:
    finish(workspace, job)
    with pytest.raises(StudioError, match=r"search\.is_over"):
        workspace.searches.clone_try(job.id, 2, {"method.rank": 8})


def finish(workspace: Workspace, job: Job) -> None:
    Outcome("done", None, {}).write(job.folder)
    workspace.jobs.finish(job.id, Outcome("done", None, {}))


def test_a_recipe_with_a_search_is_a_search(job: Job) -> None:
    assert (job.kind, job.state) == ("search", "running")


def board(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["search", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_the_command_line_prints_the_board(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    told = board(capsys, str(job.id))
    assert [one["state"] for one in told["tries"]] == ["done", "done", "running"]
    assert {"state", "seconds", "value", "settings"} <= told["tries"][0].keys()
    assert told["best"]["adapter"] == str(job.folder.attempt(2).adapter)
    assert told["best"]["value"] == 1.2
    assert told["importance"] == {}
    # Twelve tries of five seconds, of which the later ones end early; three are there.
    assert (told["left"]["tries"], told["left"]["seconds"]) == (10, 26)
    assert main(["search", str(job.id)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["2", "1", "3"]
    board(capsys, str(job.id), "--stop-try", "3")
    assert job.folder.attempt(3).cancel.exists()


def test_the_best_try_becomes_a_training_with_its_rows_and_what_it_learned(
    workspace: Workspace, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    run = workspace.jobs.get(int(board(capsys, str(job.id), "--use-best")["run"]))
    assert (run.kind, run.state) == ("train", "done")
    assert (run.folder.adapter / "adapter_config.json").exists()
    assert run.folder.train_rows.read_bytes() == job.folder.train_rows.read_bytes()
    assert run.folder.outcome() == job.folder.attempt(2).outcome()
    assert workspace.searches.use_best(job.id) == run


def test_a_best_try_without_its_files_is_told_and_its_settings_are_still_there(
    workspace: Workspace, job: Job
) -> None:
    (job.folder.attempt(2).adapter / "adapter_config.json").unlink()
    job.folder.attempt(2).adapter.rmdir()
    with pytest.raises(StudioError, match=r"search\.best_lost"):
        workspace.searches.use_best(job.id)
    assert workspace.searches.recipe(job.id, 2).method.type == "qlora"


def test_a_best_try_with_damaged_files_is_told_too(workspace: Workspace, job: Job) -> None:
    own = job.folder.attempt(2)
    Outcome("done", None, ended("done", 1.2, files=describe_files(own))).write(own)
    best = workspace.searches.board(job.id).best
    assert workspace.searches.learned(job.id, best) == own.adapter
    (own.adapter / "adapter_config.json").write_text("{")
    assert workspace.searches.learned(job.id, best) is None
    with pytest.raises(StudioError, match=r"search\.best_lost"):
        workspace.searches.use_best(job.id)


def test_a_search_is_paused_once(
    workspace: Workspace, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert board(capsys, str(job.id), "--pause")["run"] == str(job.id)
    assert job.folder.cancel.exists()
    assert not job.folder.discard.exists()
    finish(workspace, job)
    with pytest.raises(StudioError, match=r"search\.is_over"):
        workspace.searches.pause(job.id)


def test_what_is_not_there_is_told(workspace: Workspace, job: Job) -> None:
    with pytest.raises(StudioError, match=r"search\.no_try"):
        workspace.searches.stop_try(job.id, 9)
    with pytest.raises(StudioError, match=r"job\.unknown"):
        workspace.searches.board(99)
    for number in (1, 2):
        job.folder.attempt(number).result.unlink()
    with pytest.raises(StudioError, match=r"search\.no_best"):
        workspace.searches.use_best(job.id)


def test_an_ended_search_goes_on_with_other_limits_and_nothing_else(
    workspace: Workspace, job: Job
) -> None:
    with pytest.raises(StudioError, match=r"job\.cannot_resume"):
        workspace.submit_resume(job.id, "early", ["search.tries=20"])
    finish(workspace, job)
    with pytest.raises(StudioError, match=r"search\.other_change"):
        workspace.submit_resume(job.id, "other", ["search.how=grid"])
    more = workspace.submit_resume(job.id, "more", ["search.tries=20", "search.minutes=5"])
    search = workspace.runs.recipe(more.id).search
    assert search is not None
    assert (more.kind, search.tries, search.minutes) == ("search", 20, 5)
    told = workspace.searches.board(more.id)
    assert [one.value for one in told.tries] == [1.5, 1.2, 2.0]
    assert workspace.searches.learned(more.id, told.best) == more.folder.attempt(2).adapter
    assert more.folder.attempt(2).train_rows.exists()
