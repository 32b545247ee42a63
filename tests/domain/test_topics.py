"""Topics: words, sizes and a map of the examples."""

from pathlib import Path

import numpy as np
import pytest

from studio.domain import topics as topics_module
from studio.domain.topic_map import Topics
from studio.domain.topics import find_topics, words_in
from studio.domain.watching import Unwatched
from tests.made_versions import chat, labelled, make_version

SUBJECTS = (
    ("parcel", "delivery", "courier", "address", "tracking"),
    ("invoice", "payment", "refund", "receipt", "billing"),
    ("kettle", "boiling", "teapot", "lid", "limescale"),
)


def rows_about(count: int = 90) -> list:
    rng = np.random.default_rng(1)
    return [
        chat("About {} and {}, {}?".format(*rng.permutation(SUBJECTS[n % 3])[:3]), "See below.")
        for n in range(count)
    ]


def test_rows_about_one_thing_are_one_topic_named_by_its_words(tmp_path: Path) -> None:
    found = find_topics(make_version(tmp_path, rows_about()), Unwatched())
    assert [topic.rows for topic in found.topics] == [30, 30, 30]
    for topic in found.topics:
        places = found.places[found.topic_of == topic.number]
        assert len(set(places % 3)) == 1
        assert set(topic.words) <= set(SUBJECTS[places[0] % 3])


def test_every_row_has_its_place_on_the_map_beside_its_like(tmp_path: Path) -> None:
    found = find_topics(make_version(tmp_path, rows_about()), Unwatched())
    assert found.points.shape == (90, 2)
    assert found.points.min() >= 0
    assert found.points.max() <= 1
    middles = np.stack([found.points[found.topic_of == n].mean(axis=0) for n in range(3)])
    distances = np.linalg.norm(found.points[:, None] - middles[None], axis=2)
    assert (distances.argmin(axis=1) == found.topic_of).all()


def test_topics_repeat_and_survive_being_stored(tmp_path: Path) -> None:
    version = make_version(tmp_path, rows_about())
    found = find_topics(version, Unwatched())
    stored = Topics.from_json(found.to_json())
    assert stored.topics == found.topics == find_topics(version, Unwatched()).topics
    assert np.allclose(stored.points, found.points, atol=1e-3)
    assert stored.numbers(90).tolist() == found.topic_of.tolist()


def test_of_many_rows_a_sample_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics_module, "MOST_ROWS", 50)
    numbers = find_topics(make_version(tmp_path, rows_about()), Unwatched()).numbers(90)
    assert np.count_nonzero(numbers >= 0) == 50
    assert numbers.min() == -1


@pytest.mark.parametrize(
    "rows",
    [
        [chat("a?", "b.")],
        [chat("the same question", "the same answer")] * 30,
        [chat("?", "!")] * 30,
        [labelled(f"{n}", "x") for n in range(30)],
    ],
)
def test_data_without_different_words_has_no_topics(tmp_path: Path, rows: list) -> None:
    found = find_topics(make_version(tmp_path, rows), Unwatched())
    assert found.topics == ()
    assert found.numbers(len(rows)).tolist() == [-1] * len(rows)


def test_words_are_pairs_of_letters_where_no_spaces_are() -> None:
    assert words_in("How do I track the Parcel? It didn't come") == ["track", "parcel", "come"]
    assert words_in("我的银行卡") == ["银行", "行卡"]
