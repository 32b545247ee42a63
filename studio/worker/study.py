"""Choose the settings of the next try: Optuna's study, kept in the folder of the search.

What the tries were stands in their own folders; the study only remembers it in its own words. A study that cannot be read is
put aside and made anew from the folders. Where several devices search, each has a process that opens the same study.
"""

import fcntl
import logging
import math
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from studio.domain.job import JobFolder
from studio.domain.recipe import Recipe
from studio.domain.search import Search
from studio.domain.search_space import Knob, Settings, applies, read_knobs, search_of
from studio.domain.tries import Try

NAME = "search"
BROKEN_SUFFIX = ".broken"
LOCK_SUFFIX = ".lock"
# So many are drawn before TPE learns from them; Optuna's ten would be most of a search in minutes.
DRAWN_FIRST = 5
# Nothing is ended early before so many tries have finished, nor before this check of its own.
FEWEST_BEFORE_PRUNING = 3
FIRST_CHECK_TO_PRUNE = 2
# As many checks as a training has.
MOST_CHECKS = 10
# So many known settings in a row, and there is nothing new to be found.
MOST_REPEATS = 25
DIGITS = 3

logger = logging.getLogger(__name__)


class Study:
    """Optuna's study of one search. `was_renewed`: the stored one could not be read.

    The first worker, `rank` 0, begins it while no other is at work.
    """

    def __init__(
        self, folder: JobFolder, recipe: Recipe, tries: Sequence[Try], rank: int = 0
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.path, self.choosing = folder.study, folder.choosing
        self.search = search_of(recipe)
        self.own_method = recipe.method.type
        self.knobs = {knob.path: knob for knob in read_knobs(recipe)}
        self.was_renewed = False
        # Each draws something else.
        self.seed = (self.search.seed + len(tries) + 1000 * rank) % 2**32
        if rank == 0:
            self.begin(tries)
        else:
            self.study = open_study(self.path, self.search, self.seed)

    def begin(self, tries: Sequence[Try]) -> None:
        """Open what is stored, and bring it to what the folders say: what ended, and that nothing runs any more."""
        try:
            self.study = open_study(self.path, self.search, self.seed)
            known = self.study.get_trials()
        except (ValueError, KeyError, TypeError, IndexError, AssertionError):
            logger.warning("the study cannot be read", exc_info=True)
            self.was_renewed = True
            self.path.rename(self.path.with_name(self.path.name + BROKEN_SUFFIX))
            self.study = open_study(self.path, self.search, self.seed)
            known = []
        if not any(trial.state.is_finished() for trial in known):
            for one in tries:
                self.add(one)
        self.settle(tries)

    @contextmanager
    def alone(self) -> Generator[None]:
        """Have no other worker choose or take note of anything meanwhile. Whoever dies lets go."""
        with held(self.choosing):
            yield

    def settle(self, tries: Sequence[Try]) -> None:
        """Bring trials to an end that nobody works on: their process was killed before it could tell."""
        begun = {one.trial: one for one in tries if one.trial is not None}
        for trial in self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
            one = begun.get(trial.number)
            if one is None:
                self.study.tell(trial.number, state=TrialState.FAIL)
            elif one.state != "running":
                self.tell(trial.number, one)
        while self.study.get_trials(deepcopy=False, states=[TrialState.WAITING]):
            self.study.tell(self.study.ask(), state=TrialState.FAIL)

    def ask(self, tries: Sequence[Try], wanted: Settings | None) -> tuple[Trial, Settings] | None:
        """Give the next settings, `wanted` ones with what they leave out; None where all there are have been tried."""
        for _ in range(MOST_REPEATS):
            if wanted is not None:
                self.study.enqueue_trial(wanted)
            trial = self.study.ask()
            settings = {**self.suggest(trial), **(wanted or {})}
            if wanted or not any(one.settings == settings and is_known(one) for one in tries):
                return trial, settings
            same = next(one for one in tries if one.settings == settings and is_known(one))
            self.tell(trial.number, same)
        return None

    def suggest(self, trial: Trial) -> Settings:
        """Give the values that the sampler chooses for everything that has a meaning together."""
        settings: Settings = {}
        for knob in self.knobs.values():
            method = str(settings.get("method.type", self.own_method))
            if applies(knob.path, method):
                settings[knob.path] = suggest(trial, knob)
        return settings

    def holds(self, settings: Settings) -> bool:
        """Tell whether the search could come to these settings by itself."""
        return all(
            path in self.knobs and self.knobs[path].allows(value)
            for path, value in settings.items()
        )

    def add(self, one: Try) -> None:
        """Take in a try that has no trial here."""
        if self.holds(one.settings):
            self.study.add_trial(self.as_trial(one))

    def as_trial(self, one: Try) -> FrozenTrial:
        """Give a stored try in Optuna's words."""
        state = state_of(one)
        return create_trial(
            state=state,
            value=one.cost if state == TrialState.COMPLETE else None,
            params=dict(one.settings),
            distributions={path: distribution(self.knobs[path]) for path in one.settings},
            intermediate_values={
                check: loss for check, (_, loss) in enumerate(one.points, 1) if math.isfinite(loss)
            },
        )

    def tell(self, trial: int, ended: Try) -> None:
        """Tell what came of it. A try that ended early counts with what it had reached, as one that failed does not."""
        state = state_of(ended)
        value = ended.cost if state == TrialState.COMPLETE else None
        self.study.tell(trial, value, state=state, skip_if_finished=True)


def is_known(one: Try) -> bool:
    """Tell whether a try's settings need not be tried again."""
    return one.is_counted or one.state == "running"


def state_of(one: Try) -> TrialState:
    """Give Optuna's word for how a try ended."""
    if one.cost is None:
        return TrialState.PRUNED if one.state == "pruned" and one.points else TrialState.FAIL
    return {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED}.get(
        one.state, TrialState.FAIL
    )


class TailLock(JournalFileOpenLock):
    """The lock around each line of the journal, one that the kernel frees; what a killed worker has half written is cut off.

    Optuna's own is a file that stays where its holder was killed, and the others wait half a minute for it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path
        self.descriptor = -1

    def acquire(self) -> bool:
        """Wait for the others."""
        self.descriptor = take(self.path.with_name(self.path.name + LOCK_SUFFIX))
        mend_tail(self.path)
        return True

    def release(self) -> None:
        """Let the others go on."""
        os.close(self.descriptor)


def take(path: Path) -> int:
    """Give the descriptor of a lock as soon as nobody else has it; the kernel frees it when this process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


@contextmanager
def held(path: Path) -> Generator[None]:
    """Hold a lock."""
    descriptor = take(path)
    try:
        yield
    finally:
        os.close(descriptor)


def open_study(path: Path, search: Search, seed: int) -> optuna.Study:
    """Open what is stored, or begin it."""
    lock = TailLock(path)
    lock.acquire()
    lock.release()
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(path), lock)),
        study_name=NAME,
        sampler=make_sampler(search, seed),
        pruner=make_pruner(search),
        load_if_exists=True,
    )


