"""The board of a search: pure functions on stored tries."""

from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import JobFolder, Outcome
from studio.domain.search import Search
from studio.domain.tries import (
    Try,
    board_value,
    explain_nothing,
    find_best,
    find_ties,
    measure_noise,
    read_board,
    reason_to_end,
    weigh_settings,
)
from studio.errors import StudioError
from tests.made_tries import ended, store_try


def done(number: int, value: float, **named: Any) -> Try:
    return Try(number, "done", named.pop("settings", {}), 10.0, value, is_counted=True, **named)


def failed(number: int, code: str) -> Try:
    return Try(number, "failed", {}, 10.0, is_counted=True, error=StudioError(code))


def search(**named: Any) -> Search:
    return Search.model_validate({"vary": {"method.rank": [4, 8]}, "tries": None, **named})


def test_the_board_is_what_the_folders_hold(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    store_try(folder, 1, Outcome("done", None, ended("done", 1.5)))
    store_try(folder, 2, Outcome("done", None, ended("done", 1.4)), is_twin=True)
    store_try(folder, 3, Outcome("done", None, ended("pruned", 1.2)), settings={"method.rank": 8})
    store_try(
        folder, 4, Outcome("failed", StudioError("train.diverged", step=3), ended("failed", None))
    )
    store_try(folder, 5, None)
    board = read_board(folder, is_running=True)
    assert [one.state for one in board.tries] == ["done", "done", "pruned", "failed", "running"]
    assert board.best is board.tries[1]
    assert board.noise == pytest.approx(0.1)
    assert board.ties == [1]
    assert board.tries[4].points == [(0, 3.0), (1, 2.0)]
    value = board_value(board, "/somewhere")
    assert value["best"] == {
        "number": 2,
        "value": 1.4,
        "settings": {"method.rank": 4},
        "adapter": "/somewhere",
    }
    assert value["tries"][3]["error"]["code"] == "train.diverged"


def test_a_try_that_nobody_works_on_has_died_and_is_not_counted(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    store_try(folder, 1, None)
    (folder.tries / "0002").mkdir()
    (only,) = read_board(folder, is_running=False).tries
    assert (only.state, only.is_counted) == ("failed", False)
    assert only.error is not None
    assert only.error.code == "search.try_died"


def test_the_best_is_the_best_of_those_that_finished() -> None:
    pruned = Try(3, "pruned", {}, 1.0, 0.1)
    assert find_best([done(1, 2.0), done(2, 1.0), pruned, done(4, 1.0)]) == done(2, 1.0)
    assert find_best([pruned]) is None


def test_where_answers_are_judged_more_is_better() -> None:
    tries = [done(n, share, judged_by="rouge_l") for n, share in enumerate((0.5, 0.8, 0.9))]
    twin = done(3, 0.8, judged_by="rouge_l", is_twin=True, settings={"a": 1})
    tries[2] = done(2, 0.9, judged_by="rouge_l", settings={"a": 1})
    noise = measure_noise([*tries, twin])
    assert noise == pytest.approx(0.1)
    assert find_best(tries) == tries[2]
    assert find_ties(tries, noise) == [1]


def test_tries_that_ended_early_come_after_those_whose_answers_were_judged() -> None:
    pruned = [
        Try(n, "pruned", {}, 1.0, points=[(1, loss)], judged_by="rouge_l")
        for n, loss in ((1, 0.2), (2, 0.1))
    ]
    standings = [one.standing for one in (done(3, 0.0, judged_by="rouge_l"), pruned[1], pruned[0])]
    assert None not in standings
    assert standings == sorted(standings)  # ty: ignore[invalid-argument-type]


@pytest.mark.parametrize(
    ("limits", "tries", "reason"),
    [
        ({"tries": 2}, [done(1, 1.0)], None),
        ({"tries": 2}, [done(1, 1.0), failed(2, "train.diverged")], "tries"),
        ({"tries": 2}, [done(1, 1.0), Try(2, "failed", {}, 99.0)], None),
        ({"minutes": 1}, [done(n, 1.0) for n in range(5)], None),
        ({"minutes": 1}, [done(n, 1.0) for n in range(6)], "minutes"),
        ({"no_better_tries": 2}, [done(1, 1.0), done(2, 0.5), done(3, 0.6)], None),
        ({"no_better_tries": 2}, [done(1, 1.0), done(2, 1.5), done(3, 1.6)], "no_better"),
        ({"no_better_tries": 1}, [failed(1, "train.diverged")], None),
    ],
)
def test_a_search_ends_when_its_budget_is_spent_by_what_has_ended(
    limits: dict[str, Any], tries: list[Try], reason: str | None
) -> None:
    assert reason_to_end(search(**limits), tries) == reason


def test_what_decides_is_told_from_what_does_not() -> None:
    tries = [
        done(n, rate * 2 + 0.01 * (n % 3), settings={"rate": rate, "rank": 4 + n % 2})
        for n, rate in enumerate((1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0))
    ]
    weights = weigh_settings(tries)
    assert weights["rate"] > 0.9
    assert weights["rank"] < 0.1
    assert weigh_settings(tries[:3]) == {}


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (["train.out_of_memory"] * 2, "search.all_out_of_memory"),
        (["train.diverged", "train.diverged_kept"], "search.all_diverged"),
        (["train.diverged", "train.out_of_memory"], "search.nothing_worked"),
        ([], "search.nothing_worked"),
    ],
)
def test_where_nothing_worked_it_says_what_to_change(codes: list[str], told: str) -> None:
    error = explain_nothing([failed(n, code) for n, code in enumerate(codes)])
    assert (error.code, error.values) == (told, {"count": len(codes)})
