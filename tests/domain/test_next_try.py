"""What a search tries next, read from what was tried."""

import json
from pathlib import Path
from typing import Any

import pytest

from studio.domain.job import JobFolder
from studio.domain.next_try import Wanted, next_wanted
from studio.domain.recipe import Recipe, parse_recipe
from studio.domain.search_space import Settings
from studio.domain.tries import Try

OWN: Settings = {"method.rank": 16}


def searching(**named: Any) -> Recipe:
    return parse_recipe({"search": {"vary": {"method.rank": [4, 8, 16]}, **named}})


def tried(state: Any, rank: int = 16, *, is_counted: bool = True, **named: Any) -> Try:
    value = 1.0 if state == "done" else None
    return Try(1, state, {"method.rank": rank}, 5.0, value, is_counted=is_counted, **named)


def killed(rank: int = 16, **named: Any) -> Try:
    return tried("failed", rank, is_counted=False, **named)


def paused(rank: int) -> Try:
    return tried("stopped", rank, is_counted=False)


DONE, TWIN = tried("done"), tried("done", is_twin=True)


@pytest.mark.parametrize(
    ("tries", "wanted"),
    [
        ([], Wanted(OWN)),
        ([tried("running")], None),
        # Its process was killed, maybe by what it did: once more, and not a third time.
        ([killed()], Wanted(OWN)),
        ([killed(), killed()], None),
        ([DONE], Wanted(OWN, is_twin=True)),
        ([DONE, killed(is_twin=True)], Wanted(OWN, is_twin=True)),
        ([DONE, killed(is_twin=True), killed(is_twin=True)], None),
        ([tried("stopped")], None),
        ([DONE, TWIN], None),
        ([DONE, TWIN, killed(4)], None),
        ([DONE, TWIN, paused(4)], Wanted({"method.rank": 4})),
        ([DONE, TWIN, paused(4), tried("running", 4)], None),
        ([DONE, TWIN, paused(4), paused(4)], Wanted({"method.rank": 4})),
    ],
)
def test_own_settings_come_first_and_what_was_left_comes_again(
    tmp_path: Path, tries: list[Try], wanted: Wanted | None
) -> None:
    assert next_wanted(searching(), tries, JobFolder(tmp_path)) == wanted


@pytest.mark.parametrize(
    ("tries", "rank"),
    [
        ([], 4),
        ([killed(4)], 4),
        ([killed(4), killed(4)], 8),
        ([tried("done", 4), tried("running", 8)], 16),
        ([tried("done", 4), tried("failed", 8), tried("pruned", 16)], None),
    ],
)
def test_a_grid_misses_nothing(tmp_path: Path, tries: list[Try], rank: int | None) -> None:
    recipe = searching(how="grid", measure_noise=False)
    wanted = next_wanted(recipe, tries, JobFolder(tmp_path))
    assert wanted == (None if rank is None else Wanted({"method.rank": rank}))


def test_wishes_come_in_their_order_before_everything_else(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    folder.wishes.mkdir()
    for name, rank in (("0001-b", 4), ("0002-a", 8)):
        text = json.dumps({"settings": {"method.rank": rank}, "clone_of": 1})
        (folder.wishes / f"{name}.json").write_text(text)
    first = next_wanted(searching(), [], folder)
    assert first == Wanted({"method.rank": 4}, wish="0001-b", clone_of=1)
    second = next_wanted(searching(), [tried("running", 4, wish="0001-b")], folder)
    assert second == Wanted({"method.rank": 8}, wish="0002-a", clone_of=1)
