"""What a step does to a version: rows that go, change or come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from studio.domain.dataset_folder import Version
from studio.domain.records import Row

# A row that comes has no place yet; it goes to the end of the learned part.
NEW_ROW = -1


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of the row at `place` of the version's index: `rows` replace it, none drops it."""

    place: int
    rows: tuple[Row, ...]


StepWork = Callable[[Version, dict[str, Any]], Iterator[Change]]
