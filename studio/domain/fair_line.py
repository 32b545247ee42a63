"""A line in which visitors take turns, however much each of them asks."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class FairLine(Generic[Item]):
    """Waiting items by visitor. Whoever was served goes to the end, so that one with many keeps nobody waiting long."""

    _waiting: OrderedDict[str, deque[Item]] = field(default_factory=OrderedDict)

    def add(self, visitor: str, item: Item) -> None:
        """Put an item behind the others of its visitor; a visitor without any comes last."""
        self._waiting.setdefault(visitor, deque()).append(item)

    def take(self) -> Item | None:
        """Give the item whose turn it is, or None."""
        if not self._waiting:
            return None
        visitor, items = self._waiting.popitem(last=False)
        item = items.popleft()
        if items:
            self._waiting[visitor] = items
        return item

    def drop(self, item: Item) -> bool:
        """Take an item out of the line; False where it is not in it."""
        for visitor, items in self._waiting.items():
            if item in items:
                items.remove(item)
                if not items:
                    del self._waiting[visitor]
                return True
        return False

    def order(self) -> list[Item]:
        """Give the items in the order in which they will be taken."""
        rounds = max(map(len, self._waiting.values()), default=0)
        return [
            items[place]
            for place in range(rounds)
            for items in self._waiting.values()
            if place < len(items)
        ]
