"""Keep some examples aside: the held-out part, fixed by a seed, with equal questions on one side."""

import hashlib
from collections.abc import Sequence

from studio.domain.records import ChatRow

SMALLEST_ROWS = 4
MOST_HELD_OUT_ROWS = 500


def split_held_out(
    rows: Sequence[ChatRow], percent: float, seed: int = 0
) -> tuple[list[ChatRow], list[ChatRow]]:
    """Give (learned, held out). Rows that ask the same (case and spaces aside) stay together.

    The choice hangs on the question's hash, so it does not change when rows are added. Fewer than four different
    questions leave nothing to hold out; at most 500 rows are held out.
    """
    groups: dict[str, list[ChatRow]] = {}
    for row in rows:
        groups.setdefault(" ".join(row.question().casefold().split()), []).append(row)
    if percent <= 0 or len(groups) < SMALLEST_ROWS:
        return list(rows), []
    wanted = min(max(1, round(len(rows) * percent / 100)), MOST_HELD_OUT_ROWS)
    chosen: set[str] = set()
    taken = 0
    for key in sorted(groups, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest()):
        if taken + len(groups[key]) > wanted and chosen:
            break
        chosen.add(key)
        taken += len(groups[key])
    learned = [row for key, group in groups.items() if key not in chosen for row in group]
    held_out = [row for key, group in groups.items() if key in chosen for row in group]
    return sorted(learned, key=lambda row: row.line), sorted(held_out, key=lambda row: row.line)
