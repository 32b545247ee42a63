"""What a search tries next, where that is not for the sampler to choose: read from what was tried, so that a kill forgets nothing.

wishes      somebody has cloned a try with a change
own         the recipe's own settings, so that nothing found is worse than what there was
paused      what was being tried when the search was stopped
twin        the first settings once more with another seed, for the noise
grid        the next combination that was not tried
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe
from studio.domain.search_space import Settings, combine, own_settings, read_knobs, search_of
from studio.domain.tries import Try

# What was cut short twice by the end of its process may be why.
MOST_DEATHS = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Settings that are to be tried; those that are left out are drawn. `wish`: the name under which somebody has asked for them."""

    settings: Settings
    is_twin: bool = False
    wish: str | None = None
    clone_of: int | None = None


def next_wanted(recipe: Recipe, tries: Sequence[Try], folder: JobFolder) -> Wanted | None:
    """Give what is to be tried next; None where nothing waits, which for a grid means that it is complete."""
    return next((one for one in waiting(recipe, tries, folder) if is_due(one, tries)), None)


def waiting(recipe: Recipe, tries: Sequence[Try], folder: JobFolder) -> Iterator[Wanted]:
    """Give everything that is wanted in the order in which it comes, whether it was tried by now or not."""
    search, knobs = search_of(recipe), read_knobs(recipe)
    yield from read_wishes(folder)
    if search.how != "grid":
        own = own_settings(recipe, knobs)
        # What is outside of the limits was drawn.
        yield Wanted(next((one.settings for one in tries if is_own(one, own)), own))
    for one in tries:
        if one.state == "stopped" and not one.is_counted:
            yield Wanted(one.settings, one.is_twin, one.wish, one.clone_of)
    first = next((one for one in tries if one.state == "done" and one.wish is None), None)
    if search.measure_noise and first is not None:
        yield Wanted(first.settings, is_twin=True)
    if search.how == "grid":
        yield from map(Wanted, combine(recipe, knobs))


def is_own(one: Try, own: Settings) -> bool:
    """Tell whether a try has the recipe's own settings."""
    return not one.is_twin and own.items() <= one.settings.items()


def is_due(wanted: Wanted, tries: Sequence[Try]) -> bool:
    """Tell whether something is still to be tried: nobody has or does, but for tries that were cut short."""
    same = [one for one in tries if is_same(wanted, one)]
    deaths = sum(one.state == "failed" and not one.is_counted for one in same)
    has_had_its_time = any(one.is_counted or one.state == "running" for one in same)
    return not has_had_its_time and deaths < MOST_DEATHS


def is_same(wanted: Wanted, one: Try) -> bool:
    """Tell whether a try is what was wanted."""
    if wanted.wish is not None:
        return one.wish == wanted.wish
    return one.settings == wanted.settings and one.is_twin == wanted.is_twin


def waiting_wishes(tries: Sequence[Try], folder: JobFolder) -> list[Wanted]:
    """Give what people have asked for and nobody has begun on, in the order in which it comes."""
    return [one for one in read_wishes(folder) if not any(is_same(one, tried) for tried in tries)]


def read_wishes(folder: JobFolder) -> list[Wanted]:
    """Give what people have asked for, in the order in which they did."""
    found = (read_wish(path) for path in sorted(folder.wishes.glob("*.json")))
    return [wish for wish in found if wish is not None]


def read_wish(path: Path) -> Wanted | None:
    """Read one wish; None where it was taken back at this moment."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Wanted(stored["settings"], wish=path.stem, clone_of=stored["clone_of"])