def mend_tail(path: Path) -> None:
    """Cut off a line that a killed worker has not written to its end: the next one would go on with it."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() == b"\n":
            return
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def make_sampler(search: Search, seed: int) -> optuna.samplers.BaseSampler:
    """Give what draws the settings. Where others try something at the same time, it looks elsewhere."""
    if search.how == "smart":
        return optuna.samplers.TPESampler(
            n_startup_trials=DRAWN_FIRST, seed=seed, constant_liar=True
        )
    return optuna.samplers.RandomSampler(seed=seed)


def make_pruner(search: Search) -> optuna.pruners.BasePruner:
    """Give what decides whether a try goes on."""
    if search.end_early == "median":
        return optuna.pruners.MedianPruner(
            n_startup_trials=FEWEST_BEFORE_PRUNING, n_warmup_steps=FIRST_CHECK_TO_PRUNE
        )
    if search.end_early == "hyperband":
        return optuna.pruners.HyperbandPruner(max_resource=MOST_CHECKS)
    return optuna.pruners.NopPruner()


def distribution(knob: Knob) -> BaseDistribution:
    """Give Optuna's words for the possible values of a setting."""
    if knob.choices:
        return CategoricalDistribution(knob.choices)
    if knob.is_whole:
        return IntDistribution(int(knob.low), int(knob.high), log=knob.is_log)
    return FloatDistribution(knob.low, knob.high, log=knob.is_log)


def suggest(trial: Trial, knob: Knob) -> Any:
    """Give the sampler's value for a setting."""
    if knob.choices:
        return trial.suggest_categorical(knob.path, knob.choices)
    if knob.is_whole:
        return trial.suggest_int(knob.path, int(knob.low), int(knob.high), log=knob.is_log)
    drawn = trial.suggest_float(knob.path, knob.low, knob.high, log=knob.is_log)
    # What people read, write down and give to somebody else.
    return min(max(float(f"{drawn:.{DIGITS}g}"), knob.low), knob.high)
