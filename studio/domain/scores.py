"""The running score of two columns, and whether the votes so far say anything.

Whoever votes looks at the score after every vote and stops when it is clear. An interval for a number of votes fixed
before (Wilson, or a sign test) is then wrong far more often than it says. So this one holds however often one looks: a share p is
ruled out once the votes are twenty times as likely under "any share is possible" as under p, which happens to the true one
at any time at all with a chance of at most 5 %.

Source: Ville's inequality for the mixture martingale with a uniform prior; H. Robbins, "Statistical methods related to the
law of the iterated logarithm" (1970), https://doi.org/10.1214/aoms/1177696786
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

ERROR_RATE = 0.05
EVEN = 0.5
# Whoever needs more votes than this will not give them.
MOST_VOTES = 1000
PRECISION = 1e-6


@dataclass(frozen=True, slots=True)
class Score:
    """The votes between two columns: for the first one, for the second one, and neither."""

    wins: int = 0
    losses: int = 0
    ties: int = 0

    @property
    def votes(self) -> int:
        """Give how many there were."""
        return self.wins + self.losses + self.ties

    @property
    def decided(self) -> int:
        """Give how many named one of the two."""
        return self.wins + self.losses

    @property
    def share(self) -> float | None:
        """Give the share of the decided votes that the first one has; None without any."""
        return self.wins / self.decided if self.decided else None

    @property
    def is_clear(self) -> bool:
        """Tell whether one of the two is better, and not by chance."""
        return evidence(self.wins, self.losses, EVEN) >= math.log(1 / ERROR_RATE)

    def interval(self) -> tuple[float, float]:
        """Give the lowest and the highest share that the votes allow (95 %)."""
        if not self.decided:
            return 0.0, 1.0
        middle = self.wins / self.decided
        return self._edge(0.0, middle), self._edge(1.0, middle)

    def _edge(self, outside: float, inside: float) -> float:
        """Give the last share that is not ruled out on the way from `inside` to `outside`."""
        if outside == inside:
            return outside
        limit = math.log(1 / ERROR_RATE)
        while abs(outside - inside) > PRECISION:
            middle = (outside + inside) / 2
            if evidence(self.wins, self.losses, middle) >= limit:
                outside = middle
            else:
                inside = middle
        return inside

    def votes_until_clear(self) -> int | None:
        """Give how many more votes will do if they go on as they did; 0: it is clear; None: more than anybody will give.

        Without a decided vote yet, it is the fewest that can ever do: all for the same one.
        """
        if self.is_clear:
            return 0
        share = 1.0 if self.share is None else self.share
        limit = math.log(1 / ERROR_RATE)
        for more in range(1, MOST_VOTES + 1):
            wins, losses = self.wins + share * more, self.losses + (1 - share) * more
            if evidence(wins, losses, EVEN) >= limit:
                is_decided = self.decided / self.votes if self.decided else 1.0
                needed = math.ceil(more / is_decided)
                return needed if needed <= MOST_VOTES else None
        return None


def count_score(results: Iterable[tuple[str, str, int]], first: str, second: str) -> Score:
    """Count what votes say about two columns; see `Judgement.results`."""
    tally = {1: 0, -1: 0, 0: 0}
    for a, b, result in results:
        if (a, b) == (first, second):
            tally[result] += 1
        elif (b, a) == (first, second):
            tally[-result] += 1
    return Score(tally[1], tally[-1], tally[0])


def evidence(wins: float, losses: float, share: float) -> float:
    """Give the logarithm of how much likelier the votes are when any share is possible than when it is `share`."""
    if (wins and share <= 0) or (losses and share >= 1):
        return math.inf
    any_share = math.lgamma(wins + 1) + math.lgamma(losses + 1) - math.lgamma(wins + losses + 2)
    here = (wins * math.log(share) if wins else 0.0) + (
        losses * math.log1p(-share) if losses else 0.0
    )
    return any_share - here
