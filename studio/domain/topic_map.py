"""What data is about: topics with their words, and a map of the examples.

Light: the page and the services import this module, the topics are found in a worker (`topics.py`).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

# What stands in `topics.npy` for a row that was not looked at.
NOT_LOOKED_AT = -1
# Points of the map are drawn on a card some hundred pixels wide.
MAP_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its number, the words that set it apart, and how many of the rows looked at belong to it."""

    number: int
    words: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of a version, the largest first, and the map of the rows that were looked at."""

    topics: tuple[Topic, ...]
    places: np.ndarray
    """Places in the version's index, (rows,)."""
    points: np.ndarray
    """Where each row lies on the map, (rows, 2), from 0 to 1; like rows lie close to each other."""
    topic_of: np.ndarray
    """The number of each row's topic, (rows,)."""

    def numbers(self, total_rows: int) -> np.ndarray:
        """Give the topic's number of every row of the version (`topics.npy`), -1 where it was not looked at."""
        numbers = np.full(total_rows, NOT_LOOKED_AT, dtype=np.int16)
        numbers[self.places] = self.topic_of
        return numbers

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON (`topics.json`)."""
        return {
            "topics": [asdict(topic) for topic in self.topics],
            "places": self.places.tolist(),
            "points": np.round(self.points, MAP_DIGITS).tolist(),
            "topic_of": self.topic_of.tolist(),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Topics":
        """Give what `to_json` made of it."""
        return cls(
            tuple(Topic(t["number"], tuple(t["words"]), t["rows"]) for t in stored["topics"]),
            np.asarray(stored["places"], dtype=np.int64),
            np.asarray(stored["points"], dtype=np.float64).reshape(-1, 2),
            np.asarray(stored["topic_of"], dtype=np.int16),
        )
