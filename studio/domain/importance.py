"""How much each setting of a search matters: the share of the differences between tries that lies between its values.

The tries fall into groups by the setting's value (numbers into at most three of one size); what lies between the groups,
less what chance alone would put there, is explained (omega squared). Results are ranked first, so that one try that ran
away does not decide. Source: https://en.wikipedia.org/wiki/Effect_size#Omega-squared_(%CF%892)
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from studio.domain.search import Scalar

Settings = Mapping[str, Scalar]
MOST_GROUPS = 3


def rank(standings: Mapping[int, tuple[bool, float]]) -> dict[int, float]:
    """Give the place of each try; equal ones share the middle of theirs."""
    ordered = sorted(standings.values())
    return {
        number: (bisect_left(ordered, one) + bisect_right(ordered, one) - 1) / 2
        for number, one in standings.items()
    }


def weigh(settings: Mapping[int, Settings], ranks: Mapping[int, float]) -> dict[str, float]:
    """Give the share of one that each setting explains, from the settings and the ranks of the tries by their numbers."""
    paths = list(dict.fromkeys(path for one in settings.values() for path in one))
    explained = {
        path: explain([(one[path], ranks[n]) for n, one in settings.items() if path in one])
        for path in paths
    }
    total = sum(explained.values())
    return {path: round(part / total, 4) if total else 0.0 for path, part in explained.items()}


def explain(ranked: Sequence[tuple[Scalar, float]]) -> float:
    """Give the share of the differences in rank that lies between the values of one setting."""
    groups = group_ranks(ranked)
    values = [rank for group in groups for rank in group]
    count, kinds = len(values), len(groups)
    if kinds < 2 or count <= kinds:
        return 0.0
    mean = float(np.mean(values))
    total = float(sum((value - mean) ** 2 for value in values))
    between = float(sum(len(group) * (np.mean(group) - mean) ** 2 for group in groups))
    within = (total - between) / (count - kinds)
    return max(0.0, (between - (kinds - 1) * within) / (total + within)) if total else 0.0


def group_ranks(ranked: Sequence[tuple[Scalar, float]]) -> list[list[float]]:
    """Give the ranks in groups by the setting's value."""
    by_value: dict[Scalar, list[float]] = defaultdict(list)
    for value, place in ranked:
        by_value[value].append(place)
    is_numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in by_value)
    if len(by_value) <= MOST_GROUPS or not is_numeric:
        return list(by_value.values())
    ordered = sorted(ranked, key=lambda one: float(one[0]))
    parts = np.array_split(np.array([place for _, place in ordered]), MOST_GROUPS)
    return [part.tolist() for part in parts]
