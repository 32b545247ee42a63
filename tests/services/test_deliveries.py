"""Answers that wait to be fetched: once, by whoever knows the key."""

from collections.abc import Generator
from typing import Any

from studio.services.deliveries import MOST_WAITING, Deliveries


def steps() -> Generator[dict[str, Any]]:
    yield {"step": 1}


def test_an_answer_is_fetched_once_and_only_with_its_key() -> None:
    deliveries = Deliveries()
    key = deliveries.leave(steps)
    assert deliveries.fetch("another") is None
    found = deliveries.fetch(key)
    assert found is not None
    assert list(found) == [{"step": 1}]
    assert deliveries.fetch(key) is None


def test_what_nobody_fetches_makes_room() -> None:
    deliveries = Deliveries()
    keys = [deliveries.leave(steps) for _ in range(MOST_WAITING + 1)]
    assert deliveries.fetch(keys[0]) is None
    assert deliveries.fetch(keys[1]) is not None
    assert len(set(keys)) == len(keys)
